// The mechanisms that a user can log in with.
#pragma once

#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "wsman/auth/spnego_initiator.h"
#include "wsman/client/auth_scheme.h"
#include "wsman/client/client.h"
#include "wsman/client/kerberos_mechanism.h"
#include "wsman/client/url.h"

namespace wsman::client {

// A handshake that has not begun.
struct Attempt {
  auth::SpnegoInitiator initiator;
  // The mechanism that is preferred, when it is Kerberos. Lives as long as the
  // initiator has it.
  const KerberosMechanism* kerberos = nullptr;
};

// The error for what Kerberos says.
ClientError ToClientError(const KerberosError& error);

// Makes what the options allow for a scheme other than Basic. `binding` is that
// of the connection. May ask the KDC. Errors: kUnauthorized.
Result<Attempt> BeginAttempt(const ClientOptions& options, const Url& url, Scheme scheme,
                             const std::optional<std::string>& binding);

}  // namespace wsman::client
