// Files of one job that transfer at once.
#include "queue_fixture.h"

namespace engine {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;
using enum JobState;
using enum JobMethod;

constexpr std::uint64_t kLarge = 1 << 20;

class QueueFilesTest : public QueueTest {
 protected:
  // A running job with files f0, f1, …
  JobId RunFiles(std::size_t count) {
    const JobId id = Create("f0");
    for (std::size_t i = 1; i < count; ++i) EXPECT_TRUE(AddFile(id, "f" + std::to_string(i)));
    EXPECT_EQ(Call(id, kResume), HResult::kOk);
    Settle();
    return id;
  }
  std::vector<transfer::Download> TakeStarts() {
    Settle();
    std::vector<transfer::Download> starts;
    while (transfers_->starts() > 0) starts.push_back(transfers_->TakeStart());
    return starts;
  }
  std::vector<std::uint32_t> TakeStops() {
    Settle();
    std::vector<std::uint32_t> files;
    while (transfers_->stops() > 0) files.push_back(transfers_->TakeStop().file);
    return files;
  }
  // What clients see, once progress is due.
  std::vector<bool> Transferred(const JobId& id) {
    Advance(seconds(1));
    std::vector<bool> transferred;
    for (const File& file : Get(id).files) transferred.push_back(file.transferred);
    return transferred;
  }
  static std::vector<std::uint32_t> FilesOf(const std::vector<transfer::Download>& downloads) {
    std::vector<std::uint32_t> files;
    for (const transfer::Download& download : downloads) files.push_back(download.id.file);
    return files;
  }
  void ReportConnected(const transfer::Download& download, std::uint64_t total) {
    Report(transfer::Connected{download.id, At(download.resume.offset, total)});
  }
};

TEST_F(QueueFilesTest, AsManySmallFilesRunAtOnceAsTheSettingAllows) {
  for (const std::size_t most : {1u, 2u, 3u}) {
    StopQueue();
    store_.Replace({});
    options_.transfers.files_per_job = most;
    StartQueue();
    RunFiles(5);
    EXPECT_THAT(TakeStarts(), SizeIs(most));
  }
}

TEST_F(QueueFilesTest, EightFilesRunAtOnceByDefault) {
  RunFiles(7);
  EXPECT_THAT(TakeStarts(), SizeIs(7));
  StopQueue();
  store_.Replace({});
  StartQueue();
  RunFiles(8);
  EXPECT_THAT(TakeStarts(), SizeIs(8));
  StopQueue();
  store_.Replace({});
  StartQueue();
  RunFiles(9);
  EXPECT_THAT(TakeStarts(), SizeIs(8));
}

TEST_F(QueueFilesTest, AFileCountsAsTransferredAfterThoseBeforeIt) {
  const JobId id = RunFiles(3);
  const auto downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(3));
  Finish(downloads[2]);
  Finish(downloads[1]);
  EXPECT_THAT(Transferred(id), ElementsAre(false, false, false));
  Finish(downloads[0]);
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_THAT(Transferred(id), ElementsAre(true, true, true));
}

TEST_F(QueueFilesTest, AFileThatWaitsForTheDiskMakesRoomForTheNext) {
  RunFiles(10);
  const auto downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(8));
  Report(transfer::Arrived{downloads[3].id});
  EXPECT_THAT(FilesOf(TakeStarts()), ElementsAre(8u));
  Finish(downloads[5]);
  EXPECT_THAT(FilesOf(TakeStarts()), ElementsAre(9u));
}

TEST_F(QueueFilesTest, NoMoreThan256FilesWaitForTheFirst) {
  StopQueue();
  options_.limits.files_per_job = 300;
  StartQueue();
  RunFiles(270);
  std::vector<transfer::Download> downloads = TakeStarts();
  const transfer::Download first = downloads.front();
  std::size_t started = downloads.size();
  while (!downloads.empty()) {
    for (const transfer::Download& download : downloads)
      if (download.id != first.id) transfers_->Report(transfer::Arrived{download.id});
    downloads = TakeStarts();
    started += downloads.size();
  }
  EXPECT_EQ(started, 256u);
  Finish(first);
  EXPECT_THAT(TakeStarts(), SizeIs(1));
}

TEST_F(QueueFilesTest, NothingStartsBesideALargeFile) {
  const JobId id = RunFiles(10);
  const auto downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(8));
  ReportConnected(downloads[0], kLarge);
  for (std::size_t i = 1; i < 8; ++i) Finish(downloads[i]);
  EXPECT_EQ(transfers_->starts(), 0u);
  EXPECT_EQ(transfers_->stops(), 0u);
  Finish(downloads[0], kLarge);
  EXPECT_THAT(FilesOf(TakeStarts()), ElementsAre(8u, 9u));
  EXPECT_EQ(StateOf(id), kTransferring);
}

