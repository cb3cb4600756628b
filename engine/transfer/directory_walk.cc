#include "engine/transfer/directory_walk.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace engine::transfer {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
// The kernel asks for another try when a rename raced with the walk.
constexpr int kWalkTries = 16;

int OpenBeneath(int root, const char* path) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(kDirectoryFlags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long result = -1;
  for (int i = 0; i < kWalkTries; ++i) {
    result = ::syscall(SYS_openat2, root, path, &how, sizeof how);
    if (result >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return static_cast<int>(result);
}

Result<Fd> OpenRoot(const LocalTarget& target) {
  if (target.create_directories) {
    std::error_code error;
    const bool made = std::filesystem::create_directories(target.root, error);
    if (made) ::chmod(target.root.c_str(), DirectoryMode(target));
    if (error) return LocalFailure(error.value(), "make directory " + target.root.string());
  }
  Fd root(::open(target.root.c_str(), kDirectoryFlags));
  if (!root) return LocalFailure(errno, "open directory " + target.root.string());
  return root;
}

// Opens one directory and makes it first when it is missing.
Result<Fd> EnterOrMake(const Fd& parent, const std::string& name, const LocalTarget& target) {
  Fd child(OpenBeneath(parent.get(), name.c_str()));
  if (!child && errno == ENOENT) {
    const bool made = ::mkdirat(parent.get(), name.c_str(), DirectoryMode(target)) == 0;
    if (!made && errno != EEXIST) {
      return LocalFailure(errno, "make directory '" + name + "' of " + DisplayPath(target));
    }
    if (made) ::fsync(parent.get());
    child.Reset(OpenBeneath(parent.get(), name.c_str()));
    if (made && child) ::fchmod(child.get(), DirectoryMode(target));
  }
  if (!child) return LocalFailure(errno, "open directory '" + name + "' of " + DisplayPath(target));
  return child;
}

Result<Fd> MakeDirectories(Fd root, const LocalTarget& target) {
  Fd current = std::move(root);
  for (const std::string& name : target.directories) {
    auto next = EnterOrMake(current, name, target);
    if (!next) return next;
    current = std::move(*next);
  }
  return current;
}

}  // namespace

mode_t FileMode(const LocalTarget& target) { return 0666 & ~target.umask; }
mode_t DirectoryMode(const LocalTarget& target) { return 0777 & ~target.umask; }

std::string DisplayPath(const LocalTarget& target) {
  std::filesystem::path path = target.root;
  for (const std::string& name : target.directories) path /= name;
  return (path / target.name).string();
}

Result<Fd> OpenDirectory(const LocalTarget& target) {
  auto root = OpenRoot(target);
  if (!root || target.directories.empty()) return root;
  std::string path;
  for (const std::string& name : target.directories) path += (path.empty() ? "" : "/") + name;
  Fd directory(OpenBeneath(root->get(), path.c_str()));
  if (directory) return directory;
  if (errno == ENOENT && target.create_directories)
    return MakeDirectories(std::move(*root), target);
  return LocalFailure(errno, "open the directory of " + DisplayPath(target));
}

Status CheckReplaceable(const Fd& directory, const std::string& name) {
  struct stat found {};
  if (::fstatat(directory.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return LocalFailure(errno, "look at '" + name + "'");
  }
  if (S_ISREG(found.st_mode)) return {};
  return Fail(HResult::kAccessDenied,
              "'" + name + "' exists and is not a regular file; choose another local name",
              ErrorContext::kLocalFile);
}

Status CheckTargetNow(const LocalTarget& target) {
  const auto directory = OpenDirectory(target);
  if (!directory) return tl::unexpected(directory.error());
  if (::faccessat(directory->get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    return LocalFailure(errno, "write to the directory of " + DisplayPath(target));
  }
  return CheckReplaceable(*directory, target.name);
}

}  // namespace engine::transfer
