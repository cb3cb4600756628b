// One kept-alive HTTP or HTTPS connection for POST requests, with deadlines.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/client/client.h"
#include "wsman/client/url.h"

namespace wsman::client {

struct HttpRequest {
  std::string body;
  std::string content_type = "application/soap+xml;charset=UTF-8";
  std::string authorization;                                 // the header's value; empty for none
  std::vector<std::pair<std::string, std::string>> headers;  // further ones
  std::size_t reply_overhead = 0;  // what the reply may have beyond max_reply_bytes
};

struct HttpReply {
  int status = 0;
  std::string content_type;
  std::vector<std::string> challenges;  // WWW-Authenticate values
  std::string body;
};

// A request without a whole reply.
struct NoReply {
  ClientError error;  // kConnect, or kProtocol for what is not an HTTP reply or too large
  // Nothing of a reply had arrived when the connection was lost, as when the
  // server closes an idle connection while a request is on its way.
  bool unanswered = false;
};

// Blocking; not thread-safe.
class HttpConnection {
 public:
  HttpConnection(Url url, const ClientOptions& options);
  ~HttpConnection();

  // Whether a request can be sent. A connection that the server closed while it
  // was idle is noticed and closed here too.
  bool IsOpen();

  // Connects. Errors: kConnect, kTls.
  Result<void> Open();
  void Close();

  // Needs an open connection. It is closed after an error, and after a reply
  // that ends it.
  tl::expected<HttpReply, NoReply> Send(const HttpRequest& request);

  // What tls-server-end-point (RFC 5929) says about the open connection; empty
  // without TLS.
  std::optional<std::string> channel_binding() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsman::client
