// Which jobs may transfer now (bits: foreground at once, background by
// priority with round-robin slices). Pure logic.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/job.h"
#include "engine/options.h"

namespace engine {

// A job in state QUEUED, CONNECTING or TRANSFERRING.
struct Candidate {
  JobId id;
  Priority priority;
  // The lowest goes first: of those that wait in the order of WaitingLine, of those
  // that run in the order in which they began to wait.
  std::uint64_t turn;
  bool running = false;
  std::chrono::seconds slice_used{0};  // of the present slice, when running
};

struct Plan {
  std::vector<JobId> start;
  std::vector<JobId>
      stop;  // preempted: slice used up while others of the level wait, or a higher level waits
};

// Foreground and background jobs have slots of their own. After the plan no more
// run than the limits allow; within them no job stops in whose place nothing
// starts.
Plan PlanTransfers(std::span<const Candidate> candidates, const TransferOptions& options);

}  // namespace engine
