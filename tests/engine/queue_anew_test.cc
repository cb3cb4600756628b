// A file that starts anew: not one byte of the new version before the store has
// forgotten the old one.
#include "queue_fixture.h"

namespace engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Optional;
using testing::SizeIs;
using enum JobState;
using enum JobMethod;

class QueueAnewTest : public QueueTest {
 protected:
  // 42 of 100 bytes are stored.
  transfer::Download Begun(const JobId&) {
    const transfer::Download download = Connect();
    Report(transfer::Progressed{download.id, At(42)});
    return download;
  }
  // Another version is on the server; the commit of that is under way.
  void ReportAndHold(const transfer::Download& download) {
    store_.Hold(true);
    transfers_->Report(transfer::Restarted{download.id});
    SettleEngine();
  }
  void Release() {
    store_.Hold(false);
    Settle();
  }
  // Until the queue takes no calls any more.
  void WaitUntilStopping() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (Call(JobId::Random(), kResume).error().code != HResult::kUnexpected)
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  void ExpectForgotten(const JobId& id) {
    const std::optional<Job> job = store_.Find(id);
    ASSERT_TRUE(job);
    EXPECT_EQ(job->files[0].bytes_transferred, 0u);
    EXPECT_EQ(job->files[0].bytes_total, std::nullopt);
    EXPECT_EQ(job->files[0].validators, Validators{});
  }
  void ExpectStartAtZero(const JobId& id) {
    const transfer::Download again = transfers_->TakeStart();
    EXPECT_EQ(again.id.job, id);
    EXPECT_EQ(again.resume.offset, 0u);
    EXPECT_EQ(again.resume.total, std::nullopt);
    EXPECT_EQ(again.resume.validators, Validators{});
    ExpectForgotten(id);
  }
};

TEST_F(QueueAnewTest, TheFileStartsAtZeroAfterTheCommit) {
  const JobId id = Create("a", true);
  ReportAndHold(Begun(id));
  EXPECT_EQ(transfers_->starts(), 0u);
  EXPECT_EQ(index_->Find(id)->files[0].bytes_transferred, 42u);
  Release();
  ExpectStartAtZero(id);
  EXPECT_EQ(transfers_->starts(), 0u) << "once";
  const Job job = Get(id);
  EXPECT_EQ(job.state, kTransferring);
  EXPECT_EQ(job.files[0].bytes_transferred, 0u);
  EXPECT_FALSE(job.error);
  EXPECT_EQ(job.error_count, 0u);
}

TEST_F(QueueAnewTest, ACrashBeforeTheCommitResumesTheEarlierVersion) {
  const JobId id = Create("a", true);
  const transfer::Download download = Begun(id);
  ReportAndHold(download);
  const std::vector<Job> on_disk = store_.Jobs();
  EXPECT_EQ(transfers_->starts(), 0u);
  store_.Hold(false);
  StopQueue();
  store_.Replace(on_disk);
  StartQueue();
  const transfer::Download again = transfers_->TakeStart();
  EXPECT_EQ(again.resume.offset, 42u);
  EXPECT_EQ(again.resume.validators, At(0).validators);
}

TEST_F(QueueAnewTest, AFullDiskDelaysTheStart) {
  const JobId id = Create("a", true);
  const transfer::Download download = Begun(id);
  store_.SetFull(true);
  Report(transfer::Restarted{download.id});
  Advance(seconds(5));
  EXPECT_EQ(transfers_->starts(), 0u);
  EXPECT_EQ(StateOf(id), kTransferring);
  store_.SetFull(false);
  Advance(seconds(5));
  ExpectStartAtZero(id);
}

TEST_F(QueueAnewTest, AFailureThatGivesBytesUpWaitsForTheCommitToo) {
  const JobId id = Create("a", true);
  const transfer::Download download = Begun(id);
  store_.Hold(true);
  transfers_->Report(
      transfer::Failed{download.id,
                       {},
                       Error{HResult::kInvalidServerReply, ErrorContext::kRemoteFile, "long"},
                       true,
                       std::nullopt});
  SettleEngine();
  clock_.Advance(milliseconds(500));
  queue_->Wake();
  SettleEngine();
  EXPECT_EQ(transfers_->starts(), 0u);
  Release();
  ExpectStartAtZero(id);
}

TEST_F(QueueAnewTest, SuspendDuringTheCommitLeavesTheJobSuspended) {
  const JobId id = Create("a", true);
  ReportAndHold(Begun(id));
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  SettleEngine();
  Release();
  EXPECT_THAT(QueueTest::Get(suspended), Optional(HResult::kOk));
  EXPECT_EQ(StateOf(id), kSuspended);
  EXPECT_EQ(transfers_->starts(), 0u);
  ExpectForgotten(id);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  ExpectStartAtZero(id);
}

TEST_F(QueueAnewTest, ASuspendThatIsRefusedDuringTheCommitLetsTheJobGoOn) {
  const JobId id = Create("a", true);
  ReportAndHold(Begun(id));
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  SettleEngine();
  store_.SetFull(true);
  Release();
  EXPECT_FALSE(QueueTest::Get(suspended));
  EXPECT_EQ(transfers_->starts(), 0u);
  store_.SetFull(false);
  Advance(seconds(5));
  ExpectStartAtZero(id);
}

