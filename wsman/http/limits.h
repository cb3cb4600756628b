// What the endpoint accepts and how long it waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace wsman::http {

// Every number is the largest accepted value.
struct ServerLimits {
  std::size_t request_line_bytes = 2'048;  // without its line end
  std::size_t header_line_bytes = 8 * 1024;
  // The Authorization line: a Kerberos token of 64 KiB in Base64.
  std::size_t authorization_bytes = 88 * 1024;
  std::size_t header_bytes = 112 * 1024;  // request line and all headers
  std::size_t header_count = 64;
  std::size_t unauthenticated_body_bytes = 4 * 1024;
  std::size_t drained_body_bytes = 64 * 1024;  // read and thrown away before a refusal
  std::size_t body_bytes = 512'000;            // max_envelope_bytes
  std::size_t connections = 300;
  std::size_t connections_per_source = 32;  // per IPv4 address or IPv6 /64; loopback is exempt
  std::size_t unauthenticated_connections = 100;
  // Besides `connections`: those whose first message, the head of a request or the
  // ClientHello, has not arrived or has no place yet.
  std::size_t waiting_connections = 1'000;
  std::vector<std::string> names = {};  // in Host, besides IP addresses; none: any
};

struct ServerDeadlines {
  // For a stranger to say something before another takes its place.
  std::chrono::milliseconds undisturbed{250};
  std::chrono::milliseconds tls_handshake{10'000};
  std::chrono::milliseconds header{10'000};  // from the first byte, never extended
  std::chrono::milliseconds body{120'000};
  std::chrono::milliseconds body_grace{5'000};  // after it, body_bytes_per_second holds
  std::size_t body_bytes_per_second = 1'024;
  std::chrono::milliseconds write{30'000};
  std::chrono::milliseconds idle{60'000};  // keep-alive
};

}  // namespace wsman::http
