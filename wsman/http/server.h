// The HTTP and HTTPS endpoint: sockets, framing, TLS, deadlines, limits, and
// the one choke point where a request meets the authenticator.
//
// Threads: one per core, started by Server::Start and joined by Stop; each has
// its own io_context, its own SO_REUSEPORT listeners and its own connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/auth/authenticator.h"
#include "wsman/http/exchange.h"

namespace wsman::http {

// Every value is the largest accepted one.
struct ServerLimits {
  std::size_t request_line_bytes = 2'048;
  std::size_t header_line_bytes = 8 * 1024;
  std::size_t authorization_bytes = 66 * 1024;
  std::size_t header_bytes = 96 * 1024;
  std::size_t header_count = 64;
  std::size_t unauthenticated_body_bytes = 4 * 1024;
  std::size_t drained_body_bytes = 64 * 1024;     // read and thrown away before a 401 without closing
  std::size_t body_bytes = 512'000;               // max_envelope_bytes
  std::size_t connections = 300;
  std::size_t connections_per_source = 32;        // per IPv4 address or IPv6 /64; loopback is exempt
  std::size_t unauthenticated_connections = 100;
};

struct ServerDeadlines {
  std::chrono::milliseconds tls_handshake{10'000};
  std::chrono::milliseconds header{10'000};       // from the first byte, never extended
  std::chrono::milliseconds body{120'000};        // and at least 1 KiB/s after 5 s
  std::chrono::milliseconds write{30'000};
  std::chrono::milliseconds idle{60'000};         // keep-alive
};

struct ServerOptions {
  std::vector<std::string> http;                  // "127.0.0.1:5985", "[::1]:0"
  std::vector<std::string> https;
  std::filesystem::path tls_certificate;          // PEM chain
  std::filesystem::path tls_key;                  // PEM
  bool allow_unencrypted = false;                 // Basic and plain SOAP on the HTTP listeners
  unsigned threads = 0;                           // 0: one per core
  ServerLimits limits;
  ServerDeadlines deadlines;
};

// Counters that tests and monitoring read. Monotonic unless said otherwise.
struct ServerStatistics {
  std::uint64_t connections_accepted = 0;
  std::uint64_t requests_rejected = 0;            // answered without reaching the handler
  std::uint64_t requests_handled = 0;             // RequestHandler::Handle was called
  std::uint64_t connections_open = 0;             // now
};

class Server {
 public:
  // Binds all listeners and starts serving; on error nothing is left running
  // and the text says which address or file is at fault. `authenticator` and
  // `handler` must outlive the server.
  static tl::expected<std::unique_ptr<Server>, std::string> Start(ServerOptions options,
                                                                  auth::Authenticator& authenticator,
                                                                  RequestHandler& handler);
  // As Stop with no grace.
  ~Server();

  // URLs with the real ports: "http://127.0.0.1:41233/wsman".
  const std::vector<std::string>& http_endpoints() const;
  const std::vector<std::string>& https_endpoints() const;

  ServerStatistics Statistics() const;

  // Stops accepting, lets running requests finish for at most `grace`, closes
  // everything, joins the threads. Idempotent.
  void Stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsman::http
