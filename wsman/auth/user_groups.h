// The groups of the users file, for callers who are not known by a password.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/auth/file_state.h"

namespace wsman::auth {

// The file is read again when it changes; while it cannot be read or has a
// mistake (which is logged), nobody has groups. Thread-safe.
class UserGroups {
 public:
  explicit UserGroups(std::filesystem::path users_file);

  // Of the user of exactly this name: no other spelling, no other case, and no
  // domain or realm put to the name or taken from it, because here no password
  // tells two people of similar names apart. Costs one stat() while nothing changes.
  std::vector<std::string> Of(std::string_view name);

 private:
  using Groups = std::map<std::string, std::vector<std::string>, std::less<>>;

  tl::expected<Groups, std::string> Read() const;
  void ReadIfChanged();  // with mutex_ held

  const std::filesystem::path file_;
  std::mutex mutex_;
  FileState state_;  // guarded by mutex_
  Groups groups_;    // guarded by mutex_
};

}  // namespace wsman::auth
