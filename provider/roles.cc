#include "provider/roles.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace provider {
namespace {

using wsman::Operation;
using wsman::auth::Principal;

bool Names(const RoleEntry& entry, const Principal& principal) {
  switch (entry.kind) {
    case RoleEntry::Kind::kUser:
      return entry.name == principal.name();
    case RoleEntry::Kind::kGroup:
      return std::ranges::find(principal.groups(), entry.name) != principal.groups().end();
    case RoleEntry::Kind::kCertificate:
      return principal.by_certificate() && entry.name == principal.name();
  }
  return false;
}

bool AnyNames(const std::vector<RoleEntry>& entries, const Principal& principal) {
  return std::ranges::any_of(entries,
                             [&](const RoleEntry& entry) { return Names(entry, principal); });
}

bool OnlyReads(Operation operation) {
  switch (operation) {
    case Operation::kIdentify:
    case Operation::kGet:
    case Operation::kEnumerate:
    case Operation::kPull:
    case Operation::kRelease:
    case Operation::kSubscribe:
    case Operation::kUnsubscribe:
    case Operation::kRenew:
    case Operation::kGetStatus:
      return true;
    case Operation::kPut:
    case Operation::kDelete:
    case Operation::kCreate:
    case Operation::kInvoke:
      return false;
  }
  return false;
}

}  // namespace

tl::expected<RoleEntry, std::string> ParseRoleEntry(std::string_view text) {
  constexpr auto kKinds = std::to_array<std::pair<std::string_view, RoleEntry::Kind>>({
      {"user:", RoleEntry::Kind::kUser},
      {"group:", RoleEntry::Kind::kGroup},
      {"certificate:", RoleEntry::Kind::kCertificate},
  });
  for (const auto& [prefix, kind] : kKinds) {
    if (text.starts_with(prefix) && text.size() > prefix.size())
      return RoleEntry{kind, std::string(text.substr(prefix.size()))};
  }
  return tl::unexpected(
      fmt::format("\"{}\" names nobody; write user:NAME, group:NAME or certificate:NAME", text));
}

std::optional<Role> Roles::RoleOf(const Principal& principal) const {
  if (principal.is_local_owner()) return Role::kAdministrator;
  if (AnyNames(entries_.administrators, principal)) return Role::kAdministrator;
  if (AnyNames(entries_.operators, principal)) return Role::kOperator;
  if (AnyNames(entries_.viewers, principal)) return Role::kViewer;
  return std::nullopt;
}

bool Roles::Allows(const Principal& principal, Operation operation) const {
  const std::optional<Role> role = RoleOf(principal);
  if (!role) return false;
  return *role != Role::kViewer || OnlyReads(operation);
}

}  // namespace provider
