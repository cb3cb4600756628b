#include "wsman/auth/nt_accounts.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "wsman/auth/nt_hash_file.h"
#include "wsman/auth/user_file.h"

namespace wsman::auth {

NtAccounts::NtAccounts(const std::filesystem::path& users_file)
    : users_file_(users_file),
      hash_file_(NtHashFileOf(users_file)),
      users_state_(StateOf(users_file_)),
      hashes_state_(StateOf(hash_file_)) {}

tl::expected<std::unique_ptr<NtAccounts>, std::string> NtAccounts::Open(
    const std::filesystem::path& users_file) {
  std::unique_ptr<NtAccounts> accounts(new NtAccounts(users_file));
  auto entries = accounts->Read();
  if (!entries) return tl::unexpected(std::move(entries).error());
  accounts->entries_ = *std::move(entries);
  return accounts;
}

std::optional<NtAccounts::Entry> NtAccounts::Find(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const Entries::Entry* const found = CurrentEntries().Find(name);
  if (found == nullptr) return std::nullopt;
  return found->second;
}

bool NtAccounts::empty() {
  const std::lock_guard lock(mutex_);
  return CurrentEntries().empty();
}

const NtAccounts::Entries& NtAccounts::CurrentEntries() {
  const FileState users = StateOf(users_file_);
  const FileState hashes = StateOf(hash_file_);
  if (users == users_state_ && hashes == hashes_state_) return entries_;
  users_state_ = users;  // taken before reading: a later change is noticed
  hashes_state_ = hashes;
  auto entries = Read();
  if (entries) {
    spdlog::info("{} read again: {} users can log in with NTLM", hash_file_.string(),
                 entries->size());
  } else {
    spdlog::error("{}; until this is corrected nobody can log in with NTLM", entries.error());
  }
  entries_ = entries ? *std::move(entries) : Entries();
  return entries_;
}

tl::expected<NtAccounts::Entries, std::string> NtAccounts::Read() const {
  if (StateOf(users_file_) == FileState{}) return Entries();
  auto users = ReadUserFile(users_file_);
  if (!users) return tl::unexpected(std::move(users).error());
  const auto hashes = ReadNtHashFile(hash_file_);
  if (!hashes) return tl::unexpected(hashes.error());
  Entries entries;
  for (UserEntry& user : *users) {
    const std::optional<ntlm::Account> account = FindAccount(*hashes, user.name);
    if (!account) continue;
    entries.Add(
        user.name,
        Entry{.name = user.name, .nt_hash = account->nt_hash, .groups = std::move(user.groups)});
  }
  return entries;
}

}  // namespace wsman::auth
