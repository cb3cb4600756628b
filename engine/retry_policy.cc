#include "engine/retry_policy.h"

#include <algorithm>
#include <array>

namespace engine {
namespace {

using std::chrono::milliseconds;

// Waits before the quick tries; the last one repeats.
constexpr std::array<milliseconds, 3> kBackoff = {milliseconds(500), milliseconds(1'500),
                                                  milliseconds(4'000)};
constexpr std::chrono::seconds kLongestServerDelay{3'600};

milliseconds ServerDelay(const FailureFacts& failure) {
  const std::chrono::seconds asked = failure.server_retry_after.value_or(std::chrono::seconds(0));
  return std::clamp(asked, std::chrono::seconds(0), kLongestServerDelay);
}

bool EveryErrorIsFatal(const FailureFacts& failure) {
  return !failure.recoverable || failure.no_progress_timeout.count() == 0 ||
         failure.minimum_retry_delay > failure.no_progress_timeout;
}

// The wait before the next quick try; empty when the tries or the window are
// used up, or the failure has been shown already.
std::optional<milliseconds> QuickDelay(const FailureFacts& failure, const RetryHistory& history,
                                       SteadyTime now, const RetryOptions& options) {
  if (!failure.in_place) return std::nullopt;
  if (history.first_failure || history.quick_tries >= options.quick_tries) return std::nullopt;
  const std::size_t step =
      std::min(static_cast<std::size_t>(history.quick_tries), kBackoff.size() - 1);
  const milliseconds delay = std::max(kBackoff[step], ServerDelay(failure));
  const SteadyTime window_start = history.first_quick.value_or(now);
  if (now + delay > window_start + options.quick_window) return std::nullopt;
  return delay;
}

}  // namespace

RetryDecision Decide(const FailureFacts& failure, RetryHistory& history, SteadyTime now,
                     const RetryOptions& options) {
  if (EveryErrorIsFatal(failure)) return ShowFatal{};
  if (const auto delay = QuickDelay(failure, history, now, options)) {
    ++history.quick_tries;
    if (!history.first_quick) history.first_quick = now;
    return TryAgainInPlace{*delay};
  }
  if (!history.first_failure) history.first_failure = now;
  if (now - *history.first_failure >= failure.no_progress_timeout) return ShowFatal{};
  return ShowTransient{std::max<milliseconds>(failure.minimum_retry_delay, ServerDelay(failure))};
}

void RecordProgress(RetryHistory& history) { history = {}; }

}  // namespace engine
