#include "wsman/auth/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "wsman/auth/utf8.h"

namespace wsman::auth {
namespace {

constexpr std::size_t kFileBytes = 4 * 1024 * 1024;
constexpr std::size_t kNameBytes = 256;

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

tl::unexpected<std::string> SystemError(const std::filesystem::path& file, std::string_view what,
                                        std::string_view action) {
  return tl::unexpected(
      fmt::format("cannot {} {} {}: {}", action, what, file.string(), std::strerror(errno)));
}

Expected<void> WriteAll(int descriptor, std::string_view text, const std::filesystem::path& file,
                        std::string_view what) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(file, what, "write");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(descriptor) != 0) return SystemError(file, what, "write");
  return {};
}

// Whoever owns the file, such as the daemon's account, must still be able to
// read it. The group does not matter at mode 0600.
bool KeepOwner(int descriptor, const std::filesystem::path& file) {
  struct stat before {};
  struct stat after {};
  if (::stat(file.c_str(), &before) != 0) return errno == ENOENT;
  if (::fstat(descriptor, &after) != 0) return false;
  return before.st_uid == after.st_uid || ::fchown(descriptor, before.st_uid, before.st_gid) == 0;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

Expected<std::string> ReadSecretFile(const std::filesystem::path& file, std::string_view what) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (descriptor.number < 0 || ::fstat(descriptor.number, &status) != 0) {
    return SystemError(file, what, "open");
  }
  if (!S_ISREG(status.st_mode)) {
    return tl::unexpected(fmt::format("{} {} is not a regular file", what, file.string()));
  }
  if ((status.st_mode & 0177) != 0) {
    return tl::unexpected(
        fmt::format("{} {} has mode {:04o}: it decides who may log in, restrict it with chmod 600",
                    what, file.string(), status.st_mode & 07777));
  }
  if (static_cast<std::size_t>(status.st_size) > kFileBytes) {
    return tl::unexpected(
        fmt::format("{} {} is larger than {} bytes", what, file.string(), kFileBytes));
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = ::read(descriptor.number, text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(file, what, "read");
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
}

Expected<void> ReplaceSecretFile(const std::filesystem::path& file, std::string_view what,
                                 std::string_view text) {
  std::string temporary = file.string() + ".XXXXXX";
  const Descriptor descriptor(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (descriptor.number < 0) return SystemError(file, what, "create a file beside");
  Expected<void> written = KeepOwner(descriptor.number, file)
                               ? WriteAll(descriptor.number, text, file, what)
                               : Expected<void>(SystemError(file, what, "keep the owner of"));
  if (written && ::rename(temporary.c_str(), file.c_str()) != 0) {
    written = SystemError(file, what, "replace");
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

std::vector<std::string> SecretFileLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
  }
  return lines;
}

bool IsSecretFileEntry(std::string_view line) { return !line.empty() && line.front() != '#'; }

std::string_view UserNameMistake(std::string_view name) {
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

}  // namespace wsman::auth
