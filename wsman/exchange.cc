#include "wsman/exchange.h"

#include <exception>
#include <new>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "wsman/xml/soap_codec.h"

namespace wsman {
namespace {

constexpr std::size_t kByteOrderMarkBytes = 2;

Fault TooLarge(std::size_t bytes, std::size_t limit, Effect effect) {
  if (effect == Effect::kHappened) {
    return Fail(FaultCode::kUnreportableSuccess,
                fmt::format("The operation succeeded, but its reply of {} octets exceeds the limit "
                            "of {}; do not repeat it.",
                            bytes, limit))
        .value();
  }
  return Fail(FaultCode::kMaxEnvelopeSize,
              fmt::format("The reply of {} octets exceeds the limit of {}; raise MaxEnvelopeSize "
                          "or ask for a fragment.",
                          bytes, limit))
      .value();
}

}  // namespace

std::size_t EncodedBytes(std::string_view utf8, xml::Charset charset) {
  if (charset == xml::Charset::kUtf8) return utf8.size();
  std::size_t bytes = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_continuation = (byte & 0xC0U) == 0x80U;
    if (!is_continuation) bytes += byte >= 0xF0U ? 4 : 2;
  }
  return bytes;
}

ReplyHeader Exchange::Header(std::string action) const {
  return {.action = std::move(action),
          .relates_to = relates_to_,
          .fragment = {},
          .total_items = {},
          .references = reply_references_,
          .requested_epr = wants_epr_ ? std::optional(std::string()) : std::nullopt};
}

std::size_t Exchange::ReplyBytes(const ReplyHeader& header, std::string_view body) const {
  const std::size_t mark = charset_ == xml::Charset::kUtf8 ? 0 : kByteOrderMarkBytes;
  return mark + EncodedBytes(xml::WriteEnvelope(header, body), charset_);
}

void Exchange::Send(const ReplyHeader& header, std::string_view body, Effect effect) const {
  http::Reply reply = Encoded(200, xml::WriteEnvelope(header, body));
  if (max_reply_bytes_ != 0 && reply.body.size() > max_reply_bytes_)
    return SendFault(TooLarge(reply.body.size(), max_reply_bytes_, effect));
  responder_->Send(std::move(reply));
}

void Exchange::SendEnvelope(std::string envelope) const {
  responder_->Send(Encoded(200, std::move(envelope)));
}

void Exchange::SendFault(const Fault& fault) const { SendReply(Failure(fault)); }

http::Reply Exchange::Success(const ReplyHeader& header, std::string_view body) const {
  return Encoded(200, xml::WriteEnvelope(header, body));
}

http::Reply Exchange::Failure(const Fault& fault) const {
  http::Reply reply = Failure(fault, fault_references_);
  // A fault must arrive: without what the client wants back rather than not at all.
  if (max_reply_bytes_ != 0 && reply.body.size() > max_reply_bytes_) reply = Failure(fault, {});
  return reply;
}

http::Reply Exchange::Failure(const Fault& fault, std::string_view references) const {
  return Encoded(500, xml::WriteFault(relates_to_, fault, references));
}

void Exchange::SendReply(http::Reply reply) const { responder_->Send(std::move(reply)); }

void Exchange::SetDeadline(std::chrono::milliseconds timeout,
                           std::function<http::Reply()> on_expiry) const {
  responder_->SetDeadline(std::chrono::steady_clock::now() + timeout, std::move(on_expiry));
}

void Exchange::SetDeadline(std::chrono::milliseconds timeout) const {
  // Not this object: the responder would own itself through it. Most operations
  // answer in time, so the fault is made when it is needed.
  responder_->SetDeadline(
      std::chrono::steady_clock::now() + timeout,
      [charset = charset_, relates_to = relates_to_, references = fault_references_,
       timeout]() -> http::Reply {
        const Fault timed_out =
            Fail(FaultCode::kTimedOut,
                 fmt::format("The operation did not finish within {} ms; it may still do so.",
                             timeout.count()))
                .value();
        return {500, std::string(xml::ContentType(charset)),
                xml::Encode(xml::WriteFault(relates_to, timed_out, references), charset)};
      });
}

void Exchange::Guard(const std::function<void()>& step) const {
  try {
    step();
  } catch (const std::bad_alloc&) {
    throw;  // ends the process; the store brings the jobs back
  } catch (const std::exception& error) {
    spdlog::error("request failed: {}", error.what());
    SendFault(Fail(FaultCode::kInternalError, "The service failed; its log says why.").value());
  }
}

http::Reply Exchange::Encoded(int status, std::string envelope) const {
  return {status, std::string(xml::ContentType(charset_)),
          xml::Encode(std::move(envelope), charset_)};
}

}  // namespace wsman
