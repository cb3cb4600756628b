#include "wsman/client/account_name.h"

#include "schema/cim.h"

namespace wsman::client {

AccountName ParseAccountName(std::string_view text) {
  const std::size_t slash = text.find('\\');
  if (slash == std::string_view::npos) return {.user = std::string(text), .domain = {}};
  const std::string_view domain = text.substr(0, slash);
  return {.user = std::string(text.substr(slash + 1)),
          .domain = std::string(domain == "." ? std::string_view() : domain)};
}

bool NamesPrincipal(std::string_view text, std::string_view principal) {
  const std::size_t principal_at = principal.rfind('@');
  if (principal_at == std::string_view::npos) return false;
  const std::string_view realm = principal.substr(principal_at + 1);
  const AccountName account = ParseAccountName(text);
  std::string_view user = account.user;
  std::string_view domain = account.domain;
  if (const std::size_t at = user.rfind('@'); domain.empty() && at != std::string_view::npos) {
    domain = user.substr(at + 1);
    user = user.substr(0, at);
  }
  if (!schema::EqualsIgnoreCase(user, principal.substr(0, principal_at))) return false;
  return domain.empty() || schema::EqualsIgnoreCase(domain, realm) ||
         schema::EqualsIgnoreCase(domain, realm.substr(0, realm.find('.')));
}

}  // namespace wsman::client
