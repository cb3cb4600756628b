// An HTTP(S) server on loopback that answers with exactly the bytes a test
// says, and closes exactly when it says so.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace wsman::client {

using ReceivedRequest = boost::beast::http::request<boost::beast::http::string_body>;

// What happens to one request.
struct Step {
  enum class Then { kKeep, kClose };
  std::function<std::string(const ReceivedRequest&)> reply;  // raw bytes; empty: no reply
  Then then = Then::kKeep;
};

struct ServerIdentity {
  std::string certificate;  // PEM
  std::string key;
};

// Answers the n-th request with the n-th step, over as many connections as the
// clients open, one at a time. Bounded: a connection without traffic ends after
// ten seconds.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Step> steps,
                          const std::optional<ServerIdentity>& identity = {});
  ~ScriptedServer();

  unsigned short port() const { return port_; }
  std::string Url(const std::string& host = "127.0.0.1") const;

  // Waits up to ten seconds until `count` connections have ended.
  bool WaitForClosed(int count);

  int connections() const { return connections_; }
  std::vector<ReceivedRequest> requests() const;

 private:
  void Serve();
  template <class Stream>
  void Converse(Stream& stream);
  template <class Start>
  boost::system::error_code Await(Start start);

  std::vector<Step> steps_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::optional<boost::asio::ssl::context> tls_;
  unsigned short port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int closed_ = 0;                            // guarded by mutex_
  std::vector<ReceivedRequest> requests_;     // guarded by mutex_
  boost::beast::tcp_stream* open_ = nullptr;  // the server's thread only
  std::thread thread_;
};

// An HTTP reply with Content-Length.
std::string HttpReplyBytes(int status, const std::string& body, const std::string& headers = {});

}  // namespace wsman::client
