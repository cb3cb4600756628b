#include "wsman/http/connection_limits.h"

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
  limits_->In(entry_->standing).erase(entry_);
  limits_ = nullptr;
}

bool ConnectionLimits::Slot::WhenEnded(std::function<void()> end) {
  const std::lock_guard lock(limits_->mutex_);
  if (entry_->standing == Standing::kEnded) return false;
  entry_->end = std::move(end);
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

std::optional<ConnectionLimits::Slot> ConnectionLimits::Take(Clock::time_point now) {
  std::function<void()> end;
  std::optional<Slot> slot;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t strangers = Unauthenticated();
    if (strangers + Count(Standing::kVerified) >= limits_.connections ||
        strangers >= limits_.unauthenticated_connections) {
      Entries* const from = FindLongest(now);
      if (from == nullptr) return std::nullopt;
      end = std::exchange(from->front().end, nullptr);
      Move(from->begin(), Standing::kEnded);
    }
    Entries& silent = In(Standing::kSilent);
    slot = Slot(*this, silent.insert(silent.end(), Entry{Standing::kSilent, now, nullptr}));
  }
  if (end) end();
  return slot;
}

// Whose first entry may be ended; null: nobody may.
ConnectionLimits::Entries* ConnectionLimits::FindLongest(Clock::time_point now) {
  for (const Standing standing : {Standing::kSilent, Standing::kRefused}) {
    Entries& entries = In(standing);
    if (!entries.empty() && now - entries.front().since >= undisturbed_) return &entries;
  }
  return nullptr;
}

void ConnectionLimits::Move(Entries::iterator entry, Standing to) {
  In(to).splice(In(to).end(), In(entry->standing), entry);
  entry->standing = to;
}

std::size_t ConnectionLimits::Unauthenticated() const {
  return Count(Standing::kSilent) + Count(Standing::kRefused) + Count(Standing::kBusy);
}

bool ConnectionLimits::AddFrom(const std::string& source) {
  if (source.empty()) return true;
  const std::lock_guard lock(mutex_);
  std::size_t& count = sources_[source];
  if (count >= limits_.connections_per_source) {
    if (count == 0) sources_.erase(source);
    return false;
  }
  ++count;
  return true;
}

void ConnectionLimits::RemoveFrom(const std::string& source) {
  if (source.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(source);
  if (found != sources_.end() && --found->second == 0) sources_.erase(found);
}

std::size_t ConnectionLimits::open() const {
  const std::lock_guard lock(mutex_);
  return Unauthenticated() + Count(Standing::kVerified);
}

}  // namespace wsman::http
