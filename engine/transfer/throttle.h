// Which transfer may receive how much, so that the rate limits hold and those
// that share a limit share it evenly.
//
// A transfer asks before it takes a block and says what it took. One that must
// wait is remembered, in turn, until TakeTurn names it or Forget is called.
//
// Runs on one thread. The clock tells both times, so that tests can turn it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "engine/bandwidth.h"
#include "engine/clock.h"
#include "engine/job.h"
#include "engine/transfer/transfer.h"

namespace engine::transfer {

// What a transfer may take in its turn while others share its limits.
inline constexpr std::uint64_t kTurnBytes = 32 * 1024;

class Throttle {
 public:
  // Both must outlive the throttle.
  Throttle(const BandwidthOptions& options, const Clock& clock);

  // Looks at the schedule. Often enough is once a second.
  void Update();

  // Some limit holds for transfers of this priority.
  bool Limits(Priority priority) const;

  // False: take nothing and wait for TakeTurn.
  bool MayTake(const TransferId& id, Priority priority);
  void Took(const TransferId& id, Priority priority, std::uint64_t bytes);
  void Forget(const TransferId& id);

  std::size_t waiting() const { return waiting_.size(); }
  // The first of those that wait whose limits let it go on; it waits no more.
  std::optional<TransferId> TakeTurn();
  // How long until TakeTurn will name one; empty when none waits.
  std::optional<std::chrono::nanoseconds> TimeToTurn();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  void Apply(const Rates& rates);
  TokenBucket& Bucket(RateClass kind) { return buckets_[static_cast<std::size_t>(kind)]; }
  SteadyTime TurnOf(Priority priority, SteadyTime now);

  const BandwidthOptions& options_;
  const Clock& clock_;
  std::array<TokenBucket, kRateClasses> buckets_;
  std::chrono::system_clock::time_point looked_{};  // at the schedule
  std::optional<std::chrono::system_clock::time_point> next_change_;

  struct Waiter {
    TransferId id;
    Priority priority = Priority::kNormal;
  };
  std::deque<Waiter> waiting_;
  std::map<TransferId, std::uint64_t> taken_;  // in this turn, of each limited transfer
};

}  // namespace engine::transfer
