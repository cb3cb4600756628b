// One kept-alive HTTP or HTTPS connection for POST requests, with deadlines.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "wsman/client/client.h"
#include "wsman/client/url.h"

namespace wsman::client {

struct HttpRequest {
  std::string body;
  std::string authorization;                                 // the header's value; empty for none
  std::vector<std::pair<std::string, std::string>> headers;  // further ones
};

struct HttpReply {
  int status = 0;
  std::string content_type;
  std::vector<std::string> challenges;  // WWW-Authenticate values
  std::string body;
};

// Whether a request may be sent again after its reply was lost.
enum class Repeat { kSafe, kNever };

// Blocking; not thread-safe. Connects when the first request needs it. A
// connection that the server closed while it was idle is noticed before
// anything is sent and replaced.
class HttpConnection {
 public:
  HttpConnection(Url url, const ClientOptions& options);
  ~HttpConnection();

  // Errors: kConnect, kTls, and kProtocol for what is not an HTTP reply or is
  // larger than max_reply_bytes. After an error the connection is closed.
  Result<HttpReply> Post(const HttpRequest& request, Repeat repeat);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsman::client
