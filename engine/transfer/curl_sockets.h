// The sockets that libcurl opens, found again by the ports of a connection, and
// what the kernel tells and can be told about them. One thread.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <optional>
#include <set>

#include "engine/address_list.h"
#include "engine/transfer/background_window.h"

namespace engine::transfer {

class CurlSockets {
 public:
  // Addresses in `denied` get no socket.
  explicit CurlSockets(AddressList denied) : denied_(std::move(denied)) {}

  bool IsDenied(const curl_sockaddr& address) const;
  // CURL_SOCKET_BAD when there is none to be had.
  curl_socket_t Open(const curl_sockaddr& address);
  // Of the connection between these ports.
  std::optional<curl_socket_t> Find(int local_port, int peer_port) const;

 private:
  AddressList denied_;
  std::set<curl_socket_t> opened_;  // some are closed, and their numbers another's
};

// SO_RCVLOWAT.
void SetLowWaterMark(curl_socket_t socket, int bytes);
// TCP_WINDOW_CLAMP; false where the kernel takes none.
bool SetReceiveWindow(curl_socket_t socket, std::uint32_t bytes);
// TCP_NOTSENT_LOWAT.
void LimitUnsent(curl_socket_t socket, std::uint32_t bytes);
// Empty where the kernel does not tell.
std::optional<PathSample> PathOf(curl_socket_t socket);
std::optional<PathSample> SendPathOf(curl_socket_t socket);
// SO_MAX_PACING_RATE; 0: no limit.
void LimitSending(curl_socket_t socket, std::uint64_t rate);
// Bytes that nobody has read, or the end of the connection.
bool HasInput(curl_socket_t socket);

}  // namespace engine::transfer
