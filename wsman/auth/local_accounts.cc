#include "wsman/auth/local_accounts.h"

#include <fmt/format.h>

#include "wsman/auth/system_accounts.h"

namespace wsman::auth {
namespace {

std::vector<std::string> NamesOf(const std::vector<gid_t>& groups) {
  std::vector<std::string> names;
  for (const gid_t group : groups) {
    if (group == kUnknownGroup) continue;
    if (auto name = FindSystemGroup(group)) names.push_back(*std::move(name));
  }
  return names;
}

}  // namespace

std::optional<LocalAccount> LocalAccountOf(const PeerCredentials& peer) {
  // It may be anybody: neither the account "nobody" nor its groups.
  if (peer.user() == kUnknownUser) return LocalAccount{fmt::format("#{}", peer.user()), {}};
  const UserName found = FindSystemUser(peer.user());
  if (!found.certain) return std::nullopt;
  LocalAccount account{.name = found.name.value_or(fmt::format("#{}", peer.user())), .groups = {}};
  if (peer.groups()) {
    account.groups = NamesOf(*peer.groups());
  } else if (found.name) {
    account.groups = SystemGroupsOf(*found.name);
  }
  return account;
}

}  // namespace wsman::auth
