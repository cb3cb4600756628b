// Slots, progress, failures and retries.
#include "queue_fixture.h"

namespace engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;
using enum JobState;
using enum JobMethod;

TEST_F(QueueTest, AJobGoesFromTheQueueToTransferred) {
  const JobId id = Create("a", true);
  const transfer::Download download = transfers_->TakeStart();
  EXPECT_EQ(StateOf(id), kConnecting);
  Report(transfer::Connected{download.id, At(0)});
  EXPECT_EQ(StateOf(id), kTransferring);
  EXPECT_THAT(Get(id).files.progress().bytes_total, Optional(100u));
  clock_.Advance(seconds(3));
  Finish(download);
  const Job job = Get(id);
  EXPECT_EQ(job.state, kTransferred);
  EXPECT_EQ(job.completed, clock_.Wall());
  EXPECT_EQ(job.modified, clock_.Wall());
  EXPECT_EQ(job.files[0].bytes_transferred, 100u);
  EXPECT_TRUE(job.files[0].transferred);
  EXPECT_TRUE(store_.Find(id)->files[0].transferred);
}

TEST_F(QueueTest, AFileWithoutBytesToFetchFinishesWithoutConnecting) {
  const JobId id = Create("a", true);
  Finish(transfers_->TakeStart(), 0);
  EXPECT_EQ(StateOf(id), kTransferred);
}

TEST_F(QueueTest, OneBackgroundJobTransfersAtATime) {
  Create("a", true);
  const JobId second = Create("b", true);
  const transfer::Download first = Connect();
  EXPECT_EQ(transfers_->starts(), 0u);
  EXPECT_EQ(StateOf(second), kQueued);
  Finish(first);
  EXPECT_EQ(transfers_->TakeStart().id.job, second);
}

TEST_F(QueueTest, AForegroundJobRunsBesideIt) {
  Create("a", true);
  Connect();
  const JobId second = Create("b");
  JobChanges changes;
  changes.priority = 0;
  EXPECT_TRUE(Change(second, changes));
  Call(second, kResume);
  const transfer::Download download = Connect();
  EXPECT_EQ(download.id.job, second);
  EXPECT_EQ(download.priority, Priority::kForeground);
  EXPECT_EQ(transfers_->stops(), 0u);
}

TEST_F(QueueTest, AHigherPriorityPreemptsAtOnceAndTheOtherReturns) {
  const JobId normal = Create("a", true);
  const transfer::Download first = Connect();
  const JobId other = Create("b", true);
  JobChanges changes;
  changes.priority = 1;
  EXPECT_TRUE(Change(other, changes));
  EXPECT_EQ(transfers_->TakeStop(), first.id);
  Settle();
  EXPECT_EQ(transfers_->starts(), 0u) << "the slot is taken until the transfer has stopped";
  Report(transfer::Stopped{first.id, At(42)});
  EXPECT_EQ(StateOf(normal), kQueued);
  const transfer::Download second = Connect();
  EXPECT_EQ(second.id.job, other);
  Finish(second);
  const transfer::Download again = transfers_->TakeStart();
  EXPECT_EQ(again.id.job, normal);
  EXPECT_EQ(again.resume.offset, 42u);
}

TEST_F(QueueTest, JobsOfALevelTakeTurns) {
  const JobId first = Create("a", true);
  const JobId second = Create("b", true);
  const transfer::Download a = Connect();
  Advance(seconds(299));
  EXPECT_EQ(transfers_->stops(), 0u);
  Advance(seconds(1));
  EXPECT_EQ(transfers_->TakeStop(), a.id);
  Report(transfer::Stopped{a.id, At(10)});
  EXPECT_EQ(StateOf(first), kQueued);
  const transfer::Download b = Connect();
  EXPECT_EQ(b.id.job, second);
  Advance(seconds(300));
  EXPECT_EQ(transfers_->TakeStop(), b.id);
  Report(transfer::Stopped{b.id, At(10)});
  EXPECT_EQ(transfers_->TakeStart().id.job, first);
}

TEST_F(QueueTest, AJobThatFinishesWhileItIsPreemptedIsTransferred) {
  const JobId first = Create("a", true);
  Create("b", true);
  const transfer::Download a = Connect();
  Advance(seconds(300));
  transfers_->TakeStop();
  Finish(a);
  EXPECT_EQ(StateOf(first), kTransferred);
}

TEST_F(QueueTest, ReportsOfAnEarlierAttemptAreIgnored) {
  const JobId id = Create("a", true);
  const transfer::Download first = Connect();
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  transfers_->TakeStop();
  Report(transfer::Stopped{first.id, At(42)});
  QueueTest::Get(suspended);
  Call(id, kResume);
  const transfer::Download second = Connect();
  Report(transfer::Progressed{first.id, At(99)});
  Report(transfer::Finished{first.id, At(100)});
  FailTransfer(first);
  Advance(seconds(1));
  EXPECT_EQ(StateOf(id), kTransferring);
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 42u);
  Finish(second);
  EXPECT_EQ(StateOf(id), kTransferred);
}

