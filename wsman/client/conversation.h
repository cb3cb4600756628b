// Requests and replies in clear text, over a connection that is logged in and
// seals them where TLS does not.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wsman/client/client.h"
#include "wsman/client/http_connection.h"
#include "wsman/client/login.h"
#include "wsman/client/url.h"

namespace wsman::client {

// Whether a request may be sent again when it is not known what became of it.
enum class Repeat { kSafe, kNever };

// Connects and logs in when a request needs it, and again when the connection
// or the login was lost. A request is sealed for the connection it is sent on;
// what was sealed for one connection never goes to another. Blocking; not
// thread-safe.
class Conversation {
 public:
  // `options` must outlive it.
  Conversation(Url url, const ClientOptions& options);

  // The body is that of an envelope. The reply has any status but 401, and its
  // body was sealed by the host where the request was: a reply in clear text is
  // an error, or has a status that means no more than itself and no body.
  // Errors: kConnect, kTls, kUntrusted, kUnauthorized, kProtocol.
  Result<HttpReply> Post(const std::string& body, Repeat repeat);

  // Without a login and in clear text.
  Result<HttpReply> PostAnonymously(
      const std::string& body, const std::vector<std::pair<std::string, std::string>>& headers);

 private:
  struct Failure {
    ClientError error;
    bool repeat = false;
  };

  Result<void> LogInAnew();
  Result<void> ConnectLocally();
  Result<Login> Try(Scheme scheme, std::vector<Scheme>& left);
  Result<HttpRequest> Protect(const std::string& body);
  tl::expected<HttpReply, Failure> Ask(const std::string& body, Repeat repeat, bool reused);
  Failure Lost(NoReply lost, Repeat repeat, bool reused);
  Failure Refused(const HttpReply& reply, Repeat repeat, bool reused);
  Result<HttpReply> Open(HttpReply reply);
  bool seals() const { return !url_.tls && login_->mechanism != nullptr; }

  const Url url_;
  const ClientOptions& options_;
  HttpConnection connection_;
  std::optional<Login> login_;    // of the open connection
  std::optional<Scheme> scheme_;  // the one that worked
};

}  // namespace wsman::client
