#include "wsman/subscription.h"

#include <utility>

#include <fmt/format.h>

#include "wsman/enumeration_page.h"
#include "wsman/event_item.h"

namespace wsman {
namespace {

// The items of one reply, written as they are asked for.
class WaitingEvents : public ItemSource {
 public:
  WaitingEvents(const std::deque<std::shared_ptr<const InstanceEvent>>& events,
                const ResourceUri& uri)
      : events_(events), uri_(uri) {}

  std::optional<std::string> Next() override {
    if (next_ == events_.size()) return std::nullopt;
    return WriteEvent(*events_[next_++], uri_);
  }
  std::size_t Remaining() const override { return events_.size() - next_; }

 private:
  const std::deque<std::shared_ptr<const InstanceEvent>>& events_;
  const ResourceUri& uri_;
  std::size_t next_ = 0;
};

// DSP0226 10.2.9: how many events the subscriber will never see.
std::string DroppedReport(std::size_t dropped) {
  if (dropped == 0) return {};
  return fmt::format(
      "<w:DroppedEvents Action=\"http://schemas.dmtf.org/wbem/wsman/1/wsman/DroppedEvents\">{}"
      "</w:DroppedEvents>",
      dropped);
}

}  // namespace

bool Subscription::Wants(const MadeEvent& event) const {
  if (event.handler != selection_.target.handler) return false;
  if (selection_.kind && *selection_.kind != event.event->kind) return false;
  if (event.event->is_visible_to && !event.event->is_visible_to(subscriber_)) return false;
  return selection_.holds(
      {event.event->kind, event.target, event.previous ? &*event.previous : nullptr});
}

void Subscription::Offer(const MadeEvent& event, std::size_t lost_before) {
  const bool wants = Wants(event);
  const std::lock_guard lock(mutex_);
  dropped_ += lost_before;
  if (wants) Push(event.event);
  AnswerIfPossible();
}

void Subscription::Push(std::shared_ptr<const InstanceEvent> event) {
  if (events_.size() == max_events_) {
    events_.pop_front();
    ++dropped_;
  }
  events_.push_back(std::move(event));
}

void Subscription::Pull(std::shared_ptr<PendingPull> pull) {
  const std::lock_guard lock(mutex_);
  if (ended_) {
    pull->Refuse(*ended_);
    return;
  }
  if (waiting_) {
    waiting_->Refuse(
        Fail(FaultCode::kConcurrency, "Another Pull of this subscription came after this one.")
            .value());
  }
  waiting_ = std::move(pull);
  AnswerIfPossible();
}

void Subscription::End(const Fault& reason) {
  const std::lock_guard lock(mutex_);
  ended_ = reason;
  events_.clear();
  if (waiting_) waiting_->Refuse(reason);
  waiting_.reset();
}

void Subscription::AnswerIfPossible() {
  if (!waiting_ || (events_.empty() && dropped_ == 0)) return;
  const auto pull = std::exchange(waiting_, nullptr);
  if (!pull->IsOpen()) return;
  const std::string report = DroppedReport(dropped_);
  PageLimits limits = pull->limits();
  limits.bytes -= std::min(limits.bytes, EncodedBytes(report, limits.charset));
  Enumeration items(std::make_unique<WaitingEvents>(events_, selection_.target.uri));
  const Result<Page> page = NextPage(items, limits);
  if (!page) {
    pull->Refuse(page.error());
    return;
  }
  if (!pull->Answer(report + page->items)) return;
  dropped_ = 0;
  events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(page->count));
}

}  // namespace wsman
