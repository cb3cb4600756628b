// The file itself: reading, writing and hashing. user_file.cc verifies.
#include <crypt.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "wsman/auth/nt_hash_file.h"
#include "wsman/auth/secret_file.h"
#include "wsman/auth/user_file.h"
#include "wsman/auth/utf8.h"

namespace wsman::auth {
namespace {

constexpr std::string_view kWhat = "users file";
constexpr std::size_t kPasswordBytes = 511;
constexpr std::size_t kGroupBytes = 256;

template <typename T>
using Expected = tl::expected<T, std::string>;

tl::unexpected<std::string> Mistake(std::string_view text) {
  return tl::unexpected(std::string(text));
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool IsHash(const std::string& text) {
  const int salt = ::crypt_checksalt(text.c_str());
  return text.starts_with('$') && salt != CRYPT_SALT_INVALID && salt != CRYPT_SALT_METHOD_DISABLED;
}

Expected<UserEntry> ParseEntry(std::string_view line) {
  std::vector<std::string> fields = Split(line, ':');
  if (fields.size() < 2 || fields.size() > 3) {
    return Mistake("expected name:hash or name:hash:group,group");
  }
  if (const std::string_view mistake = UserNameMistake(fields[0]); !mistake.empty()) {
    return Mistake(mistake);
  }
  if (fields[1] != kNoPassword && !IsHash(fields[1])) {
    return tl::unexpected(fmt::format(
        "the hash of user {} is not in crypt(5) form; set it with bitsctl passwd, or write * for a "
        "user without a password",
        fields[0]));
  }
  UserEntry entry{.name = std::move(fields[0]), .hash = std::move(fields[1]), .groups = {}};
  if (fields.size() == 3 && !fields[2].empty()) entry.groups = Split(fields[2], ',');
  if (std::find(entry.groups.begin(), entry.groups.end(), "") != entry.groups.end()) {
    return tl::unexpected(fmt::format("user {} has an empty group name", entry.name));
  }
  return entry;
}

// The lines of a file that may not exist yet. A file with a mistake is left for
// its owner to correct.
Expected<std::vector<std::string>> ExistingLines(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, error))) {
    return std::vector<std::string>();
  }
  if (const auto users = ReadUserFile(file); !users) return tl::unexpected(users.error());
  const Expected<std::string> text = ReadSecretFile(file, kWhat);
  if (!text) return tl::unexpected(text.error());
  return SecretFileLines(*text);
}

std::vector<std::string>::iterator LineOf(std::vector<std::string>& lines,
                                          std::string_view prefix) {
  return std::find_if(lines.begin(), lines.end(), [prefix](const std::string& candidate) {
    return candidate.starts_with(prefix);
  });
}

std::string TextOf(const std::vector<std::string>& lines) {
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

bool IsGroupName(std::string_view name) {
  if (name.empty() || name.size() > kGroupBytes) return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F || c == ':' || c == ',' || c == '#' || c == '\\';
  });
}

void PutUser(std::vector<std::string>& lines, std::string_view name, std::string_view hash) {
  const std::string prefix = fmt::format("{}:", name);
  const auto line = LineOf(lines, prefix);
  if (line == lines.end()) {
    lines.push_back(fmt::format("{}{}", prefix, hash));
    return;
  }
  const std::size_t groups = line->find(':', prefix.size());
  const std::string kept = groups == std::string::npos ? "" : line->substr(groups);
  *line = fmt::format("{}{}{}", prefix, hash, kept);
}

}  // namespace

tl::expected<std::vector<UserEntry>, std::string> ReadUserFile(const std::filesystem::path& file) {
  const Expected<std::string> text = ReadSecretFile(file, kWhat);
  if (!text) return tl::unexpected(text.error());
  std::vector<UserEntry> users;
  std::set<std::string> names;
  std::size_t number = 0;
  for (const std::string& line : SecretFileLines(*text)) {
    ++number;
    if (!IsSecretFileEntry(line)) continue;
    auto entry = ParseEntry(line);
    if (entry && !names.insert(entry->name).second) {
      entry = tl::unexpected(fmt::format("user {} appears twice", entry->name));
    }
    if (!entry) {
      return tl::unexpected(
          fmt::format("users file {} line {}: {}", file.string(), number, entry.error()));
    }
    users.push_back(*std::move(entry));
  }
  return users;
}

tl::expected<void, std::string> SetPassword(const std::filesystem::path& file,
                                            std::string_view name, std::string_view password,
                                            NtHashChoice choice) {
  if (const std::string_view mistake = UserNameMistake(name); !mistake.empty()) {
    return Mistake(mistake);
  }
  if (password.empty()) return Mistake("the password is empty");
  if (password.size() > kPasswordBytes) {
    return Mistake("the password is longer than 511 bytes");
  }
  if (password.find('\0') != std::string_view::npos) {
    return Mistake("the password contains a NUL character");
  }
  if (choice == NtHashChoice::kWrite && !IsUtf8(password)) {
    return Mistake("the password is not UTF-8, which NTLM needs");
  }
  Expected<std::vector<std::string>> lines = ExistingLines(file);
  if (!lines) return tl::unexpected(lines.error());
  // First of all, so that the old password is of no use whatever happens next.
  const std::filesystem::path hashes = NtHashFileOf(file);
  if (auto removed = RemoveNtHash(hashes, name); !removed) return removed;
  PutUser(*lines, name, HashPassword(password));
  auto written = ReplaceSecretFile(file, kWhat, TextOf(*lines));
  if (!written || choice == NtHashChoice::kForget) return written;
  return SetNtHash(hashes, name, password);
}

tl::expected<void, std::string> SetGroups(const std::filesystem::path& file, std::string_view name,
                                          const std::vector<std::string>& groups) {
  for (const std::string& group : groups) {
    if (IsGroupName(group)) continue;
    return tl::unexpected(
        fmt::format("'{}' cannot be the name of a group: use letters, digits, '-' and '_'", group));
  }
  Expected<std::vector<std::string>> lines = ExistingLines(file);
  if (!lines) return tl::unexpected(lines.error());
  const std::string prefix = fmt::format("{}:", name);
  const auto line = LineOf(*lines, prefix);
  if (line == lines->end()) {
    return tl::unexpected(fmt::format("user '{}' is not in {}", name, file.string()));
  }
  line->resize(std::min(line->find(':', prefix.size()), line->size()));
  if (!groups.empty()) *line += fmt::format(":{}", fmt::join(groups, ","));
  return ReplaceSecretFile(file, kWhat, TextOf(*lines));
}

std::string HashPassword(std::string_view password) {
  const std::unique_ptr<char, decltype(&std::free)> salt(::crypt_gensalt_ra("$y$", 0, nullptr, 0),
                                                         &std::free);
  if (!salt) std::abort();
  const auto state = std::make_unique<crypt_data>();
  const char* hash = ::crypt_r(std::string(password).c_str(), salt.get(), state.get());
  if (hash == nullptr || hash[0] == '*') std::abort();
  return hash;
}

bool MatchesHash(const std::string& password, const std::string& hash) {
  const auto state = std::make_unique<crypt_data>();
  const char* computed = ::crypt_r(password.c_str(), hash.c_str(), state.get());
  if (computed == nullptr || computed[0] == '*') return false;
  const std::string_view text(computed);
  if (text.size() != hash.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    difference |= static_cast<unsigned char>(text[i]) ^ static_cast<unsigned char>(hash[i]);
  }
  return difference == 0;
}

}  // namespace wsman::auth
