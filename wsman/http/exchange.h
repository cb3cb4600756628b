// One authenticated HTTP exchange: the border between the server and whoever
// answers requests.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wsman/auth/principal.h"

namespace wsman::http {

struct Reply {
  int status = 200;
  std::string content_type;  // empty when there is no body
  std::string body;
};

// How a request is answered. Copyable; the first Send or the deadline wins and
// all later ones are ignored. Send may be called from any thread, also after
// the connection has gone.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Send(Reply reply) = 0;
  // Answers with on_expiry() when nothing was sent by `deadline`. Call at most
  // once, on the thread that called Handle, before Handle returns.
  virtual void SetDeadline(std::chrono::steady_clock::time_point deadline,
                           std::function<Reply()> on_expiry) = 0;
};

struct Request {
  std::string content_type;  // as sent, with its parameters
  std::string body;
};

class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  // A complete request of a verified caller. Called on the connection's thread;
  // must not block.
  virtual void Handle(const auth::Principal& principal, Request request,
                      std::shared_ptr<Responder> responder) = 0;

  // The answer where only sealed messages are read: a caller has been verified
  // by Negotiate, the connection has no TLS, the request is in clear text or the
  // login did not ask for sealing, and the request was not looked at. Called on the connection's
  // thread.
  virtual Reply RefuseClearText() = 0;

  // A body of at most 4 KiB from a stranger who asked to be identified to
  // (WSMANIDENTIFY header or /wsman-anon). Empty when it is not exactly an
  // Identify request or Identify is closed to strangers: the server answers 401.
  virtual std::optional<Reply> HandleAnonymousIdentify(std::string_view body) = 0;
};

}  // namespace wsman::http
