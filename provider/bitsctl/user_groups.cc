#include "provider/bitsctl/user_groups.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bitsctl {
namespace {

constexpr std::size_t kMaxGroupBytes = 256;

bool IsGroupName(const std::string& name) {
  if (name.empty() || name.size() > kMaxGroupBytes) return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7F || c == ':' || c == ',' || c == '#' || c == '\\';
  });
}

tl::unexpected<Failure> CannotWrite(const std::filesystem::path& file) {
  return Fail(ExitCode::kFailed,
              fmt::format("cannot write '{}': {}", file.string(), std::strerror(errno)));
}

// Only the owner may read password hashes. The old file stays until the new one
// is complete on disk.
Result<void> ReplaceFile(const std::filesystem::path& file, const std::string& text) {
  std::string temporary = file.string() + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return CannotWrite(file);
  struct stat before {};
  // Whoever owns the file (the daemon's account) must still be able to read it.
  const bool owned =
      ::stat(file.c_str(), &before) == 0 && ::fchown(fd, before.st_uid, before.st_gid) == 0;
  const bool written = owned &&
                       ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  const bool closed = ::close(fd) == 0;
  if (written && closed && std::rename(temporary.c_str(), file.c_str()) == 0) return {};
  const auto failure = CannotWrite(file);
  ::unlink(temporary.c_str());
  return failure;
}

}  // namespace

Result<void> SetGroups(const std::filesystem::path& file, const std::string& user,
                       const std::vector<std::string>& groups) {
  for (const std::string& group : groups) {
    if (!IsGroupName(group)) {
      return Fail(ExitCode::kUsage, fmt::format("'{}' cannot be the name of a group", group),
                  "use letters, digits, '-' and '_'");
    }
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  bool found = false;
  for (std::string line; std::getline(stream, line); text += line + "\n") {
    if (line.rfind(user + ":", 0) != 0) continue;
    line.resize(line.find(':', user.size() + 1) == std::string::npos
                    ? line.size()
                    : line.find(':', user.size() + 1));
    if (!groups.empty()) line += fmt::format(":{}", fmt::join(groups, ","));
    found = true;
  }
  if (!found) {
    return Fail(ExitCode::kFailed, fmt::format("user '{}' is not in '{}'", user, file.string()));
  }
  return ReplaceFile(file, text);
}

}  // namespace bitsctl
