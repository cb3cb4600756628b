// Time as NTLM messages carry it.
#pragma once

#include <string>

namespace wsman::auth::ntlm {

// The FILETIME of this moment: 100 ns since 1601, 8 bytes, little-endian.
std::string FiletimeNow();

}  // namespace wsman::auth::ntlm