TEST_F(QueueAnewTest, ASuspendThatWaitsTakesTheRestartForItsAnswer) {
  const JobId id = Create("a", true);
  const transfer::Download download = Begun(id);
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  transfers_->TakeStop();
  Report(transfer::Restarted{download.id});
  EXPECT_THAT(QueueTest::Get(suspended), Optional(HResult::kOk));
  EXPECT_EQ(StateOf(id), kSuspended);
  EXPECT_EQ(transfers_->starts(), 0u);
  ExpectForgotten(id);
}

TEST_F(QueueAnewTest, CancelDuringTheCommitEndsTheJob) {
  const JobId id = Create("a", true);
  ReportAndHold(Begun(id));
  std::future<Result<HResult>> cancelled = BeginCall(id, kCancel);
  SettleEngine();
  Release();
  EXPECT_THAT(QueueTest::Get(cancelled), Optional(HResult::kOk));
  EXPECT_EQ(index_->Find(id), nullptr);
  EXPECT_EQ(transfers_->starts(), 0u);
  ASSERT_THAT(files_.work(), SizeIs(1));
  EXPECT_FALSE(files_.work()[0].keep);
}

TEST_F(QueueAnewTest, CompleteDuringTheCommitKeepsTheFilesThatAreWhole) {
  const JobId id = Create("a");
  EXPECT_TRUE(AddFile(id, "b"));
  Call(id, kResume);
  Finish(Connect());
  ReportAndHold(Begun(id));
  std::future<Result<HResult>> completed = BeginCall(id, kComplete);
  SettleEngine();
  Release();
  EXPECT_TRUE(QueueTest::Get(completed));
  EXPECT_EQ(index_->Find(id), nullptr);
  EXPECT_EQ(transfers_->starts(), 0u);
  ASSERT_THAT(files_.work(), SizeIs(2));
  EXPECT_TRUE(files_.work()[0].keep);
  EXPECT_FALSE(files_.work()[1].keep);
}

TEST_F(QueueAnewTest, AChangeDuringTheCommitStartsTheFileOnce) {
  const JobId id = Create("a", true);
  ReportAndHold(Begun(id));
  auto changed = std::make_shared<std::promise<bool>>();
  queue_->Change(
      id, {}, [changed](const Result<JobSnapshot>& job) { changed->set_value(job.has_value()); });
  SettleEngine();
  EXPECT_EQ(transfers_->starts(), 0u);
  Release();
  EXPECT_TRUE(changed->get_future().get());
  ExpectStartAtZero(id);
  EXPECT_EQ(transfers_->starts(), 0u);
  EXPECT_EQ(StateOf(id), kTransferring);
}

TEST_F(QueueAnewTest, ShutdownDuringTheCommitStoresItAndStartsNothing) {
  const JobId id = Create("a", true);
  ReportAndHold(Begun(id));
  std::thread stop([this] { queue_->Stop(); });
  WaitUntilStopping();
  store_.Hold(false);
  stop.join();
  EXPECT_EQ(transfers_->starts(), 0u);
  ExpectForgotten(id);
  Restart();
  ExpectStartAtZero(id);
}

TEST_F(QueueAnewTest, AJobThatIsPreemptedDuringTheCommitReturnsLater) {
  const JobId id = Create("a", true);
  const JobId other = Create("b");
  JobChanges changes;
  changes.priority = 1;
  EXPECT_TRUE(Change(other, changes));
  ReportAndHold(Begun(id));
  std::future<Result<HResult>> resumed = BeginCall(other, kResume);
  SettleEngine();
  Release();
  EXPECT_THAT(QueueTest::Get(resumed), Optional(HResult::kOk));
  // It may have got as far as a transfer, which is then stopped like any other.
  transfer::Download next = transfers_->TakeStart();
  if (next.id.job == id) {
    Report(transfer::Stopped{next.id, {}});
    next = transfers_->TakeStart();
  }
  EXPECT_EQ(next.id.job, other);
  EXPECT_EQ(StateOf(id), kQueued);
  Finish(next);
  ExpectStartAtZero(id);
}

TEST_F(QueueAnewTest, AJobThatIsPreemptedWhileTheDiskIsFullStartsAfterItsTurnCame) {
  const JobId id = Create("a", true);
  Create("b", true);
  const transfer::Download download = Begun(id);
  store_.SetFull(true);
  Report(transfer::Restarted{download.id});
  Advance(seconds(300));
  const transfer::Download other = transfers_->TakeStart();
  EXPECT_NE(other.id.job, id);
  Advance(seconds(300));
  EXPECT_EQ(transfers_->TakeStop(), other.id);
  Report(transfer::Stopped{other.id, {}});
  EXPECT_EQ(transfers_->starts(), 0u);
  store_.SetFull(false);
  Advance(seconds(5));
  ExpectStartAtZero(id);
}

TEST_F(QueueAnewTest, MoreThanThreeTimesWithoutProgressIsAFailure) {
  const JobId id = Create("a", true);
  transfer::Download download = Begun(id);
  for (int restart = 1; restart <= 3; ++restart) {
    Report(transfer::Restarted{download.id});
    ASSERT_EQ(transfers_->starts(), 1u) << restart;
    download = transfers_->TakeStart();
  }
  Report(transfer::Restarted{download.id});
  EXPECT_EQ(transfers_->starts(), 0u);
  Advance(milliseconds(499));
  EXPECT_EQ(transfers_->starts(), 0u);
  Advance(milliseconds(1));
  ASSERT_EQ(transfers_->starts(), 1u);
  download = transfers_->TakeStart();
  Report(transfer::Progressed{download.id, At(1)});
  Report(transfer::Restarted{download.id});
  EXPECT_EQ(transfers_->starts(), 1u) << "there was progress";
}

}  // namespace
}  // namespace engine
