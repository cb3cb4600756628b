// Requests and replies inside multipart/encrypted, on a connection that
// Negotiate has established.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "wsman/auth/negotiate.h"
#include "wsman/auth/sealed_message.h"
#include "wsman/http/exchange.h"

namespace wsman::http {

struct OpenedRequest {
  Request request;  // what was sealed, with the content type it had
  auth::SealProtocol protocol = auth::SealProtocol::kSpnego;
};

// The error text is for the log; the session is of no further use then.
tl::expected<OpenedRequest, std::string> OpenSealed(auth::NegotiateSession& session,
                                                    const Request& request);

// A reply without a body stays as it is. Where nothing can be sealed any more, as
// after the end of a Kerberos ticket, the caller gets a 500 without a body.
Reply SealReply(auth::NegotiateSession& session, auth::SealProtocol protocol, Reply reply);

}  // namespace wsman::http
