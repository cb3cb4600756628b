// Suspend, Resume, Cancel and Complete.
#include "engine/job_entry.h"
#include "queue_fixture.h"

namespace engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;
using enum JobState;
using enum JobMethod;

const Error kDenied{HResult::kAccessDenied, ErrorContext::kLocalFile, "denied"};

bool IsReady(std::future<Result<HResult>>& future) {
  return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

std::vector<std::string> NamesOf(const std::vector<transfer::FileWork>& work, bool keep) {
  std::vector<std::string> names;
  for (const transfer::FileWork& file : work)
    if (file.keep == keep) names.push_back(file.target.name);
  return names;
}

TEST_F(QueueTest, MethodsOfAnUnknownJobAreErrors) {
  for (const JobMethod method : {kSuspend, kResume, kCancel, kComplete}) {
    const Result<HResult> result = Call(JobId::Random(), method);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, HResult::kNotFound);
  }
}

TEST_F(QueueTest, ResumeStartsASuspendedJob) {
  const JobId id = Create("a");
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  EXPECT_EQ(transfers_->TakeStart().id.job, id);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  EXPECT_EQ(StateOf(id), kConnecting);
}

TEST_F(QueueTest, SuspendAnswersAfterTheCheckpoint) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  Report(transfer::Progressed{download.id, At(10)});
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  EXPECT_EQ(transfers_->TakeStop(), download.id);
  Settle();
  EXPECT_FALSE(IsReady(suspended));
  Report(transfer::Stopped{download.id, At(42)});
  EXPECT_THAT(QueueTest::Get(suspended), Optional(HResult::kOk));
  const JobSnapshot job = index_->Find(id);
  EXPECT_EQ(job->state, kSuspended);
  EXPECT_EQ(job->files[0].bytes_transferred, 42u);
  EXPECT_EQ(store_.Find(id)->files[0].bytes_transferred, 42u);
}

TEST_F(QueueTest, AResumedTransferContinuesWhereItStopped) {
  const JobId id = Create("a", true);
  const transfer::Download first = Connect();
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  transfers_->TakeStop();
  Report(transfer::Stopped{first.id, At(42)});
  QueueTest::Get(suspended);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  const transfer::Download second = transfers_->TakeStart();
  EXPECT_EQ(second.resume.offset, 42u);
  EXPECT_THAT(second.resume.total, Optional(100u));
  EXPECT_EQ(second.resume.validators, At(0).validators);
  EXPECT_EQ(second.temporary_name, first.temporary_name);
  EXPECT_GT(second.id.attempt, first.id.attempt);
}

TEST_F(QueueTest, ATransferThatFinishesWhileItIsSuspendedIsKept) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  transfers_->TakeStop();
  Finish(download);
  EXPECT_THAT(QueueTest::Get(suspended), Optional(HResult::kOk));
  EXPECT_EQ(StateOf(id), kSuspended);
  EXPECT_TRUE(Get(id).files[0].transferred);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_TRUE(Get(id).completed);
}

TEST_F(QueueTest, ATransferThatFailsWhileItIsSuspendedShowsNoError) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  transfers_->TakeStop();
  FailTransfer(download, /*recoverable=*/false);
  EXPECT_THAT(QueueTest::Get(suspended), Optional(HResult::kOk));
  EXPECT_EQ(StateOf(id), kSuspended);
  EXPECT_FALSE(Get(id).error);
}

TEST_F(QueueTest, ATransferredJobCanBeSuspendedAndReturns) {
  const JobId id = CreateTransferred("a");
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kEmpty));
  EXPECT_THAT(Call(id, kSuspend), Optional(HResult::kOk));
  EXPECT_EQ(StateOf(id), kSuspended);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  EXPECT_EQ(StateOf(id), kTransferred);
}

TEST_F(QueueTest, CallsThatArriveWhileSuspendWaitsRunAfterIt) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  std::future<Result<HResult>> resumed = BeginCall(id, kResume);
  transfers_->TakeStop();
  Settle();
  EXPECT_FALSE(IsReady(resumed));
  Report(transfer::Stopped{download.id, At(1)});
  EXPECT_THAT(QueueTest::Get(suspended), Optional(HResult::kOk));
  EXPECT_THAT(QueueTest::Get(resumed), Optional(HResult::kOk));
  EXPECT_EQ(transfers_->TakeStart().resume.offset, 1u);
}

TEST_F(QueueTest, AFullDiskUndoesASuspendAndTheTransferGoesOn) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  transfers_->TakeStop();
  Settle();
  store_.SetFull(true);
  Report(transfer::Stopped{download.id, At(42)});
  const Result<HResult> result = QueueTest::Get(suspended);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, HResult::kDiskFull);
  store_.SetFull(false);
  EXPECT_EQ(transfers_->TakeStart().resume.offset, 42u);
}

