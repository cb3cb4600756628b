// TLS in front of a plain server on loopback, for tests.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/test_certificates.h"

namespace test_support {

class TlsFront {
 public:
  // Passes what arrives on to 127.0.0.1:`plain_port`. Throws std::runtime_error
  // when the certificate cannot be read.
  TlsFront(const CertificateFiles& certificate, std::uint16_t plain_port);
  ~TlsFront();

  std::string Url(const std::string& path) const;  // "https://127.0.0.1:4711/path"
  // Connections whose handshake was finished, on both sides as far as TLS tells.
  int handshakes() const { return handshakes_; }

 private:
  struct Context;

  void Accept();
  void Serve(int client);

  std::unique_ptr<Context> context_;
  const std::uint16_t plain_port_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<int> handshakes_ = 0;
  std::vector<std::thread> threads_;  // used by the accepting thread, then by the destructor
  std::thread acceptor_;
};

}  // namespace test_support
