// What a method call is known by when a client sends it again.
#pragma once

#include <string>

#include "wsman/resource.h"

namespace provider {

// Text that the same request gives again and, as long as clients make their
// MessageIDs as they must, no other request: the MessageID and a checksum of the
// arguments. Empty when the MessageID is no UUID: some clients count from zero
// in every session, and their second request is no repetition of the first.
std::string RequestKey(const wsman::MethodCall& call);

}  // namespace provider
