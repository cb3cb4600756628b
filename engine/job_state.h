// The life of a job as one table (BG_JOB_STATE; docs/job-states.md is printed
// from it). Code only looks things up.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/error.h"

namespace engine {

// The numbers are stored in the database and sent to clients. Never change or
// reuse one.
enum class JobState : std::uint16_t {
  kQueued = 0,          // ready, waiting for the scheduler
  kConnecting = 1,      // asking the server
  kTransferring = 2,    // moving bytes
  kSuspended = 3,       // stopped by its owner; the state of a new job
  kError = 4,           // fatal failure; needs Resume, Complete or Cancel
  kTransientError = 5,  // will be retried without the client's help
  kTransferred = 6,     // all bytes are here; waiting for Complete
  kAcknowledged = 7,    // completed; the job is gone
  kCancelled = 8,       // cancelled; the job is gone
};

enum class JobType : std::uint16_t { kDownload = 0, kUpload = 1, kUploadReply = 2 };

// What happens to a job. The first four are methods of the API.
enum class JobEvent {
  kSuspend,
  kResume,
  kCancel,
  kComplete,
  kScheduled,  // the scheduler gave it a slot
  kConnected,  // the server accepted the request
  kPreempted,  // time slice over, or a higher priority came
  kRecoverableFailure,
  kFatalFailure,
  kNetworkLost,
  kNetworkBack,
  kRetryDelayElapsed,
  kNoProgressTimeout,
  kAllFilesDone,
  kValidationFailed,  // the owner says that a file is not what it should be
  kInactivityTimeout,
  kDaemonStarted,  // after a stop or crash
};

bool IsFinal(JobState state);
// CONNECTING or TRANSFERRING: uses one of the transfers that may run at once.
bool HoldsSlot(JobState state);

// "Transient_Error", "Queued"… as bitsadmin prints them.
std::string_view NameOf(JobState state);
std::string_view NameOf(JobEvent event);

// What the four methods must also look at; the automatic events ignore it.
struct JobFacts {
  JobType type = JobType::kDownload;
  std::size_t files = 0;
  std::size_t unfinished_files = 0;
};

// The outcome of an event. `next` equals the present state when nothing moves.
struct Outcome {
  JobState next;
  HResult result;  // what the method returns; kOk for automatic events
};

// Looks the event up. Empty when the table has no row for an automatic event in
// that state (it is ignored); the four methods always have an outcome.
std::optional<Outcome> Next(JobState from, JobEvent event, const JobFacts& facts);

// The table as Markdown: docs/job-states.md holds it and a test compares.
std::string JobStatesMarkdown();

}  // namespace engine
