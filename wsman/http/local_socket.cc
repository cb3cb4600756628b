#include "wsman/http/local_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace wsman::http {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kSocketMode = 0666;
constexpr mode_t kFolderMode = 0755;

std::string ErrnoText(int error) { return std::generic_category().message(error); }

tl::unexpected<std::string> Fail(const fs::path& path, std::string_view why) {
  return tl::unexpected(
      fmt::format("cannot listen on the local socket {}: {}", path.string(), why));
}

tl::unexpected<std::string> FailInUse(const fs::path& path) {
  return Fail(path,
              "another process serves it; stop that one, or name another server.local_socket");
}

sockaddr_un AddressOf(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  return address;
}

// Who may write a folder may put another socket in the place of this one.
tl::expected<void, std::string> PrepareFolder(const fs::path& path) {
  const fs::path folder = path.parent_path();
  // With a mode of its own, whatever the umask is: others must get to the socket.
  if (::mkdir(folder.c_str(), kFolderMode) == 0 && ::chmod(folder.c_str(), kFolderMode) != 0) {
    return Fail(path, ErrnoText(errno));
  }
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) {
    return Fail(path, fmt::format("its folder cannot be used: {}", ErrnoText(errno)));
  }
  if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
    return Fail(path,
                fmt::format("everyone may write its folder; run: chmod o-w {}", folder.string()));
  }
  return {};
}

// 0 when somebody listens there, otherwise errno.
int Probe(const fs::path& path) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return errno;
  const sockaddr_un address = AddressOf(path);
  const int result = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = result == 0 ? 0 : errno;
  ::close(probe);
  return error == EAGAIN ? 0 : error;  // its queue is full
}

}  // namespace

tl::expected<LocalSocket, std::string> LocalSocket::Open(const fs::path& path) {
  if (path.native().size() > kPathBytes) {
    return Fail(path, fmt::format("the path has more than {} bytes", kPathBytes));
  }
  LocalSocket socket(path);
  if (auto prepared = PrepareFolder(path); !prepared) return tl::unexpected(prepared.error());
  if (auto locked = socket.Lock(); !locked) return tl::unexpected(locked.error());
  if (auto removed = socket.RemoveStale(); !removed) return tl::unexpected(removed.error());
  if (auto listens = socket.Listen(); !listens) return tl::unexpected(listens.error());
  return socket;
}

LocalSocket::LocalSocket(LocalSocket&& other) noexcept
    : path_(std::move(other.path_)),
      made_(std::exchange(other.made_, std::nullopt)),
      lock_(std::exchange(other.lock_, -1)),
      listening_(std::exchange(other.listening_, -1)) {}

LocalSocket& LocalSocket::operator=(LocalSocket&& other) noexcept {
  if (this == &other) return *this;
  Close();
  path_ = std::move(other.path_);
  made_ = std::exchange(other.made_, std::nullopt);
  lock_ = std::exchange(other.lock_, -1);
  listening_ = std::exchange(other.listening_, -1);
  return *this;
}

// Looking whether anybody listens and putting a socket there are two steps; the
// lock keeps two daemons that start together from taking them in turns.
tl::expected<void, std::string> LocalSocket::Lock() {
  const std::string file = path_.string() + ".lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) return Fail(path_, fmt::format("cannot open {}: {}", file, ErrnoText(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) return FailInUse(path_);
  return Fail(path_, fmt::format("cannot lock {}: {}", file, ErrnoText(errno)));
}

tl::expected<void, std::string> LocalSocket::RemoveStale() {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return Fail(path_, ErrnoText(errno));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return Fail(path_,
                "something other than a socket is there; remove it, or name another "
                "server.local_socket");
  }
  const int error = Probe(path_);
  if (error == 0) return FailInUse(path_);
  if (error != ECONNREFUSED) return Fail(path_, ErrnoText(error));
  if (::unlink(path_.c_str()) != 0) {
    return Fail(path_,
                fmt::format("cannot remove what a killed process left: {}", ErrnoText(errno)));
  }
  return {};
}

tl::expected<void, std::string> LocalSocket::Listen() {
  listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listening_ < 0) return Fail(path_, ErrnoText(errno));
  const sockaddr_un address = AddressOf(path_);
  if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return Fail(path_, ErrnoText(errno));
  }
  made_ = IdOf(path_);
  if (::chmod(path_.c_str(), kSocketMode) != 0 || ::listen(listening_, SOMAXCONN) != 0) {
    return Fail(path_, ErrnoText(errno));
  }
  return {};
}

std::optional<LocalSocket::FileId> LocalSocket::IdOf(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return FileId{.device = status.st_dev, .inode = status.st_ino};
}

void LocalSocket::Close() {
  if (made_ && IdOf(path_) == made_) ::unlink(path_.c_str());
  made_.reset();
  if (listening_ >= 0) ::close(std::exchange(listening_, -1));
  if (lock_ >= 0) ::close(std::exchange(lock_, -1));
}

}  // namespace wsman::http
