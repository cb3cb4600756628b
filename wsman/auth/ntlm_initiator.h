// The client's side of NTLM (MS-NLMP section 3.1.5): NTLMv2 with sealing and a
// MIC, nothing weaker.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wsman/auth/ntlm_crypto.h"
#include "wsman/auth/ntlm_message.h"
#include "wsman/auth/ntlm_session.h"

namespace wsman::auth::ntlm {

struct Credentials {
  std::string user;    // UTF-8, without domain
  std::string domain;  // UTF-8, may be empty
  Key nt_hash{};       // NtHash() of the password
};

struct Answer {
  std::string message;  // AUTHENTICATE
  Session session;
};

// One handshake on one connection. The server has accepted it only when it says
// so outside of NTLM. Belongs to one thread.
class Initiator {
 public:
  // `binding` is ChannelBinding() of the TLS connection; empty without TLS.
  Initiator(Credentials credentials, std::optional<Key> binding);

  // The first message.
  const std::string& Negotiate() const { return negotiate_; }

  // Fails when the server does not offer what sealing needs.
  Expected<Answer> Authenticate(std::string_view challenge) const;

 private:
  const Credentials credentials_;
  const std::optional<Key> binding_;
  const std::string negotiate_;
};

}  // namespace wsman::auth::ntlm
