#include "engine/job_state.h"

#include <algorithm>
#include <array>
#include <string>

namespace engine {
namespace {

using enum JobState;
using enum JobEvent;

// What a row asks of the job besides its state.
enum class When {
  kAlways,
  kNoFiles,
  kAllDone,   // no unfinished file
  kSomeLeft,  // at least one unfinished file
  kUpload,    // upload and upload-reply jobs
};

struct Transition {
  JobState from;
  JobEvent event;
  When when;
  JobState next;
  HResult result = HResult::kOk;
};

// The first row that fits is taken. A row that stays in its state says what the
// method returns there.
// clang-format off
constexpr auto kTransitions = std::to_array<Transition>({
    // Suspend keeps what has been transferred. It is accepted in ERROR and
    // TRANSFERRED too.
    {kQueued,         kSuspend,  When::kAlways,   kSuspended},
    {kConnecting,     kSuspend,  When::kAlways,   kSuspended},
    {kTransferring,   kSuspend,  When::kAlways,   kSuspended},
    {kSuspended,      kSuspend,  When::kAlways,   kSuspended},
    {kError,          kSuspend,  When::kAlways,   kSuspended},
    {kTransientError, kSuspend,  When::kAlways,   kSuspended},
    {kTransferred,    kSuspend,  When::kAlways,   kSuspended},
    {kAcknowledged,   kSuspend,  When::kAlways,   kAcknowledged,   HResult::kInvalidState},
    {kCancelled,      kSuspend,  When::kAlways,   kCancelled,      HResult::kInvalidState},

    // A job that was suspended after its last byte arrived goes back to
    // TRANSFERRED, so that whoever waits for that state is not left waiting.
    {kQueued,         kResume,   When::kAlways,   kQueued},
    {kConnecting,     kResume,   When::kAlways,   kConnecting},
    {kTransferring,   kResume,   When::kAlways,   kTransferring},
    {kSuspended,      kResume,   When::kNoFiles,  kSuspended,      HResult::kEmpty},
    {kSuspended,      kResume,   When::kSomeLeft, kQueued},
    {kSuspended,      kResume,   When::kAllDone,  kTransferred},
    {kError,          kResume,   When::kAlways,   kQueued},
    {kTransientError, kResume,   When::kAlways,   kQueued},
    {kTransferred,    kResume,   When::kSomeLeft, kQueued},
    {kTransferred,    kResume,   When::kAllDone,  kTransferred,    HResult::kEmpty},
    {kAcknowledged,   kResume,   When::kAlways,   kAcknowledged,   HResult::kInvalidState},
    {kCancelled,      kResume,   When::kAlways,   kCancelled,      HResult::kInvalidState},

    {kQueued,         kCancel,   When::kAlways,   kCancelled},
    {kConnecting,     kCancel,   When::kAlways,   kCancelled},
    {kTransferring,   kCancel,   When::kAlways,   kCancelled},
    {kSuspended,      kCancel,   When::kAlways,   kCancelled},
    {kError,          kCancel,   When::kAlways,   kCancelled},
    {kTransientError, kCancel,   When::kAlways,   kCancelled},
    {kTransferred,    kCancel,   When::kAlways,   kCancelled},
    {kAcknowledged,   kCancel,   When::kAlways,   kAcknowledged,   HResult::kInvalidState},
    {kCancelled,      kCancel,   When::kAlways,   kCancelled,      HResult::kInvalidState},

    // A download may be completed at any time and keeps its finished files; an
    // upload only when all of it has arrived.
    {kQueued,         kComplete, When::kUpload,   kQueued,         HResult::kInvalidState},
    {kQueued,         kComplete, When::kAllDone,  kAcknowledged},
    {kQueued,         kComplete, When::kSomeLeft, kAcknowledged,   HResult::kPartialComplete},
    {kConnecting,     kComplete, When::kUpload,   kConnecting,     HResult::kInvalidState},
    {kConnecting,     kComplete, When::kAllDone,  kAcknowledged},
    {kConnecting,     kComplete, When::kSomeLeft, kAcknowledged,   HResult::kPartialComplete},
    {kTransferring,   kComplete, When::kUpload,   kTransferring,   HResult::kInvalidState},
    {kTransferring,   kComplete, When::kAllDone,  kAcknowledged},
    {kTransferring,   kComplete, When::kSomeLeft, kAcknowledged,   HResult::kPartialComplete},
    {kSuspended,      kComplete, When::kUpload,   kSuspended,      HResult::kInvalidState},
    {kSuspended,      kComplete, When::kAllDone,  kAcknowledged},
    {kSuspended,      kComplete, When::kSomeLeft, kAcknowledged,   HResult::kPartialComplete},
    {kError,          kComplete, When::kUpload,   kError,          HResult::kInvalidState},
    {kError,          kComplete, When::kAllDone,  kAcknowledged},
    {kError,          kComplete, When::kSomeLeft, kAcknowledged,   HResult::kPartialComplete},
    {kTransientError, kComplete, When::kUpload,   kTransientError, HResult::kInvalidState},
    {kTransientError, kComplete, When::kAllDone,  kAcknowledged},
    {kTransientError, kComplete, When::kSomeLeft, kAcknowledged,   HResult::kPartialComplete},
    {kTransferred,    kComplete, When::kAllDone,  kAcknowledged},
    {kTransferred,    kComplete, When::kSomeLeft, kAcknowledged,   HResult::kPartialComplete},
    {kAcknowledged,   kComplete, When::kAlways,   kAcknowledged,   HResult::kInvalidState},
    {kCancelled,      kComplete, When::kAlways,   kCancelled,      HResult::kInvalidState},

    // What happens without the client.
    {kQueued,         kScheduled,          When::kAlways, kConnecting},
    {kConnecting,     kConnected,          When::kAlways, kTransferring},
    {kConnecting,     kPreempted,          When::kAlways, kQueued},
    {kTransferring,   kPreempted,          When::kAlways, kQueued},
    {kConnecting,     kRecoverableFailure, When::kAlways, kTransientError},
    {kTransferring,   kRecoverableFailure, When::kAlways, kTransientError},
    {kQueued,         kFatalFailure,       When::kAlways, kError},
    {kConnecting,     kFatalFailure,       When::kAlways, kError},
    {kTransferring,   kFatalFailure,       When::kAlways, kError},
    {kQueued,         kNetworkLost,        When::kAlways, kTransientError},
    {kTransferring,   kNetworkLost,        When::kAlways, kTransientError},
    {kTransientError, kNetworkBack,        When::kAlways, kQueued},
    {kTransientError, kRetryDelayElapsed,  When::kAlways, kQueued},
    {kTransientError, kNoProgressTimeout,  When::kAlways, kError},
    {kTransferring,   kAllFilesDone,       When::kAlways, kTransferred},
    {kQueued,         kValidationFailed,   When::kAlways, kError},
    {kConnecting,     kValidationFailed,   When::kAlways, kError},
    {kTransferring,   kValidationFailed,   When::kAlways, kError},
    {kSuspended,      kValidationFailed,   When::kAlways, kError},
    {kError,          kValidationFailed,   When::kAlways, kError},
    {kTransientError, kValidationFailed,   When::kAlways, kError},
    {kTransferred,    kValidationFailed,   When::kAlways, kError},
    {kQueued,         kInactivityTimeout,  When::kAlways, kCancelled},
    {kConnecting,     kInactivityTimeout,  When::kAlways, kCancelled},
    {kTransferring,   kInactivityTimeout,  When::kAlways, kCancelled},
    {kSuspended,      kInactivityTimeout,  When::kAlways, kCancelled},
    {kError,          kInactivityTimeout,  When::kAlways, kCancelled},
    {kTransientError, kInactivityTimeout,  When::kAlways, kCancelled},
    {kTransferred,    kInactivityTimeout,  When::kAlways, kCancelled},
    {kConnecting,     kDaemonStarted,      When::kAlways, kQueued},
    {kTransferring,   kDaemonStarted,      When::kAlways, kQueued},
});
// clang-format on

constexpr bool EachRowAppearsOnce() {
  for (std::size_t i = 0; i < kTransitions.size(); ++i) {
    for (std::size_t j = i + 1; j < kTransitions.size(); ++j) {
      const Transition& a = kTransitions[i];
      const Transition& b = kTransitions[j];
      if (a.from == b.from && a.event == b.event && a.when == b.when) return false;
    }
  }
  return true;
}
static_assert(EachRowAppearsOnce());

bool Fits(When when, const JobFacts& facts) {
  switch (when) {
    case When::kAlways:
      return true;
    case When::kNoFiles:
      return facts.files == 0;
    case When::kAllDone:
      return facts.unfinished_files == 0;
    case When::kSomeLeft:
      return facts.unfinished_files > 0;
    case When::kUpload:
      return facts.type != JobType::kDownload;
  }
  return false;
}

std::string_view TextOf(When when) {
  switch (when) {
    case When::kAlways:
      return "";
    case When::kNoFiles:
      return "the job has no files";
    case When::kAllDone:
      return "every file has transferred";
    case When::kSomeLeft:
      return "a file has not transferred";
    case When::kUpload:
      return "upload or upload-reply job";
  }
  return "";
}

// Automatic events return nothing to anybody.
bool IsMethod(JobEvent event) {
  return event == kSuspend || event == kResume || event == kCancel || event == kComplete;
}

std::string StateCell(JobState state) {
  return std::to_string(static_cast<unsigned>(state)) + " " + std::string(NameOf(state));
}

std::string RowOf(const Transition& row) {
  std::string line = "| " + StateCell(row.from) + " | ";
  line += std::string(NameOf(row.event)) + " | " + std::string(TextOf(row.when)) + " | ";
  line += StateCell(row.next) + " | ";
  if (IsMethod(row.event)) line += NameOf(row.result);
  return line + " |\n";
}

}  // namespace

bool IsFinal(JobState state) { return state == kAcknowledged || state == kCancelled; }

bool HoldsSlot(JobState state) {
  return state == JobState::kConnecting || state == JobState::kTransferring;
}

std::string_view NameOf(JobState state) {
  switch (state) {
    case kQueued:
      return "Queued";
    case kConnecting:
      return "Connecting";
    case kTransferring:
      return "Transferring";
    case kSuspended:
      return "Suspended";
    case kError:
      return "Error";
    case kTransientError:
      return "Transient_Error";
    case kTransferred:
      return "Transferred";
    case kAcknowledged:
      return "Acknowledged";
    case kCancelled:
      return "Cancelled";
  }
  return "Unknown";
}

std::string_view NameOf(JobEvent event) {
  switch (event) {
    case kSuspend:
      return "Suspend";
    case kResume:
      return "Resume";
    case kCancel:
      return "Cancel";
    case kComplete:
      return "Complete";
    case kScheduled:
      return "scheduled";
    case kConnected:
      return "connected";
    case kPreempted:
      return "preempted";
    case kRecoverableFailure:
      return "recoverable failure";
    case kFatalFailure:
      return "fatal failure";
    case kNetworkLost:
      return "network lost";
    case kNetworkBack:
      return "network back";
    case kRetryDelayElapsed:
      return "retry delay elapsed";
    case kNoProgressTimeout:
      return "no-progress timeout";
    case kAllFilesDone:
      return "all files done";
    case kValidationFailed:
      return "validation failed";
    case kInactivityTimeout:
      return "inactivity timeout";
    case kDaemonStarted:
      return "daemon started";
  }
  return "unknown";
}

std::optional<Outcome> Next(JobState from, JobEvent event, const JobFacts& facts) {
  const auto* const row =
      std::find_if(kTransitions.begin(), kTransitions.end(), [&](const Transition& t) {
        return t.from == from && t.event == event && Fits(t.when, facts);
      });
  if (row == kTransitions.end()) return std::nullopt;
  return Outcome{row->next, row->result};
}

std::string JobStatesMarkdown() {
  std::string text =
      "# States of a job\n\n"
      "Printed from the table in `engine/job_state.cc`; a test compares the two. The first row\n"
      "that fits is taken. An event without a row in a state is ignored there. The methods\n"
      "Suspend, Resume, Cancel and Complete return the code in the last column.\n\n"
      "A job that was suspended after all its files had transferred returns to Transferred on\n"
      "Resume with S_OK. Resume of a Transferred job with nothing left returns BG_E_EMPTY.\n"
      "When a file cannot be given its final name, Complete returns the reason and the job\n"
      "stays in (or moves to) Transferred until Complete is called again or Cancel.\n\n"
      "| state | event | if | next state | returns |\n"
      "|--|--|--|--|--|\n";
  for (const Transition& row : kTransitions) text += RowOf(row);
  return text;
}

}  // namespace engine
