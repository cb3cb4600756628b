// Logging in on a connection.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "wsman/auth/spnego_initiator.h"
#include "wsman/client/auth_scheme.h"
#include "wsman/client/client.h"
#include "wsman/client/http_connection.h"
#include "wsman/client/url.h"

namespace wsman::client {

// What a connection is logged in with.
struct Login {
  std::optional<Scheme> scheme = Scheme::kBasic;     // empty: the service asks the kernel
  std::unique_ptr<auth::ClientMechanism> mechanism;  // only where the scheme has a handshake
};

// Why a scheme led to nothing.
struct NoLogin {
  ClientError error;
  // Whether the host has refused a proof of who the user is.
  bool proof_refused = false;
  // What the host offers; empty when it was not asked or said nothing.
  std::optional<Offers> offers;
  // Another scheme may be tried: it is the host or this machine that lacks
  // this one. Anything suspicious is final.
  bool may_go_on = false;
};

// The schemes that the options allow for this host, the one to begin with first.
std::vector<Scheme> AllowedSchemes(const ClientOptions& options, const Url& url);

// Logs in on an open connection with requests that have no body. `scheme` is
// not Basic, which needs no login.
tl::expected<Login, NoLogin> LogIn(HttpConnection& connection, const ClientOptions& options,
                                   const Url& url, Scheme scheme);

// The error for a host that answers 401 and does not offer an allowed scheme.
ClientError NotOffered(const Offers& offers, const ClientOptions& options, const Url& url);

}  // namespace wsman::client
