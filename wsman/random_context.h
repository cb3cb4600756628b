// Names that only their receiver knows.
#pragma once

#include <string>

namespace wsman {

// "uuid:" and 128 bits of the kernel's generator in the form of a UUID. Throws
// std::system_error on kernels without one.
std::string RandomContext();

}  // namespace wsman
