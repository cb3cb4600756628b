// The server's side of Kerberos (RFC 4121): one token from the client, at most
// one back.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "wsman/auth/gss_credential.h"
#include "wsman/auth/gss_session.h"
#include "wsman/auth/ntlm.h"

namespace wsman::auth::gss {

struct AcceptorOptions {
  // Plain HTTP: the client must want its messages sealed.
  bool sealing_required = true;
  ntlm::BindingPolicy binding_policy = ntlm::BindingPolicy::kRelaxed;
  // "tls-server-end-point:" and the certificate's hash; empty without TLS and
  // where the certificate has none. As with NTLM, a client that binds to a
  // channel where there is none is refused unless the policy is kNone.
  std::optional<std::string> binding;
};

struct Accepted {
  std::string principal;  // "alice@EXAMPLE.COM"
  Session session;
  std::chrono::seconds lifetime{0};  // of the ticket from now on
  std::string token;                 // proves the service to the client; may be empty
};

// Verifies the client's token. AES only. Refused are tickets for other services
// than HTTP/… and WSMAN/…, anonymous callers, a login that was seen before, and
// one that needs a further token. A refusal's text is for the log. Reads the
// keytab and writes the replay cache: small files that stay in memory.
tl::expected<Accepted, std::string> Accept(const Credential& credential,
                                           const AcceptorOptions& options, std::string_view token);

}  // namespace wsman::auth::gss
