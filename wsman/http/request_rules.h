// What a verified caller may ask of the endpoint before the SOAP is looked at. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "wsman/http/limits.h"
#include "wsman/http/request_head.h"

namespace wsman::http {

// Whether a Content-Type header may stand before an envelope, sealed or not.
bool IsSoapType(std::string_view content_type);

// The status that refuses this request of a verified caller: 403 (from a
// browser), 421 (sent to a name that is not ours), 404, 405, 411, 413, 415, 417, or 400 for an
// empty body. Empty: its body may be read.
std::optional<int> RefusalOf(const RequestHead& head, const ServerLimits& limits);

// Whether this is a stranger's question who is there: WSMANIDENTIFY or
// /wsman-anon, posted without credentials, and small enough to be read.
bool AsksAnonymousIdentify(const RequestHead& head, const ServerLimits& limits);

// Whether the request carries nothing but its Authorization header, as clients
// send it to be done with authentication before they send a body.
bool OnlyAuthenticates(const RequestHead& head);

// body_bytes, and the frame of a sealed message beside it.
std::size_t LargestBody(const RequestHead& head, const ServerLimits& limits);

// Whether the client waits for "100 Continue" before it sends the body.
bool WaitsForContinue(const RequestHead& head);

}  // namespace wsman::http
