// What one connection has reached with `Authorization: Negotiate` or `Kerberos`.
// Who it speaks for is decided by the Authenticator alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "wsman/auth/gss_session.h"
#include "wsman/auth/negotiate_handshake.h"
#include "wsman/auth/ntlm_session.h"

namespace wsman::auth {

// Tokens that one connection may send without success; the next one ends it.
inline constexpr int kMaxNegotiateLegs = 4;
// From the first token of a handshake to its last one.
inline constexpr std::chrono::seconds kMaxNegotiateTime{10};

// Schemes whose credentials belong to a connection, not to a request.
enum class HandshakeScheme : std::uint8_t { kNegotiate, kKerberos };

// The one that an Authorization header names, well-formed or not; empty for
// other schemes.
std::optional<HandshakeScheme> HandshakeSchemeOf(std::string_view authorization);

// A connection's state: nothing, in a handshake, or established. Belongs to the
// connection's thread, and its address is part of a handshake under way.
class NegotiateSession {
 public:
  NegotiateSession() = default;
  NegotiateSession(const NegotiateSession&) = delete;
  NegotiateSession& operator=(const NegotiateSession&) = delete;

  bool established() const { return established_.has_value(); }

  // Forgets the handshake and whom the connection spoke for.
  void Reset();

  // False: the client never asked for sealing, on plain HTTP where nothing else
  // is read. Established all the same, so that it can be told; nothing may be
  // executed for it, whatever the configuration allows.
  bool seals() const { return established_ && established_->seals; }

  // See ntlm::Session and gss::Session. Without an established session that
  // seals, nothing is sealed or unsealed.
  std::optional<gss::Sealed> Seal(std::string_view text);
  std::optional<std::string> Unseal(std::string_view sealed);

 private:
  friend class Authenticator;

  // An account whose proof is being looked at.
  struct Attempt {
    bool source_charged = false;  // a token of the source's bucket is taken
    bool throttled = false;       // it was not looked at
    std::string account;          // the first name that was looked for; empty: none yet
    ntlm::Key nt_hash{};
  };
  struct NtlmCaller {
    std::string account;
    ntlm::Key nt_hash{};  // the proof holds as long as this is the account's
  };
  struct KerberosCaller {
    std::string name;
    std::chrono::steady_clock::time_point expires;  // with the ticket
  };
  struct Established {
    std::variant<ntlm::Session, gss::Session> session;
    std::variant<NtlmCaller, KerberosCaller> caller;
    bool seals = true;
  };

  std::optional<NegotiateHandshake> handshake_;
  HandshakeScheme scheme_ = HandshakeScheme::kNegotiate;
  std::chrono::steady_clock::time_point began_;  // of the handshake
  int legs_ = 0;                                 // since the last success
  Attempt attempt_;
  std::optional<Established> established_;
};

}  // namespace wsman::auth
