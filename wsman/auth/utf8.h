// The two encodings in which clients send names and passwords.
#pragma once

#include <string>
#include <string_view>

namespace wsman::auth {

// Strict (RFC 3629): no overlong forms, surrogates or values above U+10FFFF.
bool IsUtf8(std::string_view text);

std::string Latin1ToUtf8(std::string_view text);

}  // namespace wsman::auth
