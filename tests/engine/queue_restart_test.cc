// What a stop or a crash leaves behind and what a start makes of it.
#include "queue_fixture.h"

namespace engine {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;
using enum JobState;
using enum JobMethod;

TEST_F(QueueTest, JobsAreThereBeforeTheQueueStarts) {
  const JobId first = Create("a");
  const JobId second = Create("b");
  Restart();
  ASSERT_THAT(index_->List(), SizeIs(2));
  EXPECT_EQ(index_->List()[0]->id, first);
  EXPECT_EQ(index_->List()[1]->id, second);
  EXPECT_EQ(index_->List()[0]->state, kSuspended);
}

TEST_F(QueueTest, ACallThatIsRepeatedAfterACrashGetsTheJobOfTheFirst) {
  NewJob job = Spec("a");
  job.request = "1";
  const Result<JobId> first = TryCreate(job);
  ASSERT_TRUE(first);
  CrashAndRestart();
  EXPECT_EQ(*TryCreate(job), *first);
  EXPECT_THAT(store_.Jobs(), SizeIs(1));
  clock_.Advance(std::chrono::minutes(10) + std::chrono::milliseconds(1));
  EXPECT_NE(*TryCreate(job), *first);
}

TEST_F(QueueTest, SequenceNumbersGoOnAfterARestart) {
  const JobId first = Create("a");
  Restart();
  const JobId second = Create("b");
  EXPECT_LT(Get(first).sequence, Get(second).sequence);
}

TEST_F(QueueTest, ACrashPutsARunningJobBackAndItResumesFromTheStore) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  Report(transfer::Progressed{download.id, At(42)});
  Advance(seconds(1));
  EXPECT_EQ(store_.Find(id)->state, kTransferring);
  CrashAndRestart();
  const transfer::Download again = transfers_->TakeStart();
  EXPECT_EQ(again.id.job, id);
  EXPECT_EQ(again.resume.offset, 42u);
  EXPECT_EQ(again.resume.validators, At(0).validators);
  EXPECT_EQ(StateOf(id), kConnecting);
}

TEST_F(QueueTest, AStopSavesTheLastProgress) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  Report(transfer::Progressed{download.id, At(10)});
  Report(transfer::Progressed{download.id, At(42)});
  // The fake reports Stopped with what the attempt began with.
  Restart();
  const transfer::Download again = transfers_->TakeStart();
  EXPECT_EQ(again.id.job, id);
  EXPECT_EQ(store_.Find(id)->files[0].bytes_transferred, again.resume.offset);
}

TEST_F(QueueTest, AnInterruptedCompleteIsDoneAgain) {
  const JobId id = CreateTransferred("a");
  files_.Hold();
  std::future<Result<HResult>> lost = BeginCall(id, kComplete);
  Settle();
  const std::vector<Job> on_disk = store_.Jobs();
  ASSERT_THAT(on_disk, SizeIs(1));
  EXPECT_EQ(on_disk[0].pending, Pending::kCompleting);
  files_.Release();
  StopQueue();
  store_.Replace(on_disk);
  StartQueue();
  Settle();
  EXPECT_EQ(index_->Find(id), nullptr);
  EXPECT_FALSE(store_.Find(id));
  ASSERT_THAT(files_.work(), SizeIs(2));
  EXPECT_TRUE(files_.work()[1].keep);
}

TEST_F(QueueTest, AnInterruptedCancelIsDoneAgain) {
  const JobId id = CreateTransferred("a");
  files_.Hold();
  std::future<Result<HResult>> lost = BeginCall(id, kCancel);
  Settle();
  const std::vector<Job> on_disk = store_.Jobs();
  files_.Release();
  StopQueue();
  store_.Replace(on_disk);
  files_.Hold();
  StartQueue();
  Settle();
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kInvalidState));
  files_.Release();
  Settle();
  EXPECT_FALSE(store_.Find(id));
  ASSERT_THAT(files_.work(), SizeIs(2));
  EXPECT_FALSE(files_.work()[1].keep);
}

TEST_F(QueueTest, AnInterruptedCompleteThatFailsLeavesTheJobTransferred) {
  const JobId id = CreateTransferred("a");
  std::vector<Job> on_disk = store_.Jobs();
  on_disk[0].pending = Pending::kCompleting;
  StopQueue();
  store_.Replace(on_disk);
  files_.FailWork("a", Error{HResult::kAccessDenied, ErrorContext::kLocalFile, "denied"});
  StartQueue();
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_EQ(store_.Find(id)->pending, Pending::kNothing);
}

TEST_F(QueueTest, AJobWhoseLastStateWasNotSavedNeedsNoTransfer) {
  const JobId id = CreateTransferred("a");
  std::vector<Job> on_disk = store_.Jobs();
  on_disk[0].state = kTransferring;
  StopQueue();
  store_.Replace(on_disk);
  StartQueue();
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_EQ(transfers_->starts(), 0u);
}

TEST_F(QueueTest, ATransientErrorIsKeptAndRetriedAfterItsDelayAnew) {
  const JobId id = Create("a");
  std::vector<Job> on_disk = store_.Jobs();
  on_disk[0].state = kTransientError;
  on_disk[0].error = std::make_shared<const JobError>(
      JobError{HttpError(503), ErrorContext::kRemoteFile, 0, "busy"});
  StopQueue();
  store_.Replace(on_disk);
  StartQueue();
  EXPECT_EQ(StateOf(id), kTransientError);
  EXPECT_EQ(Get(id).error->code, HttpError(503));
  Advance(seconds(599));
  EXPECT_EQ(StateOf(id), kTransientError);
  Advance(seconds(1));
  EXPECT_EQ(transfers_->TakeStart().id.job, id);
}

TEST_F(QueueTest, ErrorsAndTransferredJobsWaitForTheClientAfterARestart) {
  const JobId transferred = CreateTransferred("a");
  const JobId failed = Create("b", true);
  FailTransfer(transfers_->TakeStart(), /*recoverable=*/false);
  Restart();
  EXPECT_EQ(StateOf(transferred), kTransferred);
  EXPECT_EQ(StateOf(failed), kError);
  EXPECT_EQ(transfers_->starts(), 0u);
}

TEST_F(QueueTest, AFileWhoseDriveIsGoneFromTheConfigurationIsAFatalError) {
  const JobId id = Create("a");
  StopQueue();
  options_.paths.drives.clear();
  StartQueue();
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  const Job job = Get(id);
  EXPECT_EQ(job.state, kError);
  EXPECT_EQ(job.error->context, ErrorContext::kLocalFile);
  EXPECT_THAT(Call(id, kCancel), Optional(HResult::kUnableToDeleteFiles));
}

TEST_F(QueueTest, StopAnswersASuspendThatWaits) {
  const JobId id = Create("a", true);
  Connect();
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  transfers_->TakeStop();
  queue_->Stop();
  EXPECT_THAT(QueueTest::Get(suspended), Optional(HResult::kOk));
  EXPECT_EQ(store_.Find(id)->state, kSuspended);
}

TEST_F(QueueTest, StopTwiceIsStopOnce) {
  queue_->Stop();
  queue_->Stop();
  EXPECT_THAT(index_->List(), IsEmpty());
}

}  // namespace
}  // namespace engine
