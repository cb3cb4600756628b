#include "provider/bitsd/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace bitsd {
namespace {

namespace fs = std::filesystem;

tl::unexpected<std::string> Fail(std::string_view what, const fs::path& file, int error) {
  return tl::unexpected(
      fmt::format("cannot {} {}: {}", what, file.string(), std::generic_category().message(error)));
}

// 0, or errno.
int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

tl::expected<void, std::string> MakeDirectory(const fs::path& directory) {
  fs::path made;
  for (const fs::path& part : directory) {
    made /= part;
    if (mkdir(made.c_str(), 0700) == 0 || errno == EEXIST) continue;
    // A parent that may be searched but not written answers EACCES or EROFS
    // although the directory is there.
    const int error = errno;
    std::error_code ignored;
    if (!fs::is_directory(made, ignored)) return Fail("make the directory", made, error);
  }
  std::error_code error;
  if (!fs::is_directory(directory, error)) return Fail("use the directory", directory, ENOTDIR);
  if (access(directory.c_str(), W_OK | X_OK) != 0)
    return Fail("write to the directory", directory, errno);
  return {};
}

tl::expected<void, std::string> ReplaceFile(const fs::path& file, std::string_view text) {
  const std::string temporary = fmt::format("{}.{}.tmp", file.string(), getpid());
  unlink(temporary.c_str());  // of a process with the same number that died
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return Fail("write", temporary, errno);
  int error = WriteAll(fd, text);
  if (close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && rename(temporary.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return {};
  unlink(temporary.c_str());
  return Fail("write", file, error);
}

}  // namespace bitsd
