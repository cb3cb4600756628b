#include "engine/job_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

namespace engine {

bool operator==(const Outcome& a, const Outcome& b) {
  return a.next == b.next && a.result == b.result;
}
void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << NameOf(outcome.next) << "/" << NameOf(outcome.result);
}

namespace {

using testing::Optional;
using enum JobState;
using enum JobEvent;

constexpr std::array kStates = {kQueued,         kConnecting,  kTransferring, kSuspended, kError,
                                kTransientError, kTransferred, kAcknowledged, kCancelled};
constexpr std::array kLiveStates = {kQueued, kConnecting,     kTransferring, kSuspended,
                                    kError,  kTransientError, kTransferred};
constexpr std::array kMethods = {kSuspend, kResume, kCancel, kComplete};
constexpr std::array kAutomatic = {
    kScheduled,        kConnected,         kPreempted,         kRecoverableFailure, kFatalFailure,
    kNetworkLost,      kNetworkBack,       kRetryDelayElapsed, kNoProgressTimeout,  kAllFilesDone,
    kValidationFailed, kInactivityTimeout, kDaemonStarted};

constexpr JobFacts kEmptyJob{JobType::kDownload, 0, 0};
constexpr JobFacts kUnfinished{JobType::kDownload, 2, 1};
constexpr JobFacts kDone{JobType::kDownload, 2, 0};
constexpr JobFacts kUpload{JobType::kUpload, 1, 1};
constexpr JobFacts kUploadReply{JobType::kUploadReply, 1, 0};

TEST(JobStateTest, TheFourMethodsAlwaysHaveAnOutcome) {
  for (const JobState state : kStates)
    for (const JobEvent method : kMethods)
      for (const JobFacts& facts : {kEmptyJob, kUnfinished, kDone, kUpload, kUploadReply})
        EXPECT_TRUE(Next(state, method, facts)) << NameOf(state) << " " << NameOf(method);
}

TEST(JobStateTest, FinalStatesRefuseEveryMethodAndIgnoreEveryEvent) {
  for (const JobState state : {kAcknowledged, kCancelled}) {
    EXPECT_TRUE(IsFinal(state));
    for (const JobEvent method : kMethods)
      EXPECT_THAT(Next(state, method, kDone), Optional(Outcome{state, HResult::kInvalidState}));
    for (const JobEvent event : kAutomatic) EXPECT_FALSE(Next(state, event, kDone));
  }
}

TEST(JobStateTest, SuspendSucceedsInEveryLiveState) {
  for (const JobState state : kLiveStates) {
    EXPECT_FALSE(IsFinal(state));
    EXPECT_THAT(Next(state, kSuspend, kUnfinished), Optional(Outcome{kSuspended, HResult::kOk}));
  }
}

TEST(JobStateTest, CancelSucceedsInEveryLiveState) {
  for (const JobState state : kLiveStates)
    EXPECT_THAT(Next(state, kCancel, kUnfinished), Optional(Outcome{kCancelled, HResult::kOk}));
}

TEST(JobStateTest, ResumeQueuesWhatIsStopped) {
  for (const JobState state : {kSuspended, kError, kTransientError, kTransferred})
    EXPECT_THAT(Next(state, kResume, kUnfinished), Optional(Outcome{kQueued, HResult::kOk}));
}

TEST(JobStateTest, ResumeLeavesARunningJobAlone) {
  for (const JobState state : {kQueued, kConnecting, kTransferring})
    EXPECT_THAT(Next(state, kResume, kUnfinished), Optional(Outcome{state, HResult::kOk}));
}

TEST(JobStateTest, ResumeWithNothingToTransferIsEmpty) {
  EXPECT_THAT(Next(kSuspended, kResume, kEmptyJob), Optional(Outcome{kSuspended, HResult::kEmpty}));
  EXPECT_THAT(Next(kTransferred, kResume, kDone), Optional(Outcome{kTransferred, HResult::kEmpty}));
}

TEST(JobStateTest, ResumeReturnsAFinishedJobThatWasSuspendedToTransferred) {
  EXPECT_THAT(Next(kSuspended, kResume, kDone), Optional(Outcome{kTransferred, HResult::kOk}));
}

TEST(JobStateTest, ADownloadCompletesInEveryLiveState) {
  for (const JobState state : kLiveStates) {
    EXPECT_THAT(Next(state, kComplete, kEmptyJob), Optional(Outcome{kAcknowledged, HResult::kOk}));
    EXPECT_THAT(Next(state, kComplete, kDone), Optional(Outcome{kAcknowledged, HResult::kOk}));
    EXPECT_THAT(Next(state, kComplete, kUnfinished),
                Optional(Outcome{kAcknowledged, HResult::kPartialComplete}));
  }
}

TEST(JobStateTest, AnUploadCompletesOnlyWhenTransferred) {
  for (const JobState state : kLiveStates) {
    const Outcome expected = state == kTransferred ? Outcome{kAcknowledged, HResult::kOk}
                                                   : Outcome{state, HResult::kInvalidState};
    EXPECT_THAT(Next(state, kComplete, kUploadReply), Optional(expected));
  }
  EXPECT_THAT(Next(kTransferring, kComplete, kUpload),
              Optional(Outcome{kTransferring, HResult::kInvalidState}));
}

TEST(JobStateTest, AutomaticEventsMoveTheJobAsListedAndAreIgnoredElsewhere) {
  const std::map<std::pair<JobState, JobEvent>, JobState> moves = {
      {{kQueued, kScheduled}, kConnecting},
      {{kConnecting, kConnected}, kTransferring},
      {{kConnecting, kPreempted}, kQueued},
      {{kTransferring, kPreempted}, kQueued},
      {{kConnecting, kRecoverableFailure}, kTransientError},
      {{kTransferring, kRecoverableFailure}, kTransientError},
      {{kQueued, kFatalFailure}, kError},
      {{kConnecting, kFatalFailure}, kError},
      {{kTransferring, kFatalFailure}, kError},
      {{kQueued, kNetworkLost}, kTransientError},
      {{kTransferring, kNetworkLost}, kTransientError},
      {{kTransientError, kNetworkBack}, kQueued},
      {{kTransientError, kRetryDelayElapsed}, kQueued},
      {{kTransientError, kNoProgressTimeout}, kError},
      {{kTransferring, kAllFilesDone}, kTransferred},
      {{kQueued, kValidationFailed}, kError},
      {{kConnecting, kValidationFailed}, kError},
      {{kTransferring, kValidationFailed}, kError},
      {{kSuspended, kValidationFailed}, kError},
      {{kError, kValidationFailed}, kError},
      {{kTransientError, kValidationFailed}, kError},
      {{kTransferred, kValidationFailed}, kError},
      {{kQueued, kInactivityTimeout}, kCancelled},
      {{kConnecting, kInactivityTimeout}, kCancelled},
      {{kTransferring, kInactivityTimeout}, kCancelled},
      {{kSuspended, kInactivityTimeout}, kCancelled},
      {{kError, kInactivityTimeout}, kCancelled},
      {{kTransientError, kInactivityTimeout}, kCancelled},
      {{kTransferred, kInactivityTimeout}, kCancelled},
      {{kConnecting, kDaemonStarted}, kQueued},
      {{kTransferring, kDaemonStarted}, kQueued},
  };
  for (const JobState state : kStates) {
    for (const JobEvent event : kAutomatic) {
      const auto expected = moves.find({state, event});
      const std::optional<Outcome> outcome = Next(state, event, kUnfinished);
      ASSERT_EQ(outcome.has_value(), expected != moves.end())
          << NameOf(state) << " " << NameOf(event);
      if (!outcome) continue;
      EXPECT_EQ(*outcome, (Outcome{expected->second, HResult::kOk}));
    }
  }
}

TEST(JobStateTest, RestartPutsARunningJobBackInTheQueue) {
  EXPECT_THAT(Next(kConnecting, kDaemonStarted, {}), Optional(Outcome{kQueued, HResult::kOk}));
  EXPECT_THAT(Next(kTransferring, kDaemonStarted, {}), Optional(Outcome{kQueued, HResult::kOk}));
}

TEST(JobStateTest, NumbersAreThoseOfBits) {
  for (std::size_t i = 0; i < kStates.size(); ++i)
    EXPECT_EQ(static_cast<std::size_t>(kStates[i]), i);
  EXPECT_EQ(NameOf(kTransientError), "Transient_Error");
}

TEST(JobStateTest, TheDocumentIsPrintedFromTheTable) {
  std::ifstream file(BITSD_SOURCE_DIR "/docs/job-states.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, JobStatesMarkdown())
      << "Put the text of JobStatesMarkdown() into docs/job-states.md.";
}

}  // namespace
}  // namespace engine
