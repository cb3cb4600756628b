// The accounts of the operating system. Every question may go to a server far
// away (NSS) and block: not for the HTTP threads.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace wsman::auth {

struct SystemAccount {
  std::string name;  // as the system spells it
  uid_t user_id = 0;
  gid_t group_id = 0;
};

// Empty when there is none, and when the system cannot say.
std::optional<SystemAccount> FindSystemAccount(const std::string& name);

struct UserName {
  std::optional<std::string> name;  // empty: there is none, if that is certain
  bool certain = true;              // false: the system cannot say at present
};
UserName FindSystemUser(uid_t id);

// Empty when there is none, and when the system cannot say.
std::optional<std::string> FindSystemGroup(gid_t id);

// The names of all groups of the account, its own one too; none for a name that
// is no account. Groups without a name are left out.
std::vector<std::string> SystemGroupsOf(const std::string& name);

}  // namespace wsman::auth
