// libcurl behind two small classes: single HTTP/1.1 exchanges over kept-alive
// connections, which are shared by those with the same RequestRoute::connections. Redirects are
// replies like any other here.
//
// Everything runs on the thread that calls Run, but Wake.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/options.h"
#include "engine/transfer/background_window.h"
#include "engine/transfer/route.h"

namespace engine::transfer {

// How an exchange ended below HTTP.
struct ExchangeResult {
  bool complete = false;  // framing says the body is whole
  Error error;            // when not complete
  bool recoverable = true;
  bool proxy_unreachable = false;  // no connection to the proxy
  int tunnel_status = 0;           // the proxy's HTTP status when it refused the tunnel
};

// Whoever waits for an exchange. OnSent, OnHeaderLine and OnBody run inside
// libcurl: the exchange must not be destroyed there.
class ExchangeObserver {
 public:
  enum class Flow { kContinue, kPause, kAbort };

  virtual ~ExchangeObserver() = default;
  virtual void OnSent() = 0;  // there is a connection; the request goes out
  // With its line end; also trailers. With a credential there may be several
  // heads: those before the last are steps of its scheme. kPause is not allowed.
  virtual Flow OnHeaderLine(std::string_view line) = 0;
  // At most 16 KiB. kPause: the same bytes come again after Unpause.
  virtual Flow OnBody(std::span<const std::byte> data) = 0;
  // Last call; the exchange may be destroyed here.
  virtual void OnDone(const ExchangeResult& result) = 0;
};

// What a request carries. Called inside libcurl: the exchange must not be
// destroyed there.
class RequestBody {
 public:
  struct Given {
    std::size_t bytes = 0;  // none only with another flow than kContinue
    ExchangeObserver::Flow flow = ExchangeObserver::Flow::kContinue;
  };

  virtual ~RequestBody() = default;
  virtual std::uint64_t size() const = 0;
  // Writes what comes next into the beginning of `room`. kPause: asked again after
  // Unpause.
  virtual Given Give(std::span<std::byte> room) = 0;
  // The body goes out from its start once more: a step of a credential's scheme
  // came first, or a used connection was dead.
  virtual void Rewind() = 0;
};

struct ExchangeRequest {
  std::string url;
  std::vector<std::string> headers;  // complete lines
  std::string method = "GET";        // HEAD: there will be no body
  // Sent with its Content-Length; must outlive the exchange. A request with a body may
  // be sent twice (Rewind). Null: none.
  RequestBody* body = nullptr;
  bool large = true;  // worth a large receive buffer
  std::optional<std::chrono::milliseconds> deadline;
  RequestRoute route;
};

// One running exchange; the destructor ends it.
class Exchange {
 public:
  class Impl;
  explicit Exchange(std::unique_ptr<Impl> impl);
  ~Exchange();
  void Unpause();  // may call OnBody
  // The kernel wakes us only when this many bytes wait (SO_RCVLOWAT).
  void SetLowWaterMark(int bytes);
  // What the kernel measured; empty without a connection, or where it does not tell.
  std::optional<PathSample> Path() const;
  // The most that the server may send ahead of us (TCP_WINDOW_CLAMP). The kernel forgets it
  // when it enlarges its buffer, so it wants repeating. False where it takes none.
  bool SetReceiveWindow(std::uint32_t bytes);
  // The same of the outgoing direction; bytes_received are those that the other side has.
  std::optional<PathSample> SendPath() const;
  // The most that the kernel sends (SO_MAX_PACING_RATE), in bytes a second; 0: no limit.
  void LimitSending(std::uint64_t rate);
  // The most that waits in the kernel beyond what is on its way (TCP_NOTSENT_LOWAT).
  void LimitUnsent(std::uint32_t bytes);
  // What the server, or the proxy with 407, said it takes; once its head is here.
  Offers OffersOf(AuthTarget target) const;

 private:
  std::unique_ptr<Impl> impl_;
};

class CurlClient {
 public:
  class Impl;
  explicit CurlClient(const TransferOptions& options);
  ~CurlClient();  // after all exchanges

  // Exchanges beyond max_connections_per_host, of those that may share
  // connections, wait for one.
  std::unique_ptr<Exchange> Start(const ExchangeRequest& request, ExchangeObserver& observer);
  // Moves what can be moved, then calls OnDone of what ended.
  void Run();
  // Returns when there is something to Run, after Wake or after `timeout`.
  void Wait(std::chrono::milliseconds timeout);
  void Wake();  // any thread

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine::transfer