TEST_F(QueueTest, ReportsForAJobThatIsGoneAreIgnored) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  std::future<Result<HResult>> cancelled = BeginCall(id, kCancel);
  transfers_->TakeStop();
  Report(transfer::Stopped{download.id, At(42)});
  QueueTest::Get(cancelled);
  Report(transfer::Finished{download.id, At(100)});
  EXPECT_EQ(index_->Find(id), nullptr);
}

TEST_F(QueueTest, ProgressIsStoredTwiceASecondAndTheLastOneIsNotLost) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect(1'000);
  const std::size_t commits = store_.commits();
  std::vector<JobSnapshot> seen = {index_->Find(id)};
  for (std::uint64_t step = 1; step <= 100; ++step) {
    Report(transfer::Progressed{download.id, At(step, 1'000)});
    if (index_->Find(id) != seen.back()) seen.push_back(index_->Find(id));
    EXPECT_EQ(index_->Find(id)->files[0].bytes_transferred,
              store_.Find(id)->files[0].bytes_transferred);
    clock_.Advance(milliseconds(20));
    queue_->Wake();
  }
  ASSERT_THAT(seen, SizeIs(testing::AllOf(testing::Ge(5u), testing::Le(6u))));
  EXPECT_EQ(seen[1]->files[0].bytes_transferred, 1u) << "the first one goes at once";
  EXPECT_LE(store_.commits() - commits, 5u);
  Advance(milliseconds(500));
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 100u);
  EXPECT_EQ(store_.Find(id)->files[0].bytes_transferred, 100u);
}

TEST_F(QueueTest, TheNextProgressWaitsHalfASecond) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  Report(transfer::Progressed{download.id, At(1)});
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 1u);
  Report(transfer::Progressed{download.id, At(2)});
  Advance(milliseconds(499));
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 1u);
  Advance(milliseconds(1));
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 2u);
}

TEST_F(QueueTest, ReadersNeverSeeMoreThanACrashLeaves) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  store_.SetFull(true);
  Report(transfer::Progressed{download.id, At(42)});
  Advance(seconds(1));
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 0u);
  store_.SetFull(false);
  Advance(seconds(5));
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 42u);
  CrashAndRestart();
  EXPECT_EQ(transfers_->TakeStart().resume.offset, 42u);
}

TEST_F(QueueTest, ProgressOfARefusedChangeIsStoredLater) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  Report(transfer::Progressed{download.id, At(10)});
  Report(transfer::Progressed{download.id, At(42)});
  store_.SetFull(true);
  EXPECT_FALSE(Change(id, {}));
  store_.SetFull(false);
  Advance(milliseconds(500));
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 42u);
  EXPECT_EQ(store_.Find(id)->files[0].bytes_transferred, 42u);
}