TEST_F(QueueTest, CancelDeletesTheTemporaryFilesAndTheJob) {
  const JobId id = Create("a");
  EXPECT_TRUE(AddFile(id, "b"));
  EXPECT_THAT(Call(id, kCancel), Optional(HResult::kOk));
  EXPECT_EQ(index_->Find(id), nullptr);
  EXPECT_FALSE(store_.Find(id));
  EXPECT_THAT(NamesOf(files_.work(), /*keep=*/false), ElementsAre("a", "b"));
  EXPECT_THAT(NamesOf(files_.work(), /*keep=*/true), IsEmpty());
}

TEST_F(QueueTest, CancelStopsTheTransferFirst) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  std::future<Result<HResult>> cancelled = BeginCall(id, kCancel);
  EXPECT_EQ(transfers_->TakeStop(), download.id);
  Settle();
  EXPECT_THAT(files_.work(), IsEmpty());
  EXPECT_EQ(store_.Find(id)->pending, Pending::kNothing);
  Report(transfer::Stopped{download.id, At(42)});
  EXPECT_THAT(QueueTest::Get(cancelled), Optional(HResult::kOk));
  EXPECT_EQ(index_->Find(id), nullptr);
}

TEST_F(QueueTest, CancelIsOnDiskBeforeTheFirstFileGoes) {
  const JobId id = Create("a");
  files_.Hold();
  std::future<Result<HResult>> cancelled = BeginCall(id, kCancel);
  Settle();
  EXPECT_THAT(files_.work(), SizeIs(1));
  EXPECT_EQ(store_.Find(id)->pending, Pending::kCancelling);
  EXPECT_FALSE(IsReady(cancelled));
  files_.Release();
  EXPECT_THAT(QueueTest::Get(cancelled), Optional(HResult::kOk));
}

TEST_F(QueueTest, CancelSaysWhenAFileCouldNotBeDeleted) {
  const JobId id = Create("a");
  files_.FailWork("a", kDenied);
  EXPECT_THAT(Call(id, kCancel), Optional(HResult::kUnableToDeleteFiles));
  EXPECT_EQ(index_->Find(id), nullptr);
}

TEST_F(QueueTest, AJobThatEndsTakesNoMoreCalls) {
  const JobId id = CreateTransferred("a");
  files_.Hold();
  std::future<Result<HResult>> completed = BeginCall(id, kComplete);
  for (const JobMethod method : {kSuspend, kResume, kCancel, kComplete})
    EXPECT_THAT(Call(id, method), Optional(HResult::kInvalidState));
  EXPECT_EQ(Change(id, {}).error().code, HResult::kInvalidState);
  EXPECT_EQ(AddFile(id, "b").error().code, HResult::kInvalidState);
  Settle();
  files_.Release();
  EXPECT_THAT(QueueTest::Get(completed), Optional(HResult::kOk));
  EXPECT_EQ(Call(id, kComplete).error().code, HResult::kNotFound);
}

TEST_F(QueueTest, CompleteKeepsTheFilesAndDeletesTheJob) {
  const JobId id = CreateTransferred("a");
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kOk));
  ASSERT_THAT(files_.work(), SizeIs(1));
  const transfer::FileWork work = files_.work()[0];
  EXPECT_TRUE(work.keep);
  EXPECT_EQ(work.target.name, "a");
  EXPECT_EQ(work.modified, std::chrono::system_clock::from_time_t(784111777));
  EXPECT_EQ(index_->Find(id), nullptr);
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(QueueTest, CompleteKeepsFinishedFilesAndDeletesTheOthers) {
  const JobId id = Create("a");
  EXPECT_TRUE(AddFile(id, "b"));
  Call(id, kResume);
  Finish(Connect());
  const transfer::Download second = Connect();
  std::future<Result<HResult>> completed = BeginCall(id, kComplete);
  transfers_->TakeStop();
  Report(transfer::Stopped{second.id, At(50)});
  EXPECT_THAT(QueueTest::Get(completed), Optional(HResult::kPartialComplete));
  EXPECT_THAT(NamesOf(files_.work(), /*keep=*/true), ElementsAre("a"));
  EXPECT_THAT(NamesOf(files_.work(), /*keep=*/false), ElementsAre("b"));
}

TEST_F(QueueTest, CompleteWorksOnEveryFileHoweverManyThereAre) {
  options_.limits.files_per_job = kFilesFinishedAtOnce + 1;
  std::size_t all = 0;
  for (const std::size_t files :
       {kFilesFinishedAtOnce - 1, kFilesFinishedAtOnce, kFilesFinishedAtOnce + 1}) {
    const JobId id = Create("0");
    for (std::size_t i = 1; i < files; ++i) ASSERT_TRUE(AddFile(id, std::to_string(i)));
    EXPECT_THAT(Call(id, kComplete), Optional(HResult::kPartialComplete));
    EXPECT_EQ(index_->Find(id), nullptr);
    all += files;
    ASSERT_THAT(files_.work(), SizeIs(all));
    EXPECT_EQ(files_.work().back().target.name, std::to_string(files - 1));
  }
}

