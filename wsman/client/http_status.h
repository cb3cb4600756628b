// What an HTTP status without a WS-Management reply means.
#pragma once

#include <string>

namespace wsman::client {

// One sentence for people, without full stop.
std::string TextOfStatus(int status);

}  // namespace wsman::client
