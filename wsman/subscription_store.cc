#include "wsman/subscription_store.h"

#include <algorithm>
#include <utility>

#include "wsman/random_context.h"

namespace wsman {
namespace {

using std::chrono::milliseconds;

Fault Expired() {
  return Fail(FaultCode::kInvalidEnumerationContext, "The subscription has ended; subscribe again.")
      .value();
}

}  // namespace

SubscriptionStore::SubscriptionStore(EventingLimits limits, Clock clock)
    : limits_(limits), clock_(std::move(clock)) {}

milliseconds SubscriptionStore::LifeFor(std::optional<milliseconds> asked) const {
  return std::min(asked.value_or(limits_.life), limits_.longest_life);
}

Result<SubscriptionStore::Added> SubscriptionStore::Add(const ContextOwner& owner,
                                                        std::shared_ptr<Subscription> subscription,
                                                        std::optional<milliseconds> life) {
  RemoveExpired();
  const std::lock_guard lock(mutex_);
  const auto own = std::count_if(entries_.begin(), entries_.end(), [&owner](const auto& entry) {
    return entry.second.owner.principal == owner.principal;
  });
  if (static_cast<std::size_t>(own) >= limits_.subscriptions_per_principal ||
      entries_.size() >= limits_.subscriptions) {
    return Fail(FaultCode::kQuotaLimit,
                "There are too many subscriptions; unsubscribe from one or let it expire.");
  }
  Added added{RandomContext(), LifeFor(life)};
  entries_.emplace(added.name, Entry{owner, std::move(subscription), clock_() + added.life});
  return added;
}

SubscriptionStore::Entry* SubscriptionStore::FindEntry(const std::string& name,
                                                       const ContextOwner& owner) {
  const auto entry = entries_.find(name);
  return entry == entries_.end() || !(entry->second.owner == owner) ? nullptr : &entry->second;
}

std::shared_ptr<Subscription> SubscriptionStore::Find(const std::string& name,
                                                      const ContextOwner& owner) {
  RemoveExpired();
  const std::lock_guard lock(mutex_);
  const Entry* entry = FindEntry(name, owner);
  return entry == nullptr ? nullptr : entry->subscription;
}

std::optional<milliseconds> SubscriptionStore::Remaining(const std::string& name,
                                                         const ContextOwner& owner) {
  RemoveExpired();
  const std::lock_guard lock(mutex_);
  const Entry* entry = FindEntry(name, owner);
  if (entry == nullptr) return std::nullopt;
  return std::chrono::duration_cast<milliseconds>(entry->ends - clock_());
}

std::optional<milliseconds> SubscriptionStore::Renew(const std::string& name,
                                                     const ContextOwner& owner,
                                                     std::optional<milliseconds> life) {
  RemoveExpired();
  const std::lock_guard lock(mutex_);
  Entry* entry = FindEntry(name, owner);
  if (entry == nullptr) return std::nullopt;
  const milliseconds granted = LifeFor(life);
  entry->ends = clock_() + granted;
  return granted;
}

bool SubscriptionStore::Remove(const std::string& name, const ContextOwner& owner) {
  RemoveExpired();
  std::shared_ptr<Subscription> removed;
  {
    const std::lock_guard lock(mutex_);
    const Entry* entry = FindEntry(name, owner);
    if (entry == nullptr) return false;
    removed = entry->subscription;
    entries_.erase(name);
  }
  removed->End(Expired());
  return true;
}

std::vector<std::shared_ptr<Subscription>> SubscriptionStore::All() {
  RemoveExpired();
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Subscription>> all;
  all.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) all.push_back(entry.subscription);
  return all;
}

void SubscriptionStore::RemoveAll(const Fault& reason) {
  std::unordered_map<std::string, Entry> removed;
  {
    const std::lock_guard lock(mutex_);
    removed.swap(entries_);
  }
  for (const auto& [name, entry] : removed) entry.subscription->End(reason);
}

void SubscriptionStore::RemoveExpired() {
  std::vector<std::shared_ptr<Subscription>> expired;
  {
    const std::lock_guard lock(mutex_);
    const TimePoint now = clock_();
    std::erase_if(entries_, [now, &expired](const auto& entry) {
      const bool is_over = now >= entry.second.ends;
      if (is_over) expired.push_back(entry.second.subscription);
      return is_over;
    });
  }
  for (const auto& subscription : expired) subscription->End(Expired());
}

}  // namespace wsman
