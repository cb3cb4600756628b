// The NT hashes of accounts that may log in with NTLM: one line an account,
// "name:" and 32 hexadecimal digits. '#' starts a comment line. Mode 0600 or
// stricter: an NT hash opens its account as the password does.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/auth/ntlm.h"

namespace wsman::auth {

// The file that belongs to a users file: the same name with ".ntlm" behind it.
std::filesystem::path NtHashFileOf(const std::filesystem::path& users_file);

// Reads the file; without a file there are no accounts. The error text names
// file and line and never shows a hash.
tl::expected<std::vector<ntlm::Account>, std::string> ReadNtHashFile(
    const std::filesystem::path& file);

// The account of exactly this name.
std::optional<ntlm::Account> FindAccount(const std::vector<ntlm::Account>& accounts,
                                         std::string_view name);

// Adds the account or replaces its hash, atomically; comments are kept. The
// password is UTF-8. A file with a mistake is left for its owner to correct.
tl::expected<void, std::string> SetNtHash(const std::filesystem::path& file, std::string_view name,
                                          std::string_view password);

// Nothing happens when the account or the file is not there.
tl::expected<void, std::string> RemoveNtHash(const std::filesystem::path& file,
                                             std::string_view name);

}  // namespace wsman::auth
