// Who may do what: the three roles of the configuration.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/authorizer.h"

namespace provider {

// From the weakest to the strongest; a caller with several has the strongest.
enum class Role {
  kViewer,         // Identify, Get, Enumerate, Pull, Release, subscriptions
  kOperator,       // every operation
  kAdministrator,  // every operation, and exempt from the limits on jobs and files
};

// Whom a role is given to: a user however verified, a group, or a user while
// known by a client certificate. Names compare exactly.
struct RoleEntry {
  enum class Kind { kUser, kGroup, kCertificate };
  Kind kind;
  std::string name;
};

// Reads "user:alice", "group:staff" or "certificate:…". The error text says
// what to change.
tl::expected<RoleEntry, std::string> ParseRoleEntry(std::string_view text);

struct RoleEntries {
  std::vector<RoleEntry> administrators;
  std::vector<RoleEntry> operators;
  std::vector<RoleEntry> viewers;
};

// Immutable after construction; any thread may ask.
class Roles : public wsman::Authorizer {
 public:
  explicit Roles(RoleEntries entries) : entries_(std::move(entries)) {}

  // Empty for a caller without any role. Root and the service's own account, on
  // this machine, are administrators whatever the entries say: they can read and
  // write the store and the configuration anyway.
  std::optional<Role> RoleOf(const wsman::auth::Principal& principal) const;

  // Callers without a role may do nothing.
  bool Allows(const wsman::auth::Principal& principal, wsman::Operation operation) const override;

 private:
  const RoleEntries entries_;
};

}  // namespace provider
