// What the engine thread knows about a job beyond its data. Private to the
// queue; the engine thread only.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/job.h"
#include "engine/retry_policy.h"
#include "engine/task_loop.h"
#include "engine/transfer/transfer.h"

namespace engine {

struct JobEntry {
  // A transfer that runs, or has been told to stop.
  struct Attempt {
    transfer::TransferId id;
    bool stopping = false;
  };
  // Which version of a file row exists and which the store has.
  struct Versions {
    std::uint64_t changed = 1;
    std::uint64_t stored = 0;
    // The first version after bytes became worthless. Until it is stored a crash
    // would bring their offset back, so that the file may not be written anew.
    std::uint64_t restarted = 0;
  };

  JobEntry(Job data, TaskLoop& loop)
      : job(std::move(data)),
        file_versions(job.files.size()),
        retry_timer(loop),
        no_progress_timer(loop),
        slice_timer(loop),
        inactivity_timer(loop),
        progress_timer(loop),
        save_timer(loop) {}

  // In memory the job may be ahead of the store by what is being committed.
  Job job;

  // --- The way to the store.
  std::vector<Versions> file_versions;
  // A client's change is being committed. Until its outcome is known nothing
  // else may change the job, so that a refused change can be taken back.
  bool committing = false;
  std::deque<Task> waiting_events;    // for the end of committing
  std::deque<Task> waiting_commands;  // for the end of committing or stopping
  bool unsaved = false;               // a commit of ours failed and is to be repeated
  bool progress_to_store = false;     // waits for its turn
  std::optional<SteadyTime> last_progress;

  // --- Transfers.
  std::optional<Attempt> attempt;
  Task when_stopped;                // a client's call that waits for the end of the attempt
  bool starts_when_stored = false;  // holds its slot until Versions::restarted is stored
  unsigned restarts = 0;            // since the last progress
  std::uint64_t turn = 0;
  SteadyTime slice_start{};
  bool keeps_turn = false;  // preempted before its slice was over
  RetryHistory retry;
  std::map<std::uint32_t, std::uint64_t> probes;  // file → attempt
  std::uint32_t next_probe = 0;                   // files below have been asked for

  // --- The end.
  bool ending = false;                // Complete or Cancel is at work
  std::set<std::uint32_t> delivered;  // files that a Complete has renamed

  std::size_t files_being_added = 0;
  SteadyTime last_activity{};

  Timer retry_timer;  // in place or after MinimumRetryDelay
  Timer no_progress_timer;
  Timer slice_timer;
  Timer inactivity_timer;
  Timer progress_timer;
  Timer save_timer;
};

}  // namespace engine
