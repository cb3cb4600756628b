#include "wsman/auth/system_accounts.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>

namespace wsman::auth {
namespace {

constexpr std::size_t kFirstBuffer = 4'096;
constexpr std::size_t kLargestBuffer = 4 * 1024 * 1024;  // a group may have many members
constexpr int kFirstGroups = 64;
constexpr int kMostGroups = 65'536;  // what Linux gives a process

// Calls `ask` with more and more room until it has enough.
template <typename Ask>
int WithRoom(std::vector<char>& buffer, const Ask& ask) {
  for (buffer.resize(kFirstBuffer);; buffer.resize(buffer.size() * 2)) {
    const int error = ask();
    if (error != ERANGE || buffer.size() >= kLargestBuffer) return error;
  }
}

}  // namespace

std::optional<SystemAccount> FindSystemAccount(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer;
  const int error = WithRoom(buffer, [&] {
    return ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  });
  if (error != 0 || found == nullptr) return std::nullopt;
  return SystemAccount{.name = found->pw_name, .user_id = found->pw_uid, .group_id = found->pw_gid};
}

UserName FindSystemUser(uid_t id) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer;
  const int error = WithRoom(
      buffer, [&] { return ::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found); });
  if (found != nullptr) return {.name = found->pw_name, .certain = true};
  // What getpwuid_r(3) lists for "not found" beside 0.
  const bool none =
      error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
  return {.name = std::nullopt, .certain = none};
}

std::optional<std::string> FindSystemGroup(gid_t id) {
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer;
  const int error = WithRoom(
      buffer, [&] { return ::getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found); });
  if (error != 0 || found == nullptr) return std::nullopt;
  return std::string(found->gr_name);
}

std::vector<std::string> SystemGroupsOf(const std::string& name) {
  const std::optional<SystemAccount> account = FindSystemAccount(name);
  if (!account) return {};
  std::vector<gid_t> ids(kFirstGroups);
  int count = kFirstGroups;
  while (::getgrouplist(account->name.c_str(), account->group_id, ids.data(), &count) < 0) {
    if (ids.size() >= kMostGroups) return {};
    count = std::clamp(count, static_cast<int>(ids.size()) * 2, kMostGroups);
    ids.resize(static_cast<std::size_t>(count));
  }
  ids.resize(static_cast<std::size_t>(count));
  std::vector<std::string> names;
  for (const gid_t id : ids) {
    if (auto group = FindSystemGroup(id)) names.push_back(*std::move(group));
  }
  return names;
}

}  // namespace wsman::auth
