#include "engine/transfer/throttle.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>
#include <string>

#include <fmt/format.h>

namespace engine::transfer {
namespace {

constexpr std::array<const char*, kRateClasses> kNames = {"total", "foreground", "background",
                                                          "high",  "normal",     "low"};

constexpr std::array kForegroundClasses = {RateClass::kTotal, RateClass::kForeground};
constexpr std::array kHighClasses = {RateClass::kTotal, RateClass::kBackground, RateClass::kHigh};
constexpr std::array kNormalClasses = {RateClass::kTotal, RateClass::kBackground,
                                       RateClass::kNormal};
constexpr std::array kLowClasses = {RateClass::kTotal, RateClass::kBackground, RateClass::kLow};

std::span<const RateClass> ClassesOf(Priority priority) {
  switch (priority) {
    case Priority::kForeground:
      return kForegroundClasses;
    case Priority::kHigh:
      return kHighClasses;
    case Priority::kNormal:
      return kNormalClasses;
    case Priority::kLow:
      return kLowClasses;
  }
  return {};
}

std::string TextOf(const Rates& rates) {
  std::string text;
  for (std::size_t i = 0; i < kRateClasses; ++i) {
    if (rates[i] == 0) continue;
    text += fmt::format("{}{} {} kbit/s", text.empty() ? "" : ", ", kNames[i], rates[i] / 125);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

Throttle::Throttle(const BandwidthOptions& options, const Clock& clock)
    : options_(options), clock_(clock) {
  Update();
}

void Throttle::Update() {
  const auto now = clock_.Wall();
  const bool first = looked_ == std::chrono::system_clock::time_point{};
  const bool set_back = now < looked_;
  const bool due = next_change_ && now >= *next_change_;
  looked_ = now;
  if (!first && !set_back && !due) return;
  Apply(RatesAt(options_, now));
  next_change_ = NextRateChange(options_, now);
}

void Throttle::Apply(const Rates& rates) {
  bool changed = false;
  for (std::size_t i = 0; i < kRateClasses; ++i) {
    changed = changed || buckets_[i].rate() != rates[i];
    buckets_[i].SetRate(rates[i], clock_.Steady());
  }
  if (changed) spdlog::info("bandwidth limits: {}", TextOf(rates));
}

bool Throttle::Limits(Priority priority) const {
  return std::ranges::any_of(ClassesOf(priority), [this](RateClass kind) {
    return buckets_[static_cast<std::size_t>(kind)].rate() != 0;
  });
}

bool Throttle::MayTake(const TransferId& id, Priority priority) {
  if (!Limits(priority)) {
    taken_.erase(id);
    return true;
  }
  const auto now = clock_.Steady();
  const bool turn_over = taken_[id] >= kTurnBytes && taken_.size() > 1;
  const bool all_have = std::ranges::all_of(
      ClassesOf(priority), [this, now](RateClass kind) { return Bucket(kind).HasAny(now); });
  if (all_have && !turn_over) return true;
  waiting_.push_back({id, priority});
  return false;
}

void Throttle::Took(const TransferId& id, Priority priority, std::uint64_t bytes) {
  const auto taken = taken_.find(id);
  if (taken == taken_.end()) return;  // no limit holds for it
  taken->second += bytes;
  const auto now = clock_.Steady();
  for (const RateClass kind : ClassesOf(priority)) Bucket(kind).Take(bytes, now);
}

void Throttle::Forget(const TransferId& id) {
  taken_.erase(id);
  std::erase_if(waiting_, [&id](const Waiter& waiter) { return waiter.id == id; });
}

std::optional<TransferId> Throttle::TakeTurn() {
  const auto now = clock_.Steady();
  const auto next = std::ranges::find_if(
      waiting_, [this, now](const Waiter& waiter) { return TurnOf(waiter.priority, now) <= now; });
  if (next == waiting_.end()) return std::nullopt;
  const TransferId id = next->id;
  waiting_.erase(next);
  if (const auto taken = taken_.find(id); taken != taken_.end()) taken->second = 0;
  return id;
}

std::optional<std::chrono::nanoseconds> Throttle::TimeToTurn() {
  if (waiting_.empty()) return std::nullopt;
  const auto now = clock_.Steady();
  auto first = SteadyTime::max();
  for (const Waiter& waiter : waiting_) first = std::min(first, TurnOf(waiter.priority, now));
  return std::max<std::chrono::nanoseconds>(first - now, std::chrono::nanoseconds(0));
}

Throttle::SteadyTime Throttle::TurnOf(Priority priority, SteadyTime now) {
  SteadyTime turn = now;
  for (const RateClass kind : ClassesOf(priority))
    turn = std::max(turn, Bucket(kind).WorthwhileAt(now));
  return turn;
}

}  // namespace engine::transfer