TEST_F(QueueTest, AFailureAmongTheFirstFilesOfManyIsToldAfterTheLast) {
  options_.limits.files_per_job = kFilesFinishedAtOnce + 1;
  const JobId id = Create("0");
  for (std::size_t i = 1; i <= kFilesFinishedAtOnce; ++i)
    ASSERT_TRUE(AddFile(id, std::to_string(i)));
  files_.FailWork("0", kDenied);
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kUnableToDeleteFiles));
  EXPECT_THAT(files_.work(), SizeIs(kFilesFinishedAtOnce + 1));
}

TEST_F(QueueTest, CompleteWithNoFinishedFileIsPartial) {
  const JobId id = Create("a");
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kPartialComplete));
  EXPECT_EQ(index_->Find(id), nullptr);
}

TEST_F(QueueTest, TheLastFileThatArrivesWhileCompleteStopsTheTransferCounts) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  std::future<Result<HResult>> completed = BeginCall(id, kComplete);
  transfers_->TakeStop();
  Finish(download);
  EXPECT_THAT(QueueTest::Get(completed), Optional(HResult::kOk));
  EXPECT_THAT(NamesOf(files_.work(), /*keep=*/true), ElementsAre("a"));
}

TEST_F(QueueTest, CompleteSaysWhenAnUnfinishedFileCouldNotBeDeleted) {
  const JobId id = Create("a");
  files_.FailWork("a", kDenied);
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kUnableToDeleteFiles));
  EXPECT_EQ(index_->Find(id), nullptr);
}

TEST_F(QueueTest, AFailedRenameLeavesTheJobTransferred) {
  const JobId id = Create("a");
  EXPECT_TRUE(AddFile(id, "b"));
  Call(id, kResume);
  Finish(Connect());
  Finish(Connect());
  files_.FailWork("b", kDenied);
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kAccessDenied));
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_EQ(store_.Find(id)->pending, Pending::kNothing);
  // The retry leaves the file alone that has its name already.
  files_.FailWork("b", std::nullopt);
  files_.FailWork("a", kDenied);
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kOk));
  EXPECT_THAT(NamesOf(files_.work(), /*keep=*/true), ElementsAre("a", "b", "b"));
}

TEST_F(QueueTest, AfterAFailedRenameTheDeletedFilesStartFromZero) {
  const JobId id = Create("a");
  EXPECT_TRUE(AddFile(id, "b"));
  Call(id, kResume);
  Finish(Connect());
  const transfer::Download second = Connect();
  files_.FailWork("a", kDenied);
  std::future<Result<HResult>> completed = BeginCall(id, kComplete);
  transfers_->TakeStop();
  Report(transfer::Stopped{second.id, At(50)});
  EXPECT_THAT(QueueTest::Get(completed), Optional(HResult::kAccessDenied));
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  const transfer::Download again = transfers_->TakeStart();
  EXPECT_EQ(again.id.file, 1u);
  EXPECT_EQ(again.resume.offset, 0u);
}

TEST_F(QueueTest, ACompleteThatCannotBeWrittenDownTouchesNoFile) {
  const JobId id = CreateTransferred("a");
  store_.SetFull(true);
  EXPECT_EQ(Call(id, kComplete).error().code, HResult::kDiskFull);
  store_.SetFull(false);
  EXPECT_THAT(files_.work(), IsEmpty());
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kOk));
}

TEST_F(QueueTest, AJobWhoseDeletionDoesNotFitIsDeletedLater) {
  const JobId id = CreateTransferred("a");
  files_.Hold();
  std::future<Result<HResult>> completed = BeginCall(id, kComplete);
  Settle();
  store_.SetFull(true);
  files_.Release();
  Settle();
  EXPECT_FALSE(IsReady(completed));
  store_.SetFull(false);
  Advance(std::chrono::seconds(5));
  EXPECT_THAT(QueueTest::Get(completed), Optional(HResult::kOk));
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(QueueTest, ACancelThatCannotBeWrittenDownLetsTheTransferGoOn) {
  const JobId id = Create("a", true);
  const transfer::Download download = Connect();
  std::future<Result<HResult>> cancelled = BeginCall(id, kCancel);
  transfers_->TakeStop();
  Settle();
  store_.SetFull(true);
  Report(transfer::Stopped{download.id, At(42)});
  EXPECT_EQ(QueueTest::Get(cancelled).error().code, HResult::kDiskFull);
  store_.SetFull(false);
  EXPECT_EQ(transfers_->TakeStart().resume.offset, 42u);
}

}  // namespace
}  // namespace engine
