// Who may log in with NTLM: the users of the users file that have an NT hash.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/auth/account_name.h"
#include "wsman/auth/file_state.h"
#include "wsman/auth/ntlm_crypto.h"

namespace wsman::auth {

// Both files are read again when one of them changes; while one cannot be read
// or has a mistake (which is logged), nobody is found. Thread-safe.
class NtAccounts {
 public:
  struct Entry {
    std::string name;  // as the users file has it
    ntlm::Key nt_hash{};
    std::vector<std::string> groups;  // of the users file
  };

  // The NT hash file is NtHashFileOf(users_file). Fails when one of the files
  // exists and has a mistake; the text says which.
  static tl::expected<std::unique_ptr<NtAccounts>, std::string> Open(
      const std::filesystem::path& users_file);

  // The user of this name, as AccountTable::Find (account_name.h) finds it. Costs
  // two stat() while nothing changes.
  std::optional<Entry> Find(std::string_view name);

  // Whether there is any user to find. Costs the same.
  bool empty();

 private:
  using Entries = AccountTable<Entry>;

  explicit NtAccounts(const std::filesystem::path& users_file);
  tl::expected<Entries, std::string> Read() const;
  const Entries& CurrentEntries();  // with mutex_ held

  const std::filesystem::path users_file_;
  const std::filesystem::path hash_file_;
  std::mutex mutex_;
  FileState users_state_;   // guarded by mutex_
  FileState hashes_state_;  // guarded by mutex_
  Entries entries_;         // guarded by mutex_
};

}  // namespace wsman::auth
