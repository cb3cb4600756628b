// The accounts of processes on this machine, found on a thread of its own and
// remembered for a minute.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wsman/auth/peer_credentials.h"
#include "wsman/auth/remembered_lookup.h"

namespace wsman::auth {

struct LocalAccount {
  std::string name;
  std::vector<std::string> groups;
};

// The system's name of the user, the name that PAM and a password give the same
// person; "#1234" for a user without one. The groups are those that the process
// has, or where the kernel does not tell, those of the account; groups without a
// name are left out. Empty when the system cannot say at present. May block.
std::optional<LocalAccount> LocalAccountOf(const PeerCredentials& peer);

// Thread-safe.
class LocalAccounts : public RememberedLookup<PeerCredentials, LocalAccount> {
 public:
  LocalAccounts() : LocalAccounts(LocalAccountOf, Limits{}) {}
  LocalAccounts(Lookup lookup, Limits limits)
      : RememberedLookup("local", std::move(lookup), limits) {}
};

}  // namespace wsman::auth
