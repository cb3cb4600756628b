// A client that sends exactly the bytes it is given and reads replies by their
// Content-Length. Every wait is bounded.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace wsman::http {

struct RawReply {
  int status = 0;
  std::string head;  // status line and headers, with line ends
  std::string body = {};

  bool Has(std::string_view header_line) const;  // "Name: value"
  std::string HeadWithoutDate() const;
};

class RawClient {
 public:
  // What the client shows in the TLS handshake; PEM files.
  struct Certificate {
    std::string certificate;
    std::string key;
  };

  // `endpoint` as Server reports it, or "unix:PATH". ADD_FAILUREs when it cannot connect.
  explicit RawClient(const std::string& endpoint,
                     const std::optional<Certificate>& shown = std::nullopt);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(std::string_view bytes);

  // The next reply; empty when the server closed instead.
  std::optional<RawReply> Receive();
  std::optional<RawReply> Ask(std::string_view request);

  // Whether the server closes the connection without sending more.
  bool IsClosed();

  // Whether something to read arrives within `patience`.
  bool HasBytes(std::chrono::milliseconds patience);

  bool connected() const { return socket_ >= 0; }

  // SHA-256 of the server's certificate, in bytes.
  std::string ServerFingerprint() const;

 private:
  bool ReadSome();

  int socket_ = -1;
  ssl_ctx_st* tls_context_ = nullptr;
  ssl_st* tls_ = nullptr;
  std::string received_;
};

}  // namespace wsman::http
