// What a Basic Authorization header says (RFC 7617).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wsman::auth {

struct BasicCredentials {
  std::string user;      // UTF-8, without "DOMAIN\"
  std::string password;  // UTF-8
};

// Empty when the value is not `Basic` with one strict base64 token that holds
// "user:password", both non-empty and without NUL, of at most 256 and 511 bytes. Text that is not
// UTF-8 is taken as Latin-1, which older clients send. Local accounts have no domain, so the part
// before a backslash is dropped.
std::optional<BasicCredentials> ParseBasic(std::string_view authorization);

}  // namespace wsman::auth
