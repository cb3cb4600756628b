// What the engine thread knows about jobs beyond their data. Private to the
// queue; the engine thread only.
//
// Of most jobs it knows very little: a KnownJob, and their last snapshot in the
// index. A JobEntry exists while something is to be done for a job.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "engine/job.h"
#include "engine/retry_policy.h"
#include "engine/task_loop.h"
#include "engine/transfer/transfer.h"

namespace engine {

// Files of a job that Complete and Cancel hand to the disk threads in one piece:
// what is known about each for that time takes half a kilobyte.
inline constexpr std::size_t kFilesFinishedAtOnce = 1'024;

// A job with work to do.
struct JobEntry {
  // A transfer that runs, has been told to stop, or has ended before that of a
  // file further up the list.
  struct Attempt {
    transfer::TransferId id;
    bool stopping = false;
    bool arrived = false;                // all its bytes are here; the disk has to follow
    std::uint64_t waits_for = 0;         // version of the upload that it waits for; 0: none
    std::optional<transfer::Event> end;  // until those of the files before it have been taken

    bool Receives() const { return !arrived && !end; }
  };
  // Versions of a file that the store does not have yet.
  struct Versions {
    std::uint64_t changed = 0;  // the latest
    std::uint64_t stored = 0;
    // The first version after bytes became worthless. Until it is stored a crash
    // would bring their offset back, so that no attempt may start.
    std::uint64_t restarted = 0;
  };

  JobEntry(Job data, TaskLoop& loop)
      : job(std::move(data)),
        retry_timer(loop),
        no_progress_timer(loop),
        slice_timer(loop),
        progress_timer(loop),
        save_timer(loop),
        download_timer(loop) {}

  // Attempts that may still need the network.
  std::size_t Receiving() const;
  // Whether all that is known about the job is its snapshot and its KnownJob.
  bool IsIdle() const;

  // In memory the job may be ahead of the store by what is being committed.
  Job job;

  // --- The way to the store.
  std::map<std::uint32_t, Versions> changed_files;  // those the store does not have as they are
  std::uint64_t last_version = 0;                   // of any file
  std::size_t submissions = 0;                      // on their way to the store
  Versions access_versions;
  Versions settings_versions;
  // restarted: bytes of the reply became worthless, or the session is another
  Versions upload_versions;
  // A client's change is being committed. Until its outcome is known nothing
  // else may change the job, so that a refused change can be taken back.
  bool committing = false;
  std::list<Task> waiting_events;    // for the end of committing
  std::list<Task> waiting_commands;  // for the end of committing or stopping
  bool unsaved = false;              // a commit of ours failed and is to be repeated
  bool progress_to_store = false;    // waits for its turn
  std::optional<SteadyTime> last_progress;

  // --- Transfers.
  std::map<std::uint32_t, Attempt> attempts;  // by file
  bool preempted = false;                     // they have been told to stop for another job
  std::optional<transfer::Failed> failure;    // of the first file that failed; the others stop
  Task when_stopped;                    // a client's call that waits for the end of the attempts
  bool starts_when_stored = false;      // holds its slot until Versions::restarted is stored
  unsigned restarts = 0;                // since the last progress
  std::uint64_t most_acknowledged = 0;  // of the bytes of an upload
  std::uint32_t next_file = 0;          // files below have been transferred
  std::uint64_t turn = 0;
  SteadyTime slice_start{};
  bool keeps_turn = false;  // preempted before its slice was over
  // While the job holds a slot: what of Job::seconds_downloading is not counted yet.
  std::optional<SteadyTime> downloading_since;
  RetryHistory retry;
  std::map<std::uint32_t, std::uint64_t> probes;  // file → attempt

  // --- The end.
  bool ending = false;                // Complete or Cancel is at work
  std::set<std::uint32_t> delivered;  // files that a Complete has renamed
  std::uint32_t next_to_finish = 0;   // files below have been worked on
  std::optional<HResult> rename_error;

  std::size_t files_being_added = 0;
  SteadyTime last_activity{};

  Timer retry_timer;  // in place or after MinimumRetryDelay
  Timer no_progress_timer;
  Timer slice_timer;
  Timer progress_timer;
  Timer save_timer;
  Timer download_timer;
};

// Kept for every job, and small: there may be many.
struct KnownJob {
  std::uint64_t turn = 0;  // as of when it was last settled, like last_activity
  SteadyTime last_activity{};
  std::unique_ptr<JobEntry> entry;  // empty while the job sleeps
  std::uint32_t next_probe = 0;     // files below have been asked for their sizes
  Priority line = Priority::kNormal;
  bool in_line = false;  // it waits at the place {line, turn}
  bool wants_probes = false;
  bool has_secrets = false;  // that only the present key opens
};

}  // namespace engine
