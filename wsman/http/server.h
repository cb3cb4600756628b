// The HTTP and HTTPS endpoint: sockets, framing, TLS, deadlines, limits, and
// the one choke point where a request meets the authenticator.
//
// Threads: one per core, started by Server::Start and joined by Stop; each has
// its own io_context, its own SO_REUSEPORT listeners and its own connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/auth/authenticator.h"
#include "wsman/http/exchange.h"
#include "wsman/http/limits.h"

namespace wsman::http {

struct ServerOptions {
  std::vector<std::string> http;  // "127.0.0.1:5985", "[::1]:0"
  std::vector<std::string> https;
  // A Unix socket whose callers are known by what the kernel says of them; empty:
  // none. It has the limits and deadlines of the others, counts its connections by
  // itself, and takes any Host.
  std::filesystem::path local;
  std::filesystem::path tls_certificate;  // PEM chain
  std::filesystem::path tls_key;          // PEM
  std::filesystem::path client_ca;        // as TlsFiles has these two
  std::filesystem::path client_crl;
  bool allow_unencrypted = false;  // Basic and plain SOAP on the HTTP listeners
  unsigned threads = 0;            // 0: one per core
  ServerLimits limits;
  ServerDeadlines deadlines;
};

// Counters that tests and monitoring read. Monotonic unless said otherwise.
struct ServerStatistics {
  std::uint64_t connections_accepted = 0;
  std::uint64_t requests_rejected = 0;  // answered without reaching the handler
  std::uint64_t requests_handled = 0;   // RequestHandler::Handle was called
  std::uint64_t connections_open = 0;   // now; those of the local socket too
};

class Server {
 public:
  // Binds all listeners and starts serving; on error nothing is left running
  // and the text says which address or file is at fault. `authenticator` and
  // `handler` must outlive the server.
  static tl::expected<std::unique_ptr<Server>, std::string> Start(
      ServerOptions options, auth::Authenticator& authenticator, RequestHandler& handler);
  // As Stop with no grace.
  ~Server();

  // URLs with the real ports: "http://127.0.0.1:41233/wsman".
  const std::vector<std::string>& http_endpoints() const;
  const std::vector<std::string>& https_endpoints() const;

  ServerStatistics Statistics() const;

  // Reads the certificate, the key and the files beside them again. Connections
  // whose first message comes after it has returned get them; the others go on
  // with what they have. When something is wrong with a file everything stays as
  // it is, and the text says which. Nothing happens without HTTPS. One thread at a
  // time, after Start and not after Stop.
  tl::expected<void, std::string> ReloadTls();

  // Stops accepting, lets running requests finish for at most `grace`, closes
  // everything, joins the threads. Idempotent.
  void Stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsman::http
