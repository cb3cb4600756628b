#include "wsman/auth/user_groups.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "wsman/auth/user_file.h"

namespace wsman::auth {

UserGroups::UserGroups(std::filesystem::path users_file) : file_(std::move(users_file)) {}

std::vector<std::string> UserGroups::Of(std::string_view name) {
  const std::lock_guard lock(mutex_);
  ReadIfChanged();
  const auto found = groups_.find(name);
  return found == groups_.end() ? std::vector<std::string>() : found->second;
}

void UserGroups::ReadIfChanged() {
  const FileState state = StateOf(file_);
  if (state == state_) return;
  state_ = state;  // taken before reading: a later change is noticed
  auto groups = Read();
  if (!groups) {
    spdlog::error(
        "{}; until this is corrected it gives no groups to callers with tickets and certificates "
        "and on this machine",
        groups.error());
  }
  groups_ = groups ? *std::move(groups) : Groups();
}

tl::expected<UserGroups::Groups, std::string> UserGroups::Read() const {
  Groups groups;
  if (state_ == FileState{}) return groups;
  auto users = ReadUserFile(file_);
  if (!users) return tl::unexpected(std::move(users).error());
  for (UserEntry& user : *users) groups.emplace(std::move(user.name), std::move(user.groups));
  return groups;
}

}  // namespace wsman::auth
