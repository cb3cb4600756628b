// Reply bodies: bytes of an HTTP body to the element inside s:Body, or to the
// error that a fault means.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wsman/client/client.h"
#include "wsman/message.h"

namespace wsman::client {

// The first child of s:Body; empty when it has none. Errors: kFault for a fault
// (http_status is the caller's to set), kProtocol for what is not a SOAP 1.2
// envelope or answers another request than `message_id`. Pass an empty
// message_id when the reply carries no a:RelatesTo (Identify).
Result<std::optional<Element>> ReadReply(std::string bytes, std::string_view content_type,
                                         std::string_view message_id);

// The error that an s:Fault element means: code and text of the innermost
// f:WSManFault, which Windows nests.
ClientError ToClientError(const Element& fault);

// The first child with this local name, compared without case; nullptr when
// there is none.
const Element* Child(const Element& element, std::string_view name);

}  // namespace wsman::client
