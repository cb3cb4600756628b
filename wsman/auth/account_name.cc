#include "wsman/auth/account_name.h"

#include <algorithm>

namespace wsman::auth {

std::vector<std::string> AccountNames(std::string_view user, std::string_view domain) {
  const std::size_t slash = user.find('\\');
  const bool has_domain = slash != std::string_view::npos;
  if (has_domain) {
    domain = user.substr(0, slash);
    user.remove_prefix(slash + 1);
  }
  if (user.empty() || user.find('\\') != std::string_view::npos) return {};
  std::vector<std::string> names = {std::string(user)};
  if (!domain.empty()) names.push_back(std::string(user).append("@").append(domain));
  const std::size_t at = user.rfind('@');
  if (!has_domain && at != std::string_view::npos && at > 0) {
    names.emplace_back(user.substr(0, at));
  }
  return names;
}

std::string FoldedName(std::string_view name) {
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return folded;
}

std::string AccountKey(std::string_view user) {
  user.remove_prefix(user.find('\\') + 1);  // npos + 1 is 0: nothing to remove
  const std::size_t at = user.rfind('@');
  return FoldedName(user.substr(0, at == 0 ? user.npos : at));
}

}  // namespace wsman::auth