TEST_F(QueueFilesTest, AFileIsLargeFromOneMiB) {
  RunFiles(9);
  auto downloads = TakeStarts();
  ReportConnected(downloads[0], kLarge - 1);
  Finish(downloads[1]);
  EXPECT_THAT(TakeStarts(), SizeIs(1));
}

TEST_F(QueueFilesTest, AFileWithoutASizeIsLargeOnceItHasOneMiB) {
  RunFiles(9);
  auto downloads = TakeStarts();
  Report(transfer::Connected{downloads[0].id, {0, std::nullopt, {}}});
  Report(transfer::Progressed{downloads[0].id, {kLarge, std::nullopt, {}}});
  Finish(downloads[1]);
  EXPECT_EQ(transfers_->starts(), 0u);
}

TEST_F(QueueFilesTest, OfLargeFilesTheFirstGoesOnAndTheOthersWaitForTheirTurn) {
  const JobId id = RunFiles(3);
  const auto downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(3));
  ReportConnected(downloads[2], kLarge);
  EXPECT_THAT(TakeStops(), SizeIs(0));
  ReportConnected(downloads[0], kLarge);
  EXPECT_THAT(TakeStops(), ElementsAre(2u));
  ReportConnected(downloads[1], kLarge);
  EXPECT_THAT(TakeStops(), ElementsAre(1u));
  Report(transfer::Stopped{downloads[2].id, At(5, kLarge)});
  Report(transfer::Stopped{downloads[1].id, At(0, kLarge)});
  EXPECT_EQ(transfers_->starts(), 0u);
  EXPECT_EQ(StateOf(id), kTransferring);
  Finish(downloads[0], kLarge);
  const auto second = TakeStarts();
  ASSERT_THAT(FilesOf(second), ElementsAre(1u));
  Finish(second[0], kLarge);
  const auto third = TakeStarts();
  ASSERT_THAT(FilesOf(third), ElementsAre(2u));
  EXPECT_EQ(third[0].resume.offset, 5u);
  Finish(third[0], kLarge);
  EXPECT_EQ(StateOf(id), kTransferred);
}

TEST_F(QueueFilesTest, SizesAreAskedForBesideALargeFile) {
  RunFiles(10);
  const auto downloads = TakeStarts();
  EXPECT_THAT(transfers_->probes(), SizeIs(0)) << "their transfers tell as soon";
  ReportConnected(downloads[0], kLarge);
  for (std::size_t i = 1; i < 8; ++i) Report(transfer::Stopped{downloads[i].id, At(0)});
  EXPECT_THAT(transfers_->probes(), SizeIs(2));
}

TEST_F(QueueFilesTest, TheFirstFileThatFailsDecides) {
  const JobId id = RunFiles(5);
  const auto downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(5));
  FailTransfer(downloads[3]);
  EXPECT_EQ(StateOf(id), kConnecting) << "one before it may still fail";
  FailTransfer(downloads[1], /*recoverable=*/false);
  Finish(downloads[4]);
  EXPECT_THAT(TakeStops(), SizeIs(0));
  Finish(downloads[0]);
  EXPECT_THAT(TakeStops(), ElementsAre(2u));
  EXPECT_EQ(StateOf(id), kTransferring);
  Report(transfer::Stopped{downloads[2].id, At(7)});
  const Job job = Get(id);
  EXPECT_EQ(job.state, kError);
  EXPECT_THAT(job.error->file, Optional(1u));
  EXPECT_EQ(job.error_count, 1u);
  EXPECT_THAT(Transferred(id), ElementsAre(true, false, false, false, true));
  EXPECT_EQ(Get(id).files[2].bytes_transferred, 7u);
}

TEST_F(QueueFilesTest, AfterAFailureFilesGoOneAtATimeUntilThereIsProgress) {
  RunFiles(4);
  const auto downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(4));
  for (const auto& download : downloads) FailTransfer(download);
  Advance(seconds(10));
  const auto again = TakeStarts();
  ASSERT_THAT(FilesOf(again), ElementsAre(0u));
  Report(transfer::Progressed{again[0].id, At(1)});
  Finish(again[0]);
  EXPECT_THAT(FilesOf(TakeStarts()), ElementsAre(1u, 2u, 3u));
}

