// Subscriptions to events (WS-Eventing, DSP0226 10) with delivery by Pull.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "wsman/event_pump.h"
#include "wsman/operations.h"
#include "wsman/subscribe_request.h"
#include "wsman/subscription_store.h"

namespace wsman {

// Thread-safe. Each operation answers through call.exchange, Pull possibly later.
//
// A class is listened to while it has subscriptions. Filters run on one thread
// of the service's own; items are written by whoever answers the Pull.
class EventingService {
 public:
  // The directory must outlive the service.
  EventingService(EventingLimits limits, Clock clock, const ResourceDirectory& directory);
  ~EventingService();  // as End()

  void Subscribe(const Call& call);
  void Unsubscribe(const Call& call);
  void Renew(const Call& call);
  void GetStatus(const Call& call);

  // A Pull or Release with the context of a subscription. False, without answer,
  // when there is no such one of this caller: it may be an enumeration's.
  bool Pull(const Call& call);
  bool Release(const Call& call);

  // Refuses Pulls that wait and ends all subscriptions; there are no new ones
  // afterwards. Idempotent.
  void End();

 private:
  Result<SubscriptionStore::Added> Add(const Call& call, const SubscribeRequest& request);
  void Watch(ResourceHandler& handler);  // under mutex_
  void WatchNothingWithoutSubscriptions();
  void Deliver(const ReportedEvent& reported);

  const EventingLimits limits_;
  const ResourceDirectory& directory_;
  SubscriptionStore store_;
  EventPump pump_;
  // Held across a new subscription and its watch, so that neither goes without
  // the other.
  std::mutex mutex_;
  bool ended_ = false;                                                     // guarded by mutex_
  std::map<const ResourceHandler*, std::unique_ptr<EventWatch>> watches_;  // guarded by mutex_
};

}  // namespace wsman
