// One subscription: the events that wait for its subscriber, or the Pull that
// waits for events.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "wsman/event_filter.h"
#include "wsman/event_pump.h"
#include "wsman/pending_pull.h"

namespace wsman {

// An event with its instances made, for the filters of all subscriptions.
struct MadeEvent {
  const ResourceHandler* handler;
  std::shared_ptr<const InstanceEvent> event;
  schema::Instance target;
  std::optional<schema::Instance> previous;
};

// Thread-safe.
class Subscription {
 public:
  // `max_events` may wait; beyond it the oldest is dropped and counted.
  // `heartbeats`: how long a Pull waits before it is answered without events.
  Subscription(Caller subscriber, EventSelection selection, std::size_t max_events,
               std::optional<std::chrono::milliseconds> heartbeats)
      : subscriber_(std::move(subscriber)),
        selection_(std::move(selection)),
        max_events_(max_events),
        heartbeats_(heartbeats) {}

  const std::optional<std::chrono::milliseconds>& heartbeats() const { return heartbeats_; }

  // Takes the event when the subscriber may see it and the filter holds; `lost_before` events were
  // lost, of which some might have been for this subscription.
  void Offer(const MadeEvent& event, std::size_t lost_before);

  // Answers at once when there are events, otherwise with the next. A Pull that
  // waits already, whose connection may have gone, is refused: kConcurrency.
  // Events stay until they are in a reply that is sent.
  void Pull(std::shared_ptr<PendingPull> pull);

  // Refuses the Pull that waits. Later ones are refused at once.
  void End(const Fault& reason);

 private:
  bool Wants(const MadeEvent& event) const;
  // All of them under mutex_.
  void Push(std::shared_ptr<const InstanceEvent> event);
  void AnswerIfPossible();

  const Caller subscriber_;
  const EventSelection selection_;
  const std::size_t max_events_;
  const std::optional<std::chrono::milliseconds> heartbeats_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<const InstanceEvent>> events_;  // guarded by mutex_
  std::size_t dropped_ = 0;                                  // guarded by mutex_
  std::shared_ptr<PendingPull> waiting_;                     // guarded by mutex_
  std::optional<Fault> ended_;                               // guarded by mutex_
};

}  // namespace wsman
