// The server's side of `Authorization: Negotiate` (RFC 4559, MS-SPNG) with NTLM
// behind it, by itself or inside SPNEGO.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "wsman/auth/ntlm.h"
#include "wsman/auth/spnego.h"

namespace wsman::auth {

// One client's way in on one connection. Belongs to one thread.
class NegotiateHandshake {
 public:
  struct Continue {
    std::string token;  // send with 401
  };
  struct Complete {
    std::string account;
    ntlm::Session session;
    std::string token;  // send with the reply unless it is empty, as after raw NTLM
  };
  struct Refused {
    enum class Reason : std::uint8_t {
      kDenied,    // malformed, or not who they say they are
      kKerberos,  // the client speaks only Kerberos
    };
    Reason reason = Reason::kDenied;
    std::string text;  // for the log
  };
  using Step = std::variant<Refused, Continue, Complete>;

  NegotiateHandshake(ntlm::AcceptorOptions options, ntlm::Acceptor::FindAccount find);

  // Takes the client's next token, decoded. Three tokens are the most that can
  // be useful; after Complete or Refused every further one is refused.
  Step Take(std::string_view token);

 private:
  enum class Stage : std::uint8_t { kStart, kNtlmFirst, kChallenged, kOver };
  struct Spnego {
    std::string mechanism_list;
    bool mic_required = false;  // NTLM was not the client's first choice
  };

  Step TakeRaw(std::string_view token);
  Step TakeInit(const spnego::Init& init);
  Step TakeResponse(const spnego::Response& response);
  Step Challenge(std::string_view negotiate);
  Step Finish(const spnego::Response& response);

  ntlm::Acceptor acceptor_;
  Stage stage_ = Stage::kStart;
  std::optional<Spnego> spnego_;  // empty: raw NTLM
};

}  // namespace wsman::auth
