#include "engine/transfer/reader_rights.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace engine::transfer {
namespace {

constexpr unsigned kRead = 4;
constexpr unsigned kPass = 1;
constexpr int kDeepest = 256;  // directories

// Also when that cannot be told. By a path, because fgetxattr takes no O_PATH.
bool MayHaveAccessList(int fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0);
  return size > 0 || (size < 0 && errno != ENODATA && errno != ENOTSUP);
}

// Some of the three: only the first class that fits counts.
bool Allows(int fd, const SourceReader& reader, unsigned wanted) {
  struct stat found {};
  if (::fstat(fd, &found) != 0) return false;
  if (reader.user == 0) return true;
  if (found.st_uid == reader.user) return ((found.st_mode >> 6) & wanted) == wanted;
  if (MayHaveAccessList(fd)) return false;
  const bool member = std::ranges::find(reader.groups, found.st_gid) != reader.groups.end();
  return ((member ? found.st_mode >> 3 : found.st_mode) & wanted) == wanted;
}

bool IsSame(int a, int b) {
  struct stat first {};
  struct stat second {};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

bool MayRead(const Fd& file, const SourceReader& reader) {
  return Allows(file.get(), reader, kRead);
}

bool MayReach(const Fd& directory, const SourceReader& reader) {
  if (reader.user == 0) return true;
  Fd current(::openat(directory.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < kDeepest && current; ++i) {
    if (!Allows(current.get(), reader, kPass)) return false;
    Fd parent(::openat(current.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (parent && IsSame(parent.get(), current.get())) return true;
    current = std::move(parent);
  }
  return false;
}

}  // namespace engine::transfer
