// The subscriptions and who may use them.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "wsman/enumeration_store.h"
#include "wsman/subscription.h"

namespace wsman {

// The counts are the largest accepted ones.
struct EventingLimits {
  std::size_t subscriptions_per_principal = 16;
  std::size_t subscriptions = 256;
  std::size_t events = 1'000;               // that wait in one subscription
  std::size_t reported = 10'000;            // on their way from the classes to the subscriptions
  std::chrono::milliseconds life{600'000};  // of a subscription that asks for none
  std::chrono::milliseconds longest_life{86'400'000};  // longer ones are answered with this
};

// A subscription's name is 128 random bits. Unknown, expired and foreign ones
// look the same. Thread-safe.
class SubscriptionStore {
 public:
  SubscriptionStore(EventingLimits limits, Clock clock);

  struct Added {
    std::string name;
    std::chrono::milliseconds life;
  };
  // kQuotaLimit when the principal or the service has too many.
  Result<Added> Add(const ContextOwner& owner, std::shared_ptr<Subscription> subscription,
                    std::optional<std::chrono::milliseconds> life);

  std::shared_ptr<Subscription> Find(const std::string& name, const ContextOwner& owner);
  // What is left of its life; empty for none.
  std::optional<std::chrono::milliseconds> Remaining(const std::string& name,
                                                     const ContextOwner& owner);
  // A new life from now on; empty for no such subscription.
  std::optional<std::chrono::milliseconds> Renew(const std::string& name, const ContextOwner& owner,
                                                 std::optional<std::chrono::milliseconds> life);
  // Ends it. False when there is none.
  bool Remove(const std::string& name, const ContextOwner& owner);

  std::vector<std::shared_ptr<Subscription>> All();
  void RemoveAll(const Fault& reason);

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Entry {
    ContextOwner owner;
    std::shared_ptr<Subscription> subscription;
    TimePoint ends;
  };

  std::chrono::milliseconds LifeFor(std::optional<std::chrono::milliseconds> asked) const;
  void RemoveExpired();
  Entry* FindEntry(const std::string& name, const ContextOwner& owner);  // under mutex_

  const EventingLimits limits_;
  const Clock clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;  // guarded by mutex_
};

}  // namespace wsman
