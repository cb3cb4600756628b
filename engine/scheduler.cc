#include "engine/scheduler.h"

#include <algorithm>
#include <tuple>

namespace engine {
namespace {

// Who keeps or gets a slot within a level: running jobs with time left, then
// those that wait, then running jobs whose slice is used up.
enum class Standing { kInSlice, kWaiting, kSliceUsed };

Standing StandingOf(const Candidate& candidate, std::chrono::seconds time_slice) {
  if (!candidate.running) return Standing::kWaiting;
  return candidate.slice_used < time_slice ? Standing::kInSlice : Standing::kSliceUsed;
}

void PlanSlots(std::vector<const Candidate*> candidates, std::size_t slots,
               std::chrono::seconds time_slice, Plan& plan) {
  std::sort(candidates.begin(), candidates.end(), [&](const Candidate* a, const Candidate* b) {
    return std::tuple(a->priority, StandingOf(*a, time_slice), a->turn) <
           std::tuple(b->priority, StandingOf(*b, time_slice), b->turn);
  });
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& candidate = *candidates[i];
    if (i < slots && !candidate.running) plan.start.push_back(candidate.id);
    if (i >= slots && candidate.running) plan.stop.push_back(candidate.id);
  }
}

}  // namespace

Plan PlanTransfers(std::span<const Candidate> candidates, const TransferOptions& options) {
  std::vector<const Candidate*> foreground;
  std::vector<const Candidate*> background;
  for (const Candidate& candidate : candidates)
    (candidate.priority == Priority::kForeground ? foreground : background).push_back(&candidate);
  Plan plan;
  PlanSlots(std::move(foreground), options.max_foreground, options.time_slice, plan);
  PlanSlots(std::move(background), options.max_background, options.time_slice, plan);
  return plan;
}

}  // namespace engine
