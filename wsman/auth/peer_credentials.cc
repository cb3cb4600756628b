#include "wsman/auth/peer_credentials.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace wsman::auth {
namespace {

constexpr std::size_t kFirstGroups = 32;

// With `first` before them. Empty where the kernel does not tell.
std::optional<std::vector<gid_t>> GroupsOf(int socket, gid_t first) {
#ifdef SO_PEERGROUPS
  std::vector<gid_t> groups(kFirstGroups);
  socklen_t bytes = 0;
  int result = -1;
  do {
    bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    result = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes);
    if (result != 0 && errno == ERANGE) groups.resize(bytes / sizeof(gid_t));
  } while (result != 0 && errno == ERANGE);
  if (result != 0) return std::nullopt;
  groups.resize(bytes / sizeof(gid_t));
  groups.insert(groups.begin(), first);
  return groups;
#else
  return std::nullopt;
#endif
}

}  // namespace

std::optional<PeerCredentials> PeerCredentials::Of(int socket) {
  int domain = 0;
  socklen_t size = sizeof(domain);
  if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX) {
    return std::nullopt;
  }
  ucred peer{};
  size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  if (size != sizeof(peer) || peer.uid == static_cast<uid_t>(-1)) return std::nullopt;
  return PeerCredentials(peer.uid, GroupsOf(socket, peer.gid));
}

bool PeerCredentials::IsOwner() const {
  if (user_ == kUnknownUser) return false;
  return user_ == 0 || user_ == ::geteuid();
}

}  // namespace wsman::auth