TEST_F(QueueFilesTest, SuspendWaitsForTheEndsOfAllFiles) {
  const JobId id = RunFiles(3);
  const auto downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(3));
  auto suspended = BeginCall(id, kSuspend);
  EXPECT_THAT(TakeStops(), ElementsAre(0u, 1u, 2u));
  Report(transfer::Stopped{downloads[2].id, At(3)});
  Finish(downloads[0]);
  EXPECT_NE(suspended.wait_for(seconds(0)), std::future_status::ready);
  FailTransfer(downloads[1]);
  EXPECT_EQ(Get(suspended), HResult::kOk);
  const Job job = QueueTest::Get(id);
  EXPECT_EQ(job.state, kSuspended);
  EXPECT_EQ(job.error_count, 0u);
  EXPECT_THAT(Transferred(id), ElementsAre(true, false, false));
  EXPECT_EQ(job.files[2].bytes_transferred, 3u);
  EXPECT_EQ(transfers_->starts(), 0u);
  Call(id, kResume);
  EXPECT_THAT(FilesOf(TakeStarts()), ElementsAre(1u, 2u));
}

TEST_F(QueueFilesTest, APreemptedJobStopsAllItsFilesAndStartsNoMore) {
  const JobId id = RunFiles(10);
  const auto downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(8));
  const JobId other = Create("other", true);
  JobChanges changes;
  changes.priority = 1;
  EXPECT_TRUE(Change(other, changes));
  EXPECT_THAT(TakeStops(), SizeIs(8));
  for (std::size_t i = 0; i < 7; ++i) {
    Finish(downloads[i]);
    EXPECT_EQ(transfers_->starts(), 0u);
  }
  Report(transfer::Stopped{downloads[7].id, At(0)});
  EXPECT_EQ(StateOf(id), kQueued);
  const auto next = TakeStarts();
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(next[0].id.job, other);
}

TEST_F(QueueFilesTest, AFileWithWorthlessBytesStartsAnewInItsTurn) {
  const JobId id = RunFiles(2);
  auto downloads = TakeStarts();
  Report(transfer::Progressed{downloads[1].id, At(40)});
  auto suspended = BeginCall(id, kSuspend);
  Report(transfer::Stopped{downloads[0].id, At(0)});
  Report(transfer::Stopped{downloads[1].id, At(40)});
  EXPECT_EQ(Get(suspended), HResult::kOk);
  Call(id, kResume);
  downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(2));
  EXPECT_EQ(downloads[1].resume.offset, 40u);
  Report(transfer::Restarted{downloads[1].id});
  EXPECT_EQ(transfers_->starts(), 0u);
  Finish(downloads[0]);
  const auto again = TakeStarts();
  ASSERT_THAT(FilesOf(again), ElementsAre(1u));
  EXPECT_EQ(again[0].resume.offset, 0u);
}

TEST_F(QueueFilesTest, CompletionsShareACommit) {
  const JobId id = RunFiles(8);
  const auto downloads = TakeStarts();
  ASSERT_THAT(downloads, SizeIs(8));
  ReportConnected(downloads[0], 100);
  const std::size_t commits = store_.commits();
  for (std::size_t i = 7; i > 0; --i) Finish(downloads[i]);
  EXPECT_LE(store_.commits(), commits + 1);
  Finish(downloads[0]);
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_LE(store_.commits(), commits + 2);
}

class OneFileAtATimeTest : public QueueFilesTest {
 protected:
  OneFileAtATimeTest() {
    StopQueue();
    options_.transfers.files_per_job = 1;
    StartQueue();
  }
};

TEST_F(OneFileAtATimeTest, FilesTransferInTheirOrder) {
  const JobId id = Create("a");
  EXPECT_TRUE(AddFile(id, "b"));
  EXPECT_TRUE(AddFile(id, "c"));
  Call(id, kResume);
  for (const std::uint32_t file : {0u, 1u, 2u}) {
    Settle();
    EXPECT_EQ(transfers_->starts(), 1u);
    const transfer::Download download = Connect();
    EXPECT_EQ(download.id.file, file);
    EXPECT_EQ(StateOf(id), kTransferring);
    Finish(download);
  }
  EXPECT_EQ(StateOf(id), kTransferred);
}

TEST_F(OneFileAtATimeTest, SizesOfFurtherFilesAreAskedForFourAtATime) {
  const JobId id = Create("a");
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(AddFile(id, "f" + std::to_string(i)));
  Settle();
  EXPECT_THAT(transfers_->probes(), IsEmpty()) << "not while suspended";
  Call(id, kResume);
  Settle();
  ASSERT_THAT(transfers_->probes(), SizeIs(4));
  EXPECT_EQ(transfers_->probes()[0].file, 1u) << "the first is being fetched";
  for (std::size_t i = 0; i < 6; ++i) {
    ASSERT_GT(transfers_->probes().size(), i);
    Report(transfer::Probed{transfers_->probes()[i], i == 0 ? std::nullopt : std::optional(10u)});
  }
  EXPECT_THAT(transfers_->probes(), SizeIs(6));
  Connect();
  Advance(seconds(1));
  const Job job = Get(id);
  EXPECT_FALSE(job.files[1].bytes_total);
  EXPECT_THAT(job.files[6].bytes_total, Optional(10u));
}

}  // namespace
}  // namespace engine
