// Strict base64 (RFC 4648 section 4), as credentials are carried in HTTP.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsman::auth {

// Empty unless `text` is whole groups of four with correct padding, zero unused
// bits and no other character: one text per value, so that nothing can be
// hidden in the encoding.
std::optional<std::string> DecodeBase64(std::string_view text);

std::string EncodeBase64(std::string_view bytes);

}  // namespace wsman::auth
