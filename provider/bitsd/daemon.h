// The parts of bitsd put together: engine, provider, dispatcher, authenticator
// and server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "provider/bitsd/config.h"

namespace bitsd {

class Daemon {
 public:
  // Makes the state directory and the mapped directories that are missing
  // (0700), starts every part and, once all listeners accept, writes the
  // endpoints file. On error nothing is left running and the text says what to
  // change.
  static tl::expected<std::unique_ptr<Daemon>, std::string> Start(const Config& config);
  ~Daemon();  // as Stop()

  // In the reverse order of start: removes the endpoints file, stops accepting
  // and lets running requests finish (at most 5 s), stops transfers, commits.
  // Idempotent.
  void Stop();

  // Reads again what can change while the daemon runs: the TLS certificate, its
  // key and the files beside them. On error nothing changes and the text says
  // which file is at fault. (The users file needs no call.) Not after Stop.
  tl::expected<void, std::string> Reload();

  // URLs with the real ports: "http://127.0.0.1:41233/wsman".
  const std::vector<std::string>& http_endpoints() const;
  const std::vector<std::string>& https_endpoints() const;

 private:
  class Impl;
  explicit Daemon(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace bitsd
