#include "engine/transfer/curl_sockets.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace engine::transfer {
namespace {

int PortOf(curl_socket_t socket, decltype(&::getsockname) end) {
  sockaddr_in6 address{};  // has the port where sockaddr_in has it
  socklen_t size = sizeof address;
  if (end(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin6_port);
}

// Empty where the kernel tells less than the first `needed` bytes of it.
std::optional<tcp_info> InfoOf(curl_socket_t socket, std::size_t needed) {
  tcp_info info{};
  socklen_t size = sizeof info;
  const bool told = ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  return told && size >= needed ? std::optional(info) : std::nullopt;
}

}  // namespace

// libcurl has resolved the name by now, so that no spelling and no answer of a
// name server gets around this.
bool CurlSockets::IsDenied(const curl_sockaddr& address) const {
  if (address.family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address.addr);
    return denied_.Contains({reinterpret_cast<const std::uint8_t*>(&ipv4.sin_addr), 4});
  }
  if (address.family != AF_INET6) return true;
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address.addr);
  return denied_.Contains({ipv6.sin6_addr.s6_addr, 16});
}

curl_socket_t CurlSockets::Open(const curl_sockaddr& address) {
  const curl_socket_t socket =
      ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  if (socket != CURL_SOCKET_BAD) opened_.insert(socket);
  return socket;
}

std::optional<curl_socket_t> CurlSockets::Find(int local_port, int peer_port) const {
  for (const curl_socket_t socket : opened_) {
    if (local_port != 0 && PortOf(socket, &::getsockname) == local_port &&
        PortOf(socket, &::getpeername) == peer_port)
      return socket;
  }
  return std::nullopt;
}

void SetLowWaterMark(curl_socket_t socket, int bytes) {
  ::setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

bool SetReceiveWindow(curl_socket_t socket, std::uint32_t bytes) {
  const int clamp = static_cast<int>(bytes);
  return ::setsockopt(socket, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp, sizeof clamp) == 0;
}

void LimitUnsent(curl_socket_t socket, std::uint32_t bytes) {
  ::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

std::optional<PathSample> PathOf(curl_socket_t socket) {
  const auto info = InfoOf(
      socket, offsetof(tcp_info, tcpi_bytes_received) + sizeof tcp_info::tcpi_bytes_received);
  if (!info) return std::nullopt;
  return PathSample{std::chrono::microseconds(info->tcpi_rcv_rtt), info->tcpi_rcv_mss,
                    info->tcpi_bytes_received};
}

std::optional<PathSample> SendPathOf(curl_socket_t socket) {
  const auto info =
      InfoOf(socket, offsetof(tcp_info, tcpi_bytes_acked) + sizeof tcp_info::tcpi_bytes_acked);
  if (!info) return std::nullopt;
  return PathSample{std::chrono::microseconds(info->tcpi_rtt), info->tcpi_snd_mss,
                    info->tcpi_bytes_acked};
}

void LimitSending(curl_socket_t socket, std::uint64_t rate) {
  const std::uint64_t limit = rate == 0 ? ~std::uint64_t{0} : rate;
  ::setsockopt(socket, SOL_SOCKET, SO_MAX_PACING_RATE, &limit, sizeof limit);
}

bool HasInput(curl_socket_t socket) {
  char byte = 0;
  // A low water mark that is still up would hide them from poll().
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

}  // namespace engine::transfer
