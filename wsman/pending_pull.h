// A Pull that waits for an event. No thread waits with it: it is answered by
// whoever brings the event, or by its deadline.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "wsman/enumeration_page.h"
#include "wsman/exchange.h"

namespace wsman {

// Thread-safe. Answered exactly once.
class PendingPull {
 public:
  struct Terms {
    std::string context;
    std::size_t max_elements = 1;
    std::optional<std::size_t> max_characters;
  };
  PendingPull(std::shared_ptr<const Exchange> exchange, Terms terms);

  const Terms& terms() const { return terms_; }
  // What is left for items in the reply.
  const PageLimits& limits() const { return limits_; }

  bool IsOpen() const;
  // The items as a PullResponse. False when it was answered before; the caller
  // keeps the items then.
  bool Answer(std::string_view items);
  bool Refuse(const Fault& fault);

  // At the deadline: the reply to send, which is the one of an Answer that was
  // too late to be sent itself.
  http::Reply Expire();
  // Decides what Expire gives when nothing has happened: an empty PullResponse,
  // or w:TimedOut. Before the pull is shared.
  void SetHeartbeat(bool due) { heartbeat_ = due; }

 private:
  template <class Write>
  bool Settle(Write write);

  const Terms terms_;
  PageLimits limits_;
  bool heartbeat_ = false;
  mutable std::mutex mutex_;
  // Let go of with the answer: the exchange may own this through its deadline.
  std::shared_ptr<const Exchange> exchange_;  // guarded by mutex_
  std::optional<http::Reply> reply_;          // guarded by mutex_; the answer
};

}  // namespace wsman
