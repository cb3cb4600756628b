// The file itself: reading, writing and hashing. user_file.cc verifies.
#include <crypt.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <set>

#include "wsman/auth/user_file.h"
#include "wsman/auth/utf8.h"

namespace wsman::auth {
namespace {

constexpr std::size_t kFileBytes = 4 * 1024 * 1024;
constexpr std::size_t kNameBytes = 256;
constexpr std::size_t kPasswordBytes = 511;

template <typename T>
using Expected = tl::expected<T, std::string>;

struct Descriptor {
  int number = -1;
  explicit Descriptor(int fd) : number(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

tl::unexpected<std::string> Mistake(std::string_view text) {
  return tl::unexpected(std::string(text));
}

tl::unexpected<std::string> SystemError(const std::filesystem::path& file, std::string_view what) {
  return tl::unexpected(
      fmt::format("cannot {} users file {}: {}", what, file.string(), std::strerror(errno)));
}

Expected<std::string> ReadText(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (descriptor.number < 0 || ::fstat(descriptor.number, &status) != 0) {
    return SystemError(file, "open");
  }
  if (!S_ISREG(status.st_mode)) {
    return tl::unexpected(fmt::format("users file {} is not a regular file", file.string()));
  }
  if ((status.st_mode & 0177) != 0) {
    return tl::unexpected(fmt::format(
        "users file {} has mode {:04o}: it holds password hashes, restrict it with chmod 600",
        file.string(), status.st_mode & 07777));
  }
  if (static_cast<std::size_t>(status.st_size) > kFileBytes) {
    return tl::unexpected(
        fmt::format("users file {} is larger than {} bytes", file.string(), kFileBytes));
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = ::read(descriptor.number, text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(file, "read");
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
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

// Lines without their ends; a last line end does not make a further line.
std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines = Split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (std::string& line : lines) {
    if (line.ends_with('\r')) line.pop_back();
  }
  return lines;
}

bool IsEntry(std::string_view line) { return !line.empty() && line.front() != '#'; }

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// What is wrong with a name; empty when nothing is.
std::string_view NameMistake(std::string_view name) {
  if (name.empty()) return "the user name is empty";
  if (name.size() > kNameBytes) return "the user name is longer than 256 bytes";
  if (!IsUtf8(name)) return "the user name is not UTF-8";
  if (name.front() == '#') return "the user name starts with '#'";
  if (name.find_first_of(":\\") != std::string_view::npos ||
      std::any_of(name.begin(), name.end(), IsControl)) {
    return "the user name contains ':', '\\' or a control character";
  }
  return {};
}

Expected<UserEntry> ParseEntry(std::string_view line) {
  std::vector<std::string> fields = Split(line, ':');
  if (fields.size() < 2 || fields.size() > 3) {
    return Mistake("expected name:hash or name:hash:group,group");
  }
  if (const std::string_view mistake = NameMistake(fields[0]); !mistake.empty()) {
    return Mistake(mistake);
  }
  const int salt = ::crypt_checksalt(fields[1].c_str());
  if (!fields[1].starts_with('$') || salt == CRYPT_SALT_INVALID ||
      salt == CRYPT_SALT_METHOD_DISABLED) {
    return tl::unexpected(fmt::format(
        "the hash of user {} is not in crypt(5) form; set it with bitsctl passwd", fields[0]));
  }
  UserEntry entry{.name = std::move(fields[0]), .hash = std::move(fields[1]), .groups = {}};
  if (fields.size() == 3 && !fields[2].empty()) entry.groups = Split(fields[2], ',');
  if (std::find(entry.groups.begin(), entry.groups.end(), "") != entry.groups.end()) {
    return tl::unexpected(fmt::format("user {} has an empty group name", entry.name));
  }
  return entry;
}

Expected<void> WriteAll(int descriptor, std::string_view text, const std::filesystem::path& file) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(file, "write");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(descriptor) != 0) return SystemError(file, "write");
  return {};
}

// Readers see the old file or the new one, also after a crash.
Expected<void> ReplaceFile(const std::filesystem::path& file, std::string_view text) {
  std::string temporary = file.string() + ".XXXXXX";
  const Descriptor descriptor(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (descriptor.number < 0) return SystemError(file, "create a file beside");
  auto written = WriteAll(descriptor.number, text, file);
  if (written && ::rename(temporary.c_str(), file.c_str()) != 0) {
    written = SystemError(file, "replace");
  }
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.number >= 0) ::fsync(directory.number);
  return {};
}

// The lines of a file that may not exist yet. A file with a mistake is left for
// its owner to correct.
Expected<std::vector<std::string>> ExistingLines(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, error))) {
    return std::vector<std::string>();
  }
  if (const auto users = ReadUserFile(file); !users) return tl::unexpected(users.error());
  const Expected<std::string> text = ReadText(file);
  if (!text) return tl::unexpected(text.error());
  return Lines(*text);
}

void PutUser(std::vector<std::string>& lines, std::string_view name, std::string_view hash) {
  const std::string prefix = fmt::format("{}:", name);
  const auto line = std::find_if(
      lines.begin(), lines.end(),
      [&prefix](const std::string& candidate) { return candidate.starts_with(prefix); });
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
  const Expected<std::string> text = ReadText(file);
  if (!text) return tl::unexpected(text.error());
  std::vector<UserEntry> users;
  std::set<std::string> names;
  std::size_t number = 0;
  for (const std::string& line : Lines(*text)) {
    ++number;
    if (!IsEntry(line)) continue;
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
                                            std::string_view name, std::string_view password) {
  if (const std::string_view mistake = NameMistake(name); !mistake.empty()) {
    return Mistake(mistake);
  }
  if (password.empty()) return Mistake("the password is empty");
  if (password.size() > kPasswordBytes) {
    return Mistake("the password is longer than 511 bytes");
  }
  if (password.find('\0') != std::string_view::npos) {
    return Mistake("the password contains a NUL character");
  }
  Expected<std::vector<std::string>> lines = ExistingLines(file);
  if (!lines) return tl::unexpected(lines.error());
  PutUser(*lines, name, HashPassword(password));
  return ReplaceFile(file, fmt::format("{}\n", fmt::join(*lines, "\n")));
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
