#include "engine/transfer/window_trial.h"

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <optional>

#include "engine/fd.h"
#include "engine/transfer/curl_sockets.h"

namespace engine::transfer {
namespace {

constexpr int kWindow = 16 * 1024;
constexpr int kRounds = 16;
constexpr int kMostSent = 1024 * 1024;
constexpr int kTries = 3;
constexpr timeval kPatience{1, 0};  // nothing here takes a millisecond

struct Connection {
  Fd sender;
  Fd receiver;
};

std::optional<Connection> Connect() {
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (!listener || ::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), generic, &size) != 0)
    return std::nullopt;
  Connection made{Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), Fd()};
  if (!made.sender || ::connect(made.sender.get(), generic, size) != 0) return std::nullopt;
  made.receiver.Reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!made.receiver) return std::nullopt;
  ::setsockopt(made.receiver.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(made.sender.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  return made;
}

// What piles up unread at the receiver's end of a connection in full swing.
int Pile(const Connection& connection, bool limited) {
  std::array<char, kWindow> bytes{};
  const auto limit = [&] {
    return !limited || SetReceiveWindow(connection.receiver.get(), kWindow);
  };
  // The kernel never takes back a window that it has offered: it has to be used up first.
  for (int i = 0; i < kRounds && limit(); ++i) {
    if (::send(connection.sender.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) <= 0 ||
        ::recv(connection.receiver.get(), bytes.data(), bytes.size(), MSG_WAITALL) <= 0)
      break;
  }
  limit();
  for (int sent = 0; sent < kMostSent; sent += kWindow) {
    if (::send(connection.sender.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) <=
        0)
      break;
  }
  int arrived = 0;
  ::ioctl(connection.receiver.get(), FIONREAD, &arrived);
  return arrived;
}

}  // namespace

bool CanLimitWindows() {
  for (int i = 0; i < kTries; ++i) {
    const std::optional<Connection> free = Connect();
    const std::optional<Connection> limited = Connect();
    if (!free || !limited) return true;
    if (!PathOf(limited->receiver.get())) return false;
    if (2 * Pile(*limited, /*limited=*/true) < Pile(*free, /*limited=*/false)) return true;
  }
  return false;
}

}  // namespace engine::transfer