TEST_F(QueueTest, AShortFailureStaysInvisible) {
  const JobId id = Create("a", true);
  FailTransfer(Connect());
  EXPECT_EQ(StateOf(id), kTransferring);
  EXPECT_EQ(transfers_->starts(), 0u);
  Advance(milliseconds(499));
  EXPECT_EQ(transfers_->starts(), 0u);
  Advance(milliseconds(1));
  FailTransfer(transfers_->TakeStart());
  Advance(milliseconds(1'500));
  const transfer::Download third = Connect();
  Finish(third);
  const Job job = Get(id);
  EXPECT_EQ(job.state, kTransferred);
  EXPECT_EQ(job.error_count, 0u);
  EXPECT_FALSE(job.error);
}

class QueueRetryTest : public QueueTest {
 protected:
  QueueRetryTest() {
    StopQueue();
    options_.retry.quick_tries = 0;
    StartQueue();
  }
};

TEST_F(QueueRetryTest, ALongerFailureShowsTheErrorAndIsRetriedAfterTheDelay) {
  const JobId id = Create("a", true);
  FailTransfer(Connect());
  Job job = Get(id);
  EXPECT_EQ(job.state, kTransientError);
  EXPECT_EQ(job.error_count, 1u);
  ASSERT_TRUE(job.error);
  EXPECT_EQ(job.error->code, HResult::kCannotConnect);
  EXPECT_EQ(job.error->context, ErrorContext::kGeneralTransport);
  EXPECT_THAT(job.error->file, Optional(0u));
  Advance(seconds(599));
  EXPECT_EQ(StateOf(id), kTransientError);
  Advance(seconds(1));
  const transfer::Download again = transfers_->TakeStart();
  EXPECT_EQ(StateOf(id), kConnecting);
  EXPECT_TRUE(Get(id).error) << "kept until bytes move";
  Report(transfer::Connected{again.id, At(0)});
  EXPECT_FALSE(Get(id).error);
  EXPECT_EQ(Get(id).error_count, 1u);
}

TEST_F(QueueRetryTest, EachFailedRetryCounts) {
  const JobId id = Create("a", true);
  FailTransfer(transfers_->TakeStart());
  Advance(seconds(600));
  FailTransfer(transfers_->TakeStart());
  EXPECT_EQ(Get(id).error_count, 2u);
}

TEST_F(QueueRetryTest, ResumeRetriesAtOnce) {
  const JobId id = Create("a", true);
  FailTransfer(transfers_->TakeStart());
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  transfers_->TakeStart();
  EXPECT_EQ(StateOf(id), kConnecting);
  Advance(seconds(600));
  EXPECT_EQ(transfers_->starts(), 0u);
}

TEST_F(QueueRetryTest, AFatalFailureWaitsForTheClient) {
  const JobId id = Create("a", true);
  FailTransfer(transfers_->TakeStart(), /*recoverable=*/false);
  EXPECT_EQ(StateOf(id), kError);
  EXPECT_TRUE(Get(id).error);
  Advance(seconds(100'000));
  EXPECT_EQ(StateOf(id), kError);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  Finish(Connect());
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_FALSE(Get(id).error);
}

TEST_F(QueueRetryTest, TheRetryWaitsForTheServersRetryAfter) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  Report(transfer::Failed{download.id, At(0),
                          Error{HttpError(503), ErrorContext::kRemoteFile, "busy"}, true,
                          seconds(1'000)});
  Advance(seconds(999));
  EXPECT_EQ(StateOf(id), kTransientError);
  Advance(seconds(1));
  EXPECT_EQ(StateOf(id), kConnecting);
}

TEST_F(QueueRetryTest, NoProgressForTooLongBecomesAnError) {
  const JobId id = Create("a");
  JobChanges changes;
  changes.no_progress_timeout = 1'000;
  EXPECT_TRUE(Change(id, changes));
  Call(id, kResume);
  FailTransfer(transfers_->TakeStart());
  Advance(seconds(600));
  FailTransfer(transfers_->TakeStart());
  Advance(seconds(399));
  EXPECT_EQ(StateOf(id), kTransientError);
  Advance(seconds(1));
  EXPECT_EQ(StateOf(id), kError);
  EXPECT_EQ(Get(id).error->code, HResult::kCannotConnect);
}

TEST_F(QueueRetryTest, ProgressStartsTheNoProgressTimeoutAnew) {
  const JobId id = Create("a");
  JobChanges changes;
  changes.no_progress_timeout = 1'000;
  EXPECT_TRUE(Change(id, changes));
  Call(id, kResume);
  FailTransfer(transfers_->TakeStart());
  Advance(seconds(600));
  const transfer::Download second = Connect();
  Report(transfer::Progressed{second.id, At(10)});
  FailTransfer(second);
  Advance(seconds(599));
  EXPECT_EQ(StateOf(id), kTransientError);
}

TEST_F(QueueRetryTest, AJumpOfTheWallClockChangesNothing) {
  const JobId id = Create("a", true);
  FailTransfer(transfers_->TakeStart());
  clock_.JumpWall(std::chrono::hours(24 * 365));
  Advance(milliseconds(0));
  EXPECT_EQ(StateOf(id), kTransientError);
}

TEST_F(QueueRetryTest, AFailedJobLeavesItsSlotToOthers) {
  Create("a", true);
  const JobId other = Create("b", true);
  FailTransfer(transfers_->TakeStart());
  EXPECT_EQ(transfers_->TakeStart().id.job, other);
}

TEST_F(QueueTest, AStateThatCouldNotBeSavedIsSavedLater) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  store_.SetFull(true);
  Finish(download);
  EXPECT_EQ(StateOf(id), kTransferring) << "readers see what is committed";
  store_.SetFull(false);
  Advance(seconds(5));
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_TRUE(store_.Find(id)->files[0].transferred);
}

TEST_F(QueueTest, AJobOfOneFileIsNotProbed) {
  Create("a", true);
  transfers_->TakeStart();
  Settle();
  EXPECT_THAT(transfers_->probes(), IsEmpty());
}

TEST_F(QueueTest, TheOnlyJobOfAUserIsNextHoweverManyOthersHaveWaiting) {
  ASSERT_TRUE(TryCreate(Spec("busy", true), {"carol", false}));
  const transfer::Download busy = Connect();
  for (int i = 0; i < 20; ++i) Create("a" + std::to_string(i), true);
  const Result<JobId> bobs = TryCreate(Spec("b", true), {"bob", false});
  ASSERT_TRUE(bobs);
  Finish(busy);
  const transfer::Download alices = Connect();
  EXPECT_NE(alices.id.job, *bobs);
  Advance(options_.transfers.time_slice);
  EXPECT_EQ(transfers_->TakeStop(), alices.id);
  Report(transfer::Stopped{alices.id, At(10)});
  EXPECT_EQ(transfers_->TakeStart().id.job, *bobs);
}

}  // namespace
}  // namespace engine
