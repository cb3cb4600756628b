// Self-signed certificates made on the spot.
#pragma once

#include <string>

#include "tests/wsman/client/scripted_server.h"

namespace wsman::client {

// `subject_alt_name` as OpenSSL spells it: "DNS:localhost,IP:127.0.0.1".
ServerIdentity MakeSelfSigned(const std::string& subject_alt_name);

}  // namespace wsman::client
