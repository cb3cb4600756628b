// Who is at the other end of a Unix socket, as the kernel says.
#pragma once

#include <sys/types.h>

#include <optional>
#include <utility>
#include <vector>

namespace wsman::auth {

struct PeerCredentialsForTest;

// The ids that the process had which connected. There is no public constructor:
// a connection over the network cannot have any.
class PeerCredentials {
 public:
  // Of a connected socket, from SO_PEERCRED and SO_PEERGROUPS. Empty for
  // anything but a Unix socket.
  static std::optional<PeerCredentials> Of(int socket);

  uid_t user() const { return user_; }
  // All groups, the process's own one first. Empty where the kernel tells only
  // of users.
  const std::optional<std::vector<gid_t>>& groups() const { return groups_; }

  // Whether it runs as root or as this process does.
  bool IsOwner() const;

  friend bool operator==(const PeerCredentials&, const PeerCredentials&) = default;
  friend auto operator<=>(const PeerCredentials&, const PeerCredentials&) = default;

 private:
  friend struct PeerCredentialsForTest;

  PeerCredentials(uid_t user, std::optional<std::vector<gid_t>> groups)
      : user_(user), groups_(std::move(groups)) {}

  uid_t user_;
  std::optional<std::vector<gid_t>> groups_;
};

// What the kernel says of users and groups that have no number here, as those
// outside of this process's user namespace: it is nobody's.
inline constexpr uid_t kUnknownUser = 65'534;
inline constexpr gid_t kUnknownGroup = 65'534;

}  // namespace wsman::auth
