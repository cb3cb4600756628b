#include "wsman/enumeration_store.h"

#include <algorithm>
#include <utility>

#include "schema/cim.h"
#include "wsman/random_context.h"

namespace wsman {
namespace {

tl::unexpected<Fault> Unknown() {
  return Fail(FaultCode::kInvalidEnumerationContext,
              "The enumeration context is unknown, used or expired; start again with Enumerate.");
}

}  // namespace

bool ContextOwner::operator==(const ContextOwner& other) const {
  return principal == other.principal && schema::EqualsIgnoreCase(resource_uri, other.resource_uri);
}

EnumerationStore::Lease::Lease(EnumerationStore& store, std::string context,
                               std::unique_ptr<Enumeration> enumeration)
    : store_(&store), context_(std::move(context)), enumeration_(std::move(enumeration)) {}

EnumerationStore::Lease::Lease(Lease&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)),
      context_(std::move(other.context_)),
      enumeration_(std::move(other.enumeration_)) {}

EnumerationStore::Lease::~Lease() {
  if (store_ != nullptr) store_->PutBack(context_, context_, std::move(enumeration_));
}

std::string EnumerationStore::Lease::Renew() {
  std::string next = RandomContext();
  std::exchange(store_, nullptr)->PutBack(context_, next, std::move(enumeration_));
  return next;
}

void EnumerationStore::Lease::Finish() { std::exchange(store_, nullptr)->Remove(context_); }

EnumerationStore::EnumerationStore(EnumerationLimits limits, Clock clock)
    : limits_(limits), clock_(std::move(clock)) {}

Result<std::string> EnumerationStore::Add(const ContextOwner& owner,
                                          std::unique_ptr<Enumeration> enumeration,
                                          std::optional<std::chrono::milliseconds> life) {
  std::string context = RandomContext();
  std::vector<Entry> expired;  // destroyed after the lock: snapshots can be large
  const std::lock_guard lock(mutex_);
  expired = RemoveExpired();
  const auto own = std::count_if(entries_.begin(), entries_.end(), [&owner](const auto& entry) {
    return entry.second.owner.principal == owner.principal;
  });
  if (static_cast<std::size_t>(own) >= limits_.contexts_per_principal ||
      entries_.size() >= limits_.contexts) {
    return Fail(FaultCode::kQuotaLimit,
                "Too many enumerations are open; finish or release one, or wait a minute.");
  }
  const TimePoint now = clock_();
  const auto lasts = std::min(life.value_or(limits_.life), limits_.life);
  entries_.emplace(context, Entry{owner, std::move(enumeration), now + limits_.idle, now + lasts});
  return context;
}

Result<EnumerationStore::Lease> EnumerationStore::Take(const std::string& context,
                                                       const ContextOwner& owner) {
  std::vector<Entry> expired;
  const std::lock_guard lock(mutex_);
  expired = RemoveExpired();
  const auto entry = Find(context, owner);
  if (!entry) return tl::unexpected(entry.error());
  return Lease(*this, context, std::move((*entry)->second.enumeration));
}

Result<void> EnumerationStore::Release(const std::string& context, const ContextOwner& owner) {
  std::vector<Entry> released;
  const std::lock_guard lock(mutex_);
  released = RemoveExpired();
  const auto entry = Find(context, owner);
  if (!entry) return tl::unexpected(entry.error());
  released.push_back(std::move((*entry)->second));
  entries_.erase(*entry);
  return {};
}

Result<EnumerationStore::Entries::iterator> EnumerationStore::Find(const std::string& context,
                                                                   const ContextOwner& owner) {
  const auto entry = entries_.find(context);
  if (entry == entries_.end() || !(entry->second.owner == owner)) return Unknown();
  if (entry->second.enumeration != nullptr) return entry;
  return Fail(FaultCode::kConcurrency,
              "Another request is using this enumeration; wait for its reply.");
}

std::vector<EnumerationStore::Entry> EnumerationStore::RemoveExpired() {
  const TimePoint now = clock_();
  std::vector<Entry> expired;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool is_leased = entry->second.enumeration == nullptr;
    if (is_leased || now < std::min(entry->second.idle_until, entry->second.ends)) {
      ++entry;
      continue;
    }
    expired.push_back(std::move(entry->second));
    entry = entries_.erase(entry);
  }
  return expired;
}

void EnumerationStore::PutBack(const std::string& context, const std::string& next_context,
                               std::unique_ptr<Enumeration> enumeration) {
  const std::lock_guard lock(mutex_);
  auto node = entries_.extract(context);
  node.key() = next_context;
  node.mapped().enumeration = std::move(enumeration);
  node.mapped().idle_until = clock_() + limits_.idle;
  entries_.insert(std::move(node));
}

void EnumerationStore::Remove(const std::string& context) {
  const std::lock_guard lock(mutex_);
  entries_.erase(context);
}

}  // namespace wsman
