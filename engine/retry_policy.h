// When a failed transfer is tried again (bits: MinimumRetryDelay,
// NoProgressTimeout; decisions: quick retries in place first). Pure logic.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>

#include "engine/job.h"
#include "engine/options.h"

namespace engine {

using SteadyTime = std::chrono::steady_clock::time_point;

// What the policy remembers for a job between failures. Monotonic time only: a
// jump of the wall clock changes nothing. Gone after a restart.
struct RetryHistory {
  int quick_tries = 0;                      // since the last progress
  std::optional<SteadyTime> first_quick;    // start of the present quick window
  std::optional<SteadyTime> first_failure;  // first transient error without progress since
};

struct TryAgainInPlace {
  std::chrono::milliseconds after;
};  // the state does not change
struct ShowTransient {
  std::chrono::milliseconds retry_after;
};
struct ShowFatal {};
using RetryDecision = std::variant<TryAgainInPlace, ShowTransient, ShowFatal>;

struct FailureFacts {
  bool recoverable = true;
  std::optional<std::chrono::seconds> server_retry_after;  // Retry-After, capped at an hour
  std::chrono::seconds minimum_retry_delay{600};
  std::chrono::seconds no_progress_timeout{1'209'600};
  bool in_place = true;  // quick tries may be made at all
};

RetryDecision Decide(const FailureFacts& failure, RetryHistory& history, SteadyTime now,
                     const RetryOptions& options);

// Progress was made: the windows start anew.
void RecordProgress(RetryHistory& history);

}  // namespace engine
