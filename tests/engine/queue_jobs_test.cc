#include "queue_fixture.h"

namespace engine {
namespace {

using testing::MatchesRegex;
using testing::Optional;
using testing::SizeIs;
using enum JobState;
using enum JobMethod;

HResult CodeOf(const Result<JobId>& result) { return result ? HResult::kOk : result.error().code; }
HResult CodeOf(const Status& result) { return result ? HResult::kOk : result.error().code; }
HResult CodeOf(const Result<JobSnapshot>& result) {
  return result ? HResult::kOk : result.error().code;
}

TEST_F(QueueTest, AJobIsCreatedSuspendedWithItsFile) {
  const JobId id = Create("a.bin");
  const Job job = *index_->Find(id);
  EXPECT_EQ(job.state, kSuspended);
  EXPECT_EQ(job.display_name, "a.bin");
  EXPECT_EQ(job.description, "about a.bin");
  EXPECT_EQ(job.owner, "S-1-5-20");
  EXPECT_EQ(job.creator, "alice");
  EXPECT_EQ(job.priority, Priority::kNormal);
  EXPECT_EQ(job.created, clock_.Wall());
  EXPECT_EQ(job.modified, clock_.Wall());
  EXPECT_FALSE(job.completed);
  ASSERT_THAT(job.files, SizeIs(1));
  EXPECT_EQ(job.files[0].remote_url, "http://server/a.bin");
  EXPECT_EQ(job.files[0].local_name, "C:\\data\\a.bin");
  EXPECT_THAT(job.files[0].temporary_name.ToString(), MatchesRegex("BIT[0-9a-f]{8}\\.tmp"));
  EXPECT_FALSE(job.files[0].bytes_total);
}

TEST_F(QueueTest, ACreatedJobIsOnDiskWhenTheCallerHears) {
  const JobId id = Create("a.bin");
  ASSERT_TRUE(store_.Find(id));
  EXPECT_THAT(store_.Find(id)->files, SizeIs(1));
}

TEST_F(QueueTest, AJobCreatedToStartTransfersAtOnce) {
  const JobId id = Create("a.bin", /*start=*/true);
  const transfer::Download download = transfers_->TakeStart();
  EXPECT_EQ(download.id.job, id);
  EXPECT_EQ(download.url, "http://server/a.bin");
  EXPECT_EQ(download.target.name, "a.bin");
  EXPECT_EQ(download.resume.offset, 0u);
  EXPECT_NE(download.priority, Priority::kForeground);
  EXPECT_EQ(StateOf(id), kConnecting);
}

TEST_F(QueueTest, JobsAreListedInCreationOrder) {
  const JobId first = Create("a");
  const JobId second = Create("b");
  ASSERT_THAT(index_->List(), SizeIs(2));
  EXPECT_EQ(index_->List()[0]->id, first);
  EXPECT_EQ(index_->List()[1]->id, second);
}

TEST_F(QueueTest, DisplayNamesHaveUpTo256Characters) {
  for (const auto& [length, code] :
       {std::pair{255, HResult::kOk}, {256, HResult::kOk}, {257, HResult::kStringTooLong}}) {
    NewJob job = Spec("a.bin");
    job.display_name = std::string(static_cast<std::size_t>(length), 'x');
    EXPECT_EQ(CodeOf(TryCreate(job)), code) << length;
  }
}

TEST_F(QueueTest, DescriptionsHaveUpTo1024Characters) {
  for (const auto& [length, code] :
       {std::pair{1'023, HResult::kOk}, {1'024, HResult::kOk}, {1'025, HResult::kStringTooLong}}) {
    NewJob job = Spec("a.bin");
    job.description = std::string(static_cast<std::size_t>(length), 'x');
    EXPECT_EQ(CodeOf(TryCreate(job)), code) << length;
  }
}

TEST_F(QueueTest, CharactersAreCountedAsWindowsDoes) {
  NewJob job = Spec("a.bin");
  job.display_name.clear();
  for (int i = 0; i < 128; ++i) job.display_name += "\xF0\x9F\x98\x80";  // two units each
  EXPECT_EQ(CodeOf(TryCreate(job)), HResult::kOk);
  job.display_name += "x";
  EXPECT_EQ(CodeOf(TryCreate(job)), HResult::kStringTooLong);
}

TEST_F(QueueTest, TextsAreUtf8WithoutControlCharacters) {
  for (const char* text : {"\xFF", "a\x01z", "\x7F", "\xC2\x85", "\xED\xA0\x80"}) {
    NewJob job = Spec("a.bin");
    job.description = text;
    EXPECT_EQ(CodeOf(TryCreate(job)), HResult::kInvalidArgument) << text;
  }
  NewJob job = Spec("a.bin");
  job.description = "Zeile 1\r\n\tgr\xC3\xBC\xC3\x9F";
  EXPECT_EQ(CodeOf(TryCreate(job)), HResult::kOk);
}

TEST_F(QueueTest, TypesThatDoNotExistAreRefused) {
  for (const std::uint16_t type : {3, 65535}) {
    NewJob job = Spec("a.bin");
    job.type = static_cast<JobType>(type);
    EXPECT_EQ(CodeOf(TryCreate(job)), HResult::kNotImplemented) << type;
  }
}

TEST_F(QueueTest, BadNamesAreRefused) {
  NewJob bad_url = Spec("a.bin");
  bad_url.file.remote_url = "ftp://server/a.bin";
  EXPECT_EQ(CodeOf(TryCreate(bad_url)), HResult::kInvalidArgument);
  NewJob bad_path = Spec("a.bin");
  bad_path.file.local_name = "C:\\..\\a.bin";
  EXPECT_EQ(CodeOf(TryCreate(bad_path)), HResult::kInvalidArgument);
  EXPECT_THAT(index_->List(), SizeIs(0));
}

TEST_F(QueueTest, TextsAreCheckedBeforeTheTypeAndTheTypeBeforeTheFile) {
  NewJob job = Spec("a.bin");
  job.file.remote_url = "ftp://server/a.bin";
  job.type = static_cast<JobType>(3);
  EXPECT_EQ(CodeOf(TryCreate(job)), HResult::kNotImplemented);
  job.display_name = std::string(257, 'x');
  EXPECT_EQ(CodeOf(TryCreate(job)), HResult::kStringTooLong);
}

TEST_F(QueueTest, ATargetThatCannotBeWrittenMakesNoJob) {
  files_.FailTargets(Error{HResult::kPathNotFound, ErrorContext::kLocalFile, "no directory"});
  EXPECT_EQ(CodeOf(TryCreate(Spec("a.bin"))), HResult::kPathNotFound);
  EXPECT_THAT(index_->List(), SizeIs(0));
  EXPECT_THAT(store_.Jobs(), SizeIs(0));
}

class QueueLimitTest : public QueueTest {
 protected:
  QueueLimitTest() {
    StopQueue();
    options_.limits.jobs_per_user = 2;
    options_.limits.jobs_per_machine = 3;
    options_.limits.files_per_job = 3;
    StartQueue();
  }
};

TEST_F(QueueLimitTest, ARepeatedCallIsNoJobMore) {
  NewJob job = Spec("a");
  job.request = "1";
  const Result<JobId> first = TryCreate(job, {"bob"});
  ASSERT_TRUE(first);
  EXPECT_EQ(CodeOf(TryCreate(Spec("b"), {"bob"})), HResult::kOk);
  EXPECT_EQ(*TryCreate(job, {"bob"}), *first);
  EXPECT_EQ(CodeOf(TryCreate(job, {"carol"})), HResult::kOk);
  EXPECT_THAT(store_.Jobs(), SizeIs(3));
}

TEST_F(QueueTest, TwinCallsInFlightMakeOneJob) {
  files_.Hold();
  NewJob job = Spec("a");
  job.request = "1";
  std::vector<std::future<Result<JobId>>> answers;
  for (int i = 0; i < 3; ++i) {
    auto promise = std::make_shared<std::promise<Result<JobId>>>();
    answers.push_back(promise->get_future());
    queue_->CreateJob({"bob"}, job,
                      [promise](Result<JobId> result) { promise->set_value(result); });
  }
  files_.Release();
  const Result<JobId> first = QueueTest::Get(answers[0]);
  ASSERT_TRUE(first);
  EXPECT_EQ(*QueueTest::Get(answers[1]), *first);
  EXPECT_EQ(*QueueTest::Get(answers[2]), *first);
  EXPECT_THAT(store_.Jobs(), SizeIs(1));
}

TEST_F(QueueTest, ARefusedCallIsTriedAgainWhenItIsRepeated) {
  NewJob job = Spec("a");
  job.request = "1";
  store_.SetFull(true);
  EXPECT_EQ(CodeOf(TryCreate(job)), HResult::kDiskFull);
  store_.SetFull(false);
  EXPECT_EQ(CodeOf(TryCreate(job)), HResult::kOk);
  EXPECT_THAT(store_.Jobs(), SizeIs(1));
}

TEST_F(QueueTest, ARepeatedCallMakesANewJobOnceTheFirstHasEnded) {
  NewJob job = Spec("a");
  job.request = "1";
  const Result<JobId> first = TryCreate(job);
  ASSERT_TRUE(first);
  EXPECT_THAT(Call(*first, kCancel), Optional(HResult::kOk));
  const Result<JobId> second = TryCreate(job);
  ASSERT_TRUE(second);
  EXPECT_NE(*second, *first);
}

TEST_F(QueueLimitTest, AUserHasAsManyJobsAsTheLimitSays) {
  EXPECT_EQ(CodeOf(TryCreate(Spec("a"), {"bob"})), HResult::kOk);
  EXPECT_EQ(CodeOf(TryCreate(Spec("b"), {"bob"})), HResult::kOk);
  EXPECT_EQ(CodeOf(TryCreate(Spec("c"), {"bob"})), HResult::kTooManyJobsPerUser);
  EXPECT_EQ(CodeOf(TryCreate(Spec("c"), {"carol"})), HResult::kOk);
}

TEST_F(QueueLimitTest, TheMachineHasAsManyJobsAsTheLimitSays) {
  EXPECT_EQ(CodeOf(TryCreate(Spec("a"), {"a"})), HResult::kOk);
  EXPECT_EQ(CodeOf(TryCreate(Spec("b"), {"b"})), HResult::kOk);
  EXPECT_EQ(CodeOf(TryCreate(Spec("c"), {"c"})), HResult::kOk);
  EXPECT_EQ(CodeOf(TryCreate(Spec("d"), {"d"})), HResult::kTooManyJobsPerMachine);
}

TEST_F(QueueLimitTest, AdministratorsAreExempt) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(CodeOf(TryCreate(Spec("a"), {"root", true})), HResult::kOk);
}

TEST_F(QueueLimitTest, JobsBeingCreatedCount) {
  files_.Hold();
  std::vector<std::future<Result<JobId>>> answers;
  for (int i = 0; i < 3; ++i) {
    auto promise = std::make_shared<std::promise<Result<JobId>>>();
    answers.push_back(promise->get_future());
    queue_->CreateJob({"bob"}, Spec("a"),
                      [promise](Result<JobId> result) { promise->set_value(result); });
  }
  EXPECT_EQ(CodeOf(QueueTest::Get(answers[2])), HResult::kTooManyJobsPerUser);
  files_.Release();
  EXPECT_EQ(CodeOf(QueueTest::Get(answers[0])), HResult::kOk);
  EXPECT_EQ(CodeOf(QueueTest::Get(answers[1])), HResult::kOk);
}

TEST_F(QueueLimitTest, EndedAndRefusedJobsFreeTheirPlace) {
  files_.FailTargets(Error{HResult::kAccessDenied, ErrorContext::kLocalFile, "read-only"});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(CodeOf(TryCreate(Spec("a"), {"bob"})), HResult::kAccessDenied);
  files_.FailTargets(std::nullopt);
  for (int i = 0; i < 4; ++i) {
    const Result<JobId> id = TryCreate(Spec("a"), {"bob"});
    ASSERT_TRUE(id);
    EXPECT_THAT(Call(*id, kCancel), Optional(HResult::kOk));
  }
}

TEST_F(QueueLimitTest, JobsFoundAtTheStartCount) {
  EXPECT_EQ(CodeOf(TryCreate(Spec("a"), {"bob"})), HResult::kOk);
  EXPECT_EQ(CodeOf(TryCreate(Spec("b"), {"bob"})), HResult::kOk);
  Restart();
  EXPECT_EQ(CodeOf(TryCreate(Spec("c"), {"bob"})), HResult::kTooManyJobsPerUser);
}

TEST_F(QueueLimitTest, AJobHasAsManyFilesAsTheLimitSays) {
  const JobId id = Create("a");
  EXPECT_EQ(CodeOf(AddFile(id, "b")), HResult::kOk);
  EXPECT_EQ(CodeOf(AddFile(id, "c")), HResult::kOk);
  EXPECT_EQ(CodeOf(AddFile(id, "d")), HResult::kTooManyFilesInJob);
  EXPECT_EQ(CodeOf(AddFile(id, "d", {"root", true})), HResult::kOk);
  EXPECT_THAT(index_->Find(id)->files, SizeIs(4));
}

TEST_F(QueueTest, AddFileNeedsAJobAndGoodNames) {
  EXPECT_EQ(CodeOf(AddFile(JobId::Random(), "b")), HResult::kNotFound);
  EXPECT_EQ(CodeOf(AddFile(Create("a"), "b?")), HResult::kInvalidArgument);
}

TEST_F(QueueTest, AFileAddedToATransferredJobWaitsForResume) {
  const JobId id = CreateTransferred("a");
  EXPECT_TRUE(AddFile(id, "b"));
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_FALSE(Get(id).files.progress().bytes_total);
  EXPECT_EQ(transfers_->starts(), 0u);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  const transfer::Download download = Connect();
  EXPECT_EQ(download.id.file, 1u);
  Finish(download);
  EXPECT_EQ(StateOf(id), kTransferred);
}

TEST_F(QueueTest, AFileMayBeAddedWhileAnotherTransfers) {
  const JobId id = Create("a", true);
  const transfer::Download first = Connect();
  EXPECT_TRUE(AddFile(id, "b"));
  EXPECT_EQ(StateOf(id), kTransferring);
  Finish(first);
  EXPECT_EQ(StateOf(id), kTransferring);
  Finish(Connect());
  EXPECT_EQ(StateOf(id), kTransferred);
}

TEST_F(QueueTest, AFileAddedToAJobThatIsCancelledMeanwhileIsRefused) {
  const JobId id = Create("a");
  files_.Hold();
  auto promise = std::make_shared<std::promise<Status>>();
  std::future<Status> added = promise->get_future();
  queue_->AddFile({"alice"}, id, {"http://server/b", "C:\\data\\b"},
                  [promise](const Status& status) { promise->set_value(status); });
  Settle();
  EXPECT_EQ(files_.held(), 1u);
  std::future<Result<HResult>> cancelled = BeginCall(id, kCancel);
  Settle();
  files_.Release();
  EXPECT_EQ(CodeOf(QueueTest::Get(added)), HResult::kInvalidState);
  EXPECT_THAT(QueueTest::Get(cancelled), Optional(HResult::kOk));
}

TEST_F(QueueTest, ChangeSetsWhatIsGivenAndKeepsTheRest) {
  const JobId id = Create("a");
  clock_.Advance(std::chrono::seconds(7));
  JobChanges changes;
  changes.display_name = "other";
  changes.priority = 1;
  changes.minimum_retry_delay = 60;
  changes.no_progress_timeout = 0;
  const Result<JobSnapshot> job = Change(id, changes);
  ASSERT_TRUE(job);
  EXPECT_EQ((*job)->display_name, "other");
  EXPECT_EQ((*job)->description, "about a");
  EXPECT_EQ((*job)->priority, Priority::kHigh);
  EXPECT_EQ((*job)->minimum_retry_delay, std::chrono::seconds(60));
  EXPECT_EQ((*job)->no_progress_timeout, std::chrono::seconds(0));
  EXPECT_EQ((*job)->modified, clock_.Wall());
  EXPECT_EQ(store_.Find(id)->display_name, "other");
  EXPECT_EQ(index_->Find(id), *job);
}

TEST_F(QueueTest, RetryDelaysBelowFiveSecondsAreRaised) {
  const JobId id = Create("a");
  for (const auto& [asked, kept] : {std::pair{4u, 5}, {5u, 5}, {6u, 6}}) {
    JobChanges changes;
    changes.minimum_retry_delay = asked;
    EXPECT_EQ((*Change(id, changes))->minimum_retry_delay, std::chrono::seconds(kept));
  }
}

TEST_F(QueueTest, PrioritiesGoFromZeroToThree) {
  const JobId id = Create("a");
  for (const auto& [priority, code] :
       {std::pair{0u, HResult::kOk}, {3u, HResult::kOk}, {4u, HResult::kNotImplemented}}) {
    JobChanges changes;
    changes.priority = priority;
    EXPECT_EQ(CodeOf(Change(id, changes)), code);
  }
}

TEST_F(QueueTest, NothingChangesWhenOneValueIsRefused) {
  const JobId id = Create("a");
  JobChanges changes;
  changes.display_name = "other";
  changes.description = std::string(1'025, 'x');
  EXPECT_EQ(CodeOf(Change(id, changes)), HResult::kStringTooLong);
  EXPECT_EQ(Get(id).display_name, "a");
  EXPECT_EQ(CodeOf(Change(JobId::Random(), {})), HResult::kNotFound);
}

TEST_F(QueueTest, AFullDiskRefusesAJobAndLeavesNothing) {
  store_.SetFull(true);
  EXPECT_EQ(CodeOf(TryCreate(Spec("a"))), HResult::kDiskFull);
  store_.SetFull(false);
  EXPECT_THAT(index_->List(), SizeIs(0));
  EXPECT_EQ(CodeOf(TryCreate(Spec("a"))), HResult::kOk);
}

TEST_F(QueueTest, AFullDiskTakesAChangeBack) {
  const JobId id = Create("a");
  JobChanges changes;
  changes.display_name = "other";
  store_.SetFull(true);
  EXPECT_EQ(CodeOf(Change(id, changes)), HResult::kDiskFull);
  EXPECT_EQ(CodeOf(AddFile(id, "b")), HResult::kDiskFull);
  store_.SetFull(false);
  EXPECT_EQ(Get(id).display_name, "a");
  // A later change does not carry the refused ones along.
  changes.display_name.reset();
  changes.description = "new";
  EXPECT_EQ(CodeOf(Change(id, changes)), HResult::kOk);
  EXPECT_EQ(store_.Find(id)->display_name, "a");
  EXPECT_THAT(store_.Find(id)->files, SizeIs(1));
}

TEST_F(QueueTest, ChangesAfterStopAreRefused) {
  const JobId id = Create("a");
  queue_->Stop();
  EXPECT_EQ(CodeOf(TryCreate(Spec("b"))), HResult::kUnexpected);
  EXPECT_EQ(CodeOf(AddFile(id, "b")), HResult::kUnexpected);
  EXPECT_FALSE(Call(id, kResume));
  EXPECT_FALSE(Change(id, {}));
}

TEST_F(QueueTest, AJobThatIsBeingCreatedWhenTheQueueStopsIsRefused) {
  files_.Hold();
  auto promise = std::make_shared<std::promise<Result<JobId>>>();
  std::future<Result<JobId>> created = promise->get_future();
  queue_->CreateJob({"alice"}, Spec("a"),
                    [promise](Result<JobId> result) { promise->set_value(result); });
  Settle();
  std::future<void> stopped = std::async(std::launch::async, [this] { queue_->Stop(); });
  // Commands are refused once the stop has begun.
  while (Call(JobId::Random(), kResume).error().code != HResult::kUnexpected) {
  }
  files_.Release();
  EXPECT_EQ(CodeOf(QueueTest::Get(created)), HResult::kUnexpected);
  stopped.get();
  EXPECT_THAT(store_.Jobs(), SizeIs(0));
}

}  // namespace
}  // namespace engine
