#include "wsman/pending_pull.h"

#include <utility>

#include <fmt/format.h>

#include "wsman/action.h"

namespace wsman {
namespace {

ReplyHeader HeaderFor(const Exchange& exchange) {
  return exchange.Header(std::string(ActionUri(Operation::kPull)) + "Response");
}

std::string BodyFor(const PendingPull::Terms& terms, std::string_view items) {
  return fmt::format(
      "<n:PullResponse><n:EnumerationContext>{}</n:EnumerationContext><n:Items>{}</n:Items>"
      "</n:PullResponse>",
      terms.context, items);
}

PageLimits LimitsFor(const Exchange& exchange, const PendingPull::Terms& terms) {
  const std::size_t frame = exchange.ReplyBytes(HeaderFor(exchange), BodyFor(terms, {}));
  const std::size_t limit = exchange.max_reply_bytes();
  return {.elements = terms.max_elements,
          .characters = terms.max_characters,
          .bytes = limit > frame ? limit - frame : 0,
          .charset = exchange.charset()};
}

}  // namespace

PendingPull::PendingPull(std::shared_ptr<const Exchange> exchange, Terms terms)
    : terms_(std::move(terms)),
      limits_(LimitsFor(*exchange, terms_)),
      exchange_(std::move(exchange)) {}

bool PendingPull::IsOpen() const {
  const std::lock_guard lock(mutex_);
  return !reply_;
}

template <class Write>
bool PendingPull::Settle(Write write) {
  std::shared_ptr<const Exchange> exchange;  // released after the lock
  const std::lock_guard lock(mutex_);
  if (reply_) return false;
  exchange = std::move(exchange_);
  reply_ = write(*exchange);
  exchange->SendReply(*reply_);
  return true;
}

bool PendingPull::Answer(std::string_view items) {
  return Settle([this, items](const Exchange& exchange) {
    return exchange.Success(HeaderFor(exchange), BodyFor(terms_, items));
  });
}

bool PendingPull::Refuse(const Fault& fault) {
  return Settle([&fault](const Exchange& exchange) { return exchange.Failure(fault); });
}

http::Reply PendingPull::Expire() {
  std::shared_ptr<const Exchange> exchange;
  const std::lock_guard lock(mutex_);
  if (reply_) return *reply_;
  exchange = std::move(exchange_);
  const Fault nothing{
      FaultCode::kTimedOut, "Nothing has happened in this time; pull again.", 0, {}, {}};
  reply_ = heartbeat_ ? exchange->Success(HeaderFor(*exchange), BodyFor(terms_, {}))
                      : exchange->Failure(nothing);
  return *reply_;
}

}  // namespace wsman
