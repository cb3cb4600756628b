#include "wsman/http/connection_limits.h"

#include <algorithm>
#include <utility>

namespace wsman::http {

ConnectionLimits::Slot::Slot(Slot&& other) noexcept
    : limits_(std::exchange(other.limits_, nullptr)), entry_(other.entry_) {}

ConnectionLimits::Slot& ConnectionLimits::Slot::operator=(Slot&& other) noexcept {
  if (this == &other) return *this;
  Leave();
  limits_ = std::exchange(other.limits_, nullptr);
  entry_ = other.entry_;
  return *this;
}

ConnectionLimits::Slot::~Slot() { Leave(); }

void ConnectionLimits::Slot::Leave() {
  if (limits_ == nullptr) return;
  const std::lock_guard lock(limits_->mutex_);
  limits_->Forget(entry_->source);
  limits_->In(entry_->standing).erase(entry_);
  limits_ = nullptr;
}

bool ConnectionLimits::Slot::WhenEnded(std::function<void()> end) {
  const std::lock_guard lock(limits_->mutex_);
  if (entry_->standing == Standing::kEnded) return false;
  entry_->end = std::move(end);
  return true;
}

void ConnectionLimits::Slot::WantPlace() {
  const std::lock_guard lock(limits_->mutex_);
  if (entry_->standing == Standing::kWaiting) limits_->Move(entry_, Standing::kReady);
}

bool ConnectionLimits::Slot::Enter(Clock::time_point now, Clock::duration patience) {
  std::function<void()> end;
  {
    const std::lock_guard lock(limits_->mutex_);
    if (entry_->standing == Standing::kEnded) return false;
    if (entry_->standing == Standing::kWaiting) limits_->Move(entry_, Standing::kReady);
    if (!limits_->HasPlace()) {
      const auto longest = limits_->FindLongest(now);
      if (!longest) return false;
      end = limits_->End(*longest);
    }
    entry_->since = now;
    entry_->patience = patience;
    entry_->end = nullptr;
    limits_->Move(entry_, Standing::kSilent);
  }
  if (end) end();
  return true;
}

bool ConnectionLimits::Slot::Hold() {
  const std::lock_guard lock(limits_->mutex_);
  if (entry_->standing == Standing::kEnded) return false;
  limits_->Move(entry_, Standing::kBusy);
  return true;
}

void ConnectionLimits::Slot::Release(Clock::time_point now) {
  const std::lock_guard lock(limits_->mutex_);
  if (entry_->standing != Standing::kBusy) return;
  limits_->Move(entry_, Standing::kRefused);
  entry_->since = now;
}

void ConnectionLimits::Slot::Verified() {
  const std::lock_guard lock(limits_->mutex_);
  if (entry_->standing == Standing::kBusy) limits_->Move(entry_, Standing::kVerified);
}

tl::expected<ConnectionLimits::Slot, ConnectionLimits::Refusal> ConnectionLimits::Take(
    Clock::time_point now, const std::string& source) {
  std::function<void()> end;
  const auto take = [&]() -> tl::expected<Slot, Refusal> {
    const std::lock_guard lock(mutex_);
    const auto count = sources_.find(source);
    if (count != sources_.end() && count->second >= limits_.connections_per_source) {
      return tl::unexpected(Refusal::kSource);
    }
    Entries& waiting = In(Standing::kWaiting);
    if (Waiting() >= limits_.waiting_connections) {
      if (waiting.empty() || Count(Standing::kEnded) >= kEnding) {
        return tl::unexpected(Refusal::kNoRoom);
      }
      end = End(waiting.begin());
    }
    if (!source.empty()) ++sources_[source];
    return Slot(*this, waiting.insert(waiting.end(), Entry{.standing = Standing::kWaiting,
                                                           .since = now,
                                                           .source = source,
                                                           .end = nullptr}));
  };
  auto taken = take();
  if (end) end();
  return taken;
}

void ConnectionLimits::Forget(const std::string& source) {
  const auto found = sources_.find(source);
  if (found != sources_.end() && --found->second == 0) sources_.erase(found);
}

// Who may be ended for one that wants a place.
std::optional<ConnectionLimits::Entries::iterator> ConnectionLimits::FindLongest(
    Clock::time_point now) {
  if (Count(Standing::kEnded) >= kEnding) return std::nullopt;
  const Clock::duration least = Undisturbed();
  for (const Standing standing : {Standing::kSilent, Standing::kRefused}) {
    Entries& entries = In(standing);
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
      const auto age = now - entry->since;
      if (age < least) break;  // those behind it are younger
      if (age >= std::min(undisturbed_, entry->patience)) return entry;
    }
  }
  return std::nullopt;
}

// The shorter the more others want a place, so that those who come first hold the
// next ones up for a moment only, however many they are.
ConnectionLimits::Clock::duration ConnectionLimits::Undisturbed() const {
  const std::size_t many = 2 * limits_.unauthenticated_connections;
  const std::size_t others = std::min(many, Count(Standing::kReady) - 1);
  return undisturbed_ * (many - others) / many;
}

void ConnectionLimits::Move(Entries::iterator entry, Standing to) {
  In(to).splice(In(to).end(), In(entry->standing), entry);
  entry->standing = to;
}

// What its owner is told with, without the lock.
std::function<void()> ConnectionLimits::End(Entries::iterator entry) {
  Move(entry, Standing::kEnded);
  return std::exchange(entry->end, nullptr);
}

std::size_t ConnectionLimits::Waiting() const {
  return Count(Standing::kWaiting) + Count(Standing::kReady);
}

std::size_t ConnectionLimits::Unauthenticated() const {
  return Count(Standing::kSilent) + Count(Standing::kRefused) + Count(Standing::kBusy);
}

bool ConnectionLimits::HasPlace() const {
  const std::size_t strangers = Unauthenticated();
  return strangers < limits_.unauthenticated_connections &&
         strangers + Count(Standing::kVerified) < limits_.connections;
}

std::size_t ConnectionLimits::open() const {
  const std::lock_guard lock(mutex_);
  return Waiting() + Unauthenticated() + Count(Standing::kVerified);
}

std::size_t WaitingWithin(const ServerLimits& limits, std::size_t descriptors) {
  constexpr std::size_t kFewest = 16;
  const std::size_t ours = descriptors - descriptors / 4;
  const std::size_t left = ours / 2 - std::min(ours / 2, limits.connections);
  return std::min(limits.waiting_connections, std::max(kFewest, left));
}

}  // namespace wsman::http
