#include "wsman/auth/basic.h"

#include <algorithm>

#include "wsman/auth/base64.h"
#include "wsman/auth/utf8.h"

namespace wsman::auth {
namespace {

// Accounts cannot have longer passwords, nor longer names behind a domain of
// 255 bytes; what is remembered about an attempt must stay small.
constexpr std::size_t kUserBytes = 512;
constexpr std::size_t kPasswordBytes = 511;

bool IsBasicScheme(std::string_view scheme) {
  constexpr std::string_view kBasic = "basic";
  return std::equal(scheme.begin(), scheme.end(), kBasic.begin(), kBasic.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

}  // namespace

std::optional<BasicCredentials> ParseBasic(std::string_view authorization) {
  const std::size_t space = authorization.find(' ');
  if (space == std::string_view::npos || !IsBasicScheme(authorization.substr(0, space))) {
    return std::nullopt;
  }
  std::string_view token = authorization.substr(space);
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  std::optional<std::string> text = DecodeBase64(token);
  if (!text || text->find('\0') != std::string::npos) return std::nullopt;
  if (!IsUtf8(*text)) text = Latin1ToUtf8(*text);
  const std::size_t colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  std::string user = text->substr(0, colon);
  std::string password = text->substr(colon + 1);
  if (user.empty() || user.size() > kUserBytes) return std::nullopt;
  if (password.empty() || password.size() > kPasswordBytes) return std::nullopt;
  return BasicCredentials{std::move(user), std::move(password)};
}

}  // namespace wsman::auth
