// The server's side of `Authorization: Negotiate` (RFC 4559, MS-SPNG) and
// `Authorization: Kerberos`, with NTLM and Kerberos behind them, by themselves
// or inside SPNEGO.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "wsman/auth/gss_acceptor.h"
#include "wsman/auth/gss_session.h"
#include "wsman/auth/ntlm.h"
#include "wsman/auth/spnego.h"

namespace wsman::auth {

// One client's way in on one connection. Belongs to one thread.
class NegotiateHandshake {
 public:
  struct Ntlm {
    ntlm::AcceptorOptions options;
    ntlm::Acceptor::FindAccount find;
  };
  struct Kerberos {
    const gss::Credential* credential = nullptr;  // outlives the handshake
    gss::AcceptorOptions options;
    // Asked before a ticket is looked at; false refuses it unseen.
    std::function<bool()> may_try;
  };
  // What the client may use. With both, it gets what it prefers.
  struct Mechanisms {
    std::optional<Ntlm> ntlm;
    std::optional<Kerberos> kerberos;
  };

  struct Continue {
    std::string token;  // send with 401
  };
  struct NtlmLogin {
    std::string account;
    ntlm::Session session;
    bool seals = true;  // as ntlm::Accepted has it
  };
  struct KerberosLogin {
    std::string principal;
    gss::Session session;
    std::chrono::seconds lifetime{0};
  };
  struct Complete {
    using Login = std::variant<NtlmLogin, KerberosLogin>;
    Login login;
    std::string token;  // send with the reply unless it is empty, as after raw NTLM
  };
  struct Refused {
    enum class Reason : std::uint8_t {
      kDenied,       // malformed, or not who they say they are
      kUnavailable,  // the client speaks nothing that is spoken here
    };
    Reason reason = Reason::kDenied;
    std::string text;  // for the log
  };
  using Step = std::variant<Refused, Continue, Complete>;

  explicit NegotiateHandshake(Mechanisms mechanisms);

  // Takes the client's next token, decoded. Three tokens are the most that can
  // be useful; after Complete or Refused every further one is refused.
  Step Take(std::string_view token);

 private:
  enum class Stage : std::uint8_t { kStart, kChosen, kChallenged, kAwaitingMic, kOver };
  struct Spnego {
    std::string mechanism_list;
    std::string mechanism;
    bool mic_required = false;  // the mechanism was not the client's first choice
  };

  Step TakeRawNtlm(std::string_view token);
  Step TakeInit(const spnego::Init& init);
  Step TakeResponse(const spnego::Response& response);
  Step TakeMechanismToken(const spnego::Response& response);
  Step Challenge(std::string_view negotiate);
  Step FinishNtlm(const spnego::Response& response);
  Step AcceptTicket(std::string_view token, const std::optional<std::string>& mic);
  Step FinishKerberos(gss::Accepted accepted, const std::optional<std::string>& mic);
  Step TakeMic(const spnego::Response& response);
  bool Speaks(std::string_view oid) const;

  std::optional<ntlm::Acceptor> ntlm_;
  std::optional<Kerberos> kerberos_;
  Stage stage_ = Stage::kStart;
  std::optional<Spnego> spnego_;          // empty: a mechanism by itself
  std::optional<gss::Accepted> waiting_;  // for the client's mechListMIC
};

}  // namespace wsman::auth
