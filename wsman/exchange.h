// One request being answered: everything that its reply needs to know, and the
// only way to send one.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "wsman/fault.h"
#include "wsman/http/exchange.h"
#include "wsman/message.h"
#include "wsman/xml/charset.h"

namespace wsman {

// Octets that valid UTF-8 text takes in `charset`, without byte order mark.
std::size_t EncodedBytes(std::string_view utf8, xml::Charset charset);

// Whether the request has changed anything by the time its reply is written:
// decides what the client is told when that reply is too large for it.
enum class Effect { kNone, kHappened };

// Immutable once shared; any thread may answer. The first answer counts, the
// rest are ignored.
class Exchange {
 public:
  Exchange(xml::Charset charset, std::string relates_to, std::shared_ptr<http::Responder> responder)
      : charset_(charset), relates_to_(std::move(relates_to)), responder_(std::move(responder)) {}

  // Header blocks for every reply and for every fault, as ready XML. Call before
  // the exchange is shared.
  void CopyReferences(std::string replies, std::string faults) {
    reply_references_ = std::move(replies);
    fault_references_ = std::move(faults);
  }

  // Replies tell the address of what they are about, or that it is unknown. Call
  // before the exchange is shared.
  void TellEpr() { wants_epr_ = true; }

  // Replies longer than this become faults. Call before the exchange is shared.
  void LimitReply(std::size_t bytes) { max_reply_bytes_ = bytes; }

  xml::Charset charset() const { return charset_; }

  // A header for the reply with the given action.
  ReplyHeader Header(std::string action) const;

  // Octets of the whole reply with this header and body.
  std::size_t ReplyBytes(const ReplyHeader& header, std::string_view body) const;
  std::size_t max_reply_bytes() const { return max_reply_bytes_; }

  // HTTP 200 with the body, or the fault that says the reply is too large.
  void Send(const ReplyHeader& header, std::string_view body, Effect effect) const;
  // HTTP 200 with a whole envelope (Identify).
  void SendEnvelope(std::string envelope) const;
  // HTTP 500.
  void SendFault(const Fault& fault) const;

  // The pieces of the above, for replies that are written before it is known
  // whether they will be sent.
  http::Reply Success(const ReplyHeader& header, std::string_view body) const;
  http::Reply Failure(const Fault& fault) const;
  void SendReply(http::Reply reply) const;

  // Answers on_expiry(), which must not own this object except through something
  // that lets go of it with the answer. Once, before Handle returns.
  void SetDeadline(std::chrono::milliseconds timeout, std::function<http::Reply()> on_expiry) const;

  // Answers w:TimedOut when nothing was sent in time. Once, before Handle returns.
  void SetDeadline(std::chrono::milliseconds timeout) const;

  // Runs `step` and answers w:InternalError when it throws: exceptions end
  // here, whatever thread this is.
  void Guard(const std::function<void()>& step) const;

 private:
  http::Reply Encoded(int status, std::string envelope) const;
  http::Reply Failure(const Fault& fault, std::string_view references) const;

  const xml::Charset charset_;
  const std::string relates_to_;  // empty while the MessageID is not known
  const std::shared_ptr<http::Responder> responder_;
  std::string reply_references_;
  std::string fault_references_;
  bool wants_epr_ = false;
  std::size_t max_reply_bytes_ = 0;  // 0: no limit
};

}  // namespace wsman
