// The operating system's groups of callers, found on a thread of its own and
// remembered for a minute.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wsman/auth/remembered_lookup.h"
#include "wsman/auth/system_accounts.h"

namespace wsman::auth {

// By the names of accounts. Thread-safe.
class SystemGroups : public RememberedLookup<std::string, std::vector<std::string>> {
 public:
  using Groups = std::vector<std::string>;

  SystemGroups() : SystemGroups(SystemGroupsOf, Limits{}) {}
  SystemGroups(Lookup lookup, Limits limits)
      : RememberedLookup("groups", std::move(lookup), limits) {}
};

}  // namespace wsman::auth
