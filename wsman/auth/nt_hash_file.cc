#include "wsman/auth/nt_hash_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/secret_file.h"

namespace wsman::auth {
namespace {

constexpr std::string_view kWhat = "NT hash file";

template <typename T>
using Expected = tl::expected<T, std::string>;

tl::unexpected<std::string> Mistake(std::string_view text) {
  return tl::unexpected(std::string(text));
}

std::optional<ntlm::Key> ParseHash(std::string_view hex) {
  ntlm::Key hash{};
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const char* const digits = hex.data() + 2 * i;
    const auto parsed = std::from_chars(digits, digits + 2, hash[i], 16);
    if (parsed.ec != std::errc() || parsed.ptr != digits + 2) return std::nullopt;
  }
  return hash;
}

Expected<ntlm::Account> ParseEntry(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Mistake("expected name:hash");
  const std::string_view name = line.substr(0, colon);
  if (const std::string_view mistake = UserNameMistake(name); !mistake.empty()) {
    return Mistake(mistake);
  }
  const std::optional<ntlm::Key> hash = ParseHash(line.substr(colon + 1));
  if (!hash) {
    return tl::unexpected(fmt::format(
        "the hash of user {} is not 32 hexadecimal digits; set it with bitsctl passwd --ntlm",
        name));
  }
  return ntlm::Account{.name = std::string(name), .nt_hash = *hash};
}

// A file that is not there has no lines.
Expected<std::vector<std::string>> LinesOf(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, error))) {
    return std::vector<std::string>();
  }
  const Expected<std::string> text = ReadSecretFile(file, kWhat);
  if (!text) return tl::unexpected(text.error());
  return SecretFileLines(*text);
}

Expected<std::vector<ntlm::Account>> ParseLines(const std::vector<std::string>& lines,
                                                const std::filesystem::path& file) {
  std::vector<ntlm::Account> accounts;
  std::set<std::string> names;
  std::size_t number = 0;
  for (const std::string& line : lines) {
    ++number;
    if (!IsSecretFileEntry(line)) continue;
    Expected<ntlm::Account> account = ParseEntry(line);
    if (account && !names.insert(account->name).second) {
      account = tl::unexpected(fmt::format("user {} appears twice", account->name));
    }
    if (!account) {
      return tl::unexpected(
          fmt::format("{} {} line {}: {}", kWhat, file.string(), number, account.error()));
    }
    accounts.push_back(*std::move(account));
  }
  return accounts;
}

// The lines of a file without a mistake.
Expected<std::vector<std::string>> GoodLines(const std::filesystem::path& file) {
  Expected<std::vector<std::string>> lines = LinesOf(file);
  if (!lines) return lines;
  if (const auto accounts = ParseLines(*lines, file); !accounts) {
    return tl::unexpected(accounts.error());
  }
  return lines;
}

std::vector<std::string>::iterator LineOf(std::vector<std::string>& lines, std::string_view name) {
  const std::string prefix = fmt::format("{}:", name);
  return std::find_if(lines.begin(), lines.end(),
                      [&prefix](const std::string& line) { return line.starts_with(prefix); });
}

Expected<void> WriteLines(const std::filesystem::path& file,
                          const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  return ReplaceSecretFile(file, kWhat, text);
}

}  // namespace

std::filesystem::path NtHashFileOf(const std::filesystem::path& users_file) {
  return users_file.string() + ".ntlm";
}

Expected<std::vector<ntlm::Account>> ReadNtHashFile(const std::filesystem::path& file) {
  const Expected<std::vector<std::string>> lines = LinesOf(file);
  if (!lines) return tl::unexpected(lines.error());
  return ParseLines(*lines, file);
}

std::optional<ntlm::Account> FindAccount(const std::vector<ntlm::Account>& accounts,
                                         std::string_view name) {
  const auto found =
      std::find_if(accounts.begin(), accounts.end(),
                   [name](const ntlm::Account& account) { return account.name == name; });
  if (found == accounts.end()) return std::nullopt;
  return *found;
}

Expected<void> SetNtHash(const std::filesystem::path& file, std::string_view name,
                         std::string_view password) {
  if (const std::string_view mistake = UserNameMistake(name); !mistake.empty()) {
    return Mistake(mistake);
  }
  if (password.empty()) return Mistake("the password is empty");
  const std::optional<ntlm::Key> hash = ntlm::NtHash(password);
  if (!hash) return Mistake("the password is not UTF-8, which NTLM needs");
  Expected<std::vector<std::string>> lines = GoodLines(file);
  if (!lines) return tl::unexpected(lines.error());
  std::string entry = fmt::format("{}:{:02x}", name, fmt::join(*hash, ""));
  if (const auto line = LineOf(*lines, name); line != lines->end()) {
    *line = std::move(entry);
  } else {
    lines->push_back(std::move(entry));
  }
  return WriteLines(file, *lines);
}

Expected<void> RemoveNtHash(const std::filesystem::path& file, std::string_view name) {
  Expected<std::vector<std::string>> lines = GoodLines(file);
  if (!lines) return tl::unexpected(lines.error());
  const auto line = LineOf(*lines, name);
  if (line == lines->end()) return {};
  lines->erase(line);
  return WriteLines(file, *lines);
}

}  // namespace wsman::auth
