// UTF-16 little-endian, the text encoding inside NTLM messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsman::auth {

// Empty when `utf8` is not strict UTF-8.
std::optional<std::string> Utf8ToUtf16Le(std::string_view utf8);

// Empty for an odd number of bytes and for lone surrogates.
std::optional<std::string> Utf16LeToUtf8(std::string_view utf16);

// Each character by itself in upper case, as NTLM folds user names: "ß" stays.
// Characters outside the basic plane stay as they are. `utf16` has whole units.
std::string UpperUtf16Le(std::string_view utf16);

}  // namespace wsman::auth
