#include "engine/network_watch.h"

#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/fd.h"

namespace engine {
namespace {

// Cables are plugged into another socket, and radio networks change their cell.
constexpr std::chrono::milliseconds kSettles{2'000};

bool LeadsFurther(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    const std::uint32_t number = ntohl(ipv4.sin_addr.s_addr);
    return (number >> 16) != 0xA9FE && (number >> 24) != 127;  // 169.254/16, 127/8
  }
  if (address.sa_family != AF_INET6) return false;
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
  return !IN6_IS_ADDR_LINKLOCAL(&ipv6.sin6_addr) && !IN6_IS_ADDR_LOOPBACK(&ipv6.sin6_addr);
}

Fd OpenNetlink() {
  Fd socket_fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (socket_fd.get() >= 0 &&
      bind(socket_fd.get(), reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0)
    return Fd(-1);
  return socket_fd;
}

// What the messages say is asked for anew: they may have been lost.
void Drain(int fd) {
  std::array<char, 8'192> buffer;
  while (recv(fd, buffer.data(), buffer.size(), 0) > 0 || errno == ENOBUFS) {
  }
}

}  // namespace

bool HasNetwork() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return true;  // nobody can tell
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(all, &freeifaddrs);
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    constexpr unsigned kWorks = IFF_UP | IFF_RUNNING;
    const bool works = (one->ifa_flags & kWorks) == kWorks;
    const bool is_loopback = (one->ifa_flags & IFF_LOOPBACK) != 0;
    if (works && !is_loopback && one->ifa_addr != nullptr && LeadsFurther(*one->ifa_addr))
      return true;
  }
  return false;
}

class NetworkWatch::Impl {
 public:
  explicit Impl(std::function<void(bool)> changed)
      : changed_(std::move(changed)),
        netlink_(OpenNetlink()),
        stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        told_(HasNetwork()) {
    if (netlink_.get() < 0 || stop_.get() < 0) {
      spdlog::info("nobody tells when the network comes and goes: {}",
                   std::generic_category().message(errno));
      return;
    }
    thread_ = std::thread([this] { Run(); });
  }
  ~Impl() {
    if (!thread_.joinable()) return;
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  void Run() {
    pthread_setname_np(pthread_self(), "network");
    bool lost = false;  // and not told yet
    for (;;) {
      std::array<pollfd, 2> fds{{{netlink_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
      const int ready =
          poll(fds.data(), fds.size(), lost ? static_cast<int>(kSettles.count()) : -1);
      if (fds[1].revents != 0 || (ready < 0 && errno != EINTR)) return;
      if (fds[0].revents != 0) Drain(netlink_.get());
      const bool has_network = HasNetwork();
      const bool settled = has_network || (lost && ready == 0);
      lost = told_ && !has_network;
      if (has_network == told_ || !settled) continue;
      told_ = has_network;
      lost = false;
      changed_(told_);
    }
  }

  const std::function<void(bool)> changed_;
  const Fd netlink_;
  const Fd stop_;
  // Looked at before the caller goes on, so that no change after that is missed.
  bool told_;
  std::thread thread_;  // last: it uses all of the above
};

NetworkWatch::NetworkWatch(std::function<void(bool has_network)> changed)
    : impl_(std::make_unique<Impl>(std::move(changed))) {}

NetworkWatch::~NetworkWatch() = default;

}  // namespace engine
