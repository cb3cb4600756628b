#include "wsman/auth/kerberos_name.h"

#include "wsman/auth/secret_file.h"

namespace wsman::auth {

std::optional<std::string> NameOfPrincipal(std::string_view principal,
                                           std::string_view local_realm) {
  if (!UserNameMistake(principal).empty() || principal.starts_with("WELLKNOWN/")) {
    return std::nullopt;
  }
  const std::size_t at = principal.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == principal.size()) return std::nullopt;
  const std::string_view name = principal.substr(0, at);
  const bool is_user = name.find_first_of("/@") == std::string_view::npos;
  if (is_user && principal.substr(at + 1) == local_realm) return std::string(name);
  return std::string(principal);
}

}  // namespace wsman::auth
