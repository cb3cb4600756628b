// Settings of jobs: how they are kept, and what they do to the life of a job.
#include "queue_fixture.h"

namespace engine {
namespace {

using std::chrono::seconds;

class QueueSettingsTest : public QueueTest {
 protected:
  Result<JobSnapshot> Change(const JobId& id, SettingsChanges changes) {
    return Await<JobSnapshot>(
        [&](auto done) { queue_->ChangeSettings(id, std::move(changes), std::move(done)); });
  }
  HResult Set(const JobId& id, SettingsChanges changes) {
    const auto result = Change(id, std::move(changes));
    return result ? HResult::kOk : result.error().code;
  }
  Result<std::optional<SecretText>> Headers(const JobId& id) {
    return Await<std::optional<SecretText>>(
        [&](auto done) { queue_->ReadCustomHeaders(id, std::move(done)); });
  }
  JobId CreateWith(SettingsChanges changes, const std::string& name = "a") {
    const JobId id = Create(name);
    EXPECT_EQ(Set(id, std::move(changes)), HResult::kOk);
    EXPECT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
    return id;
  }
  Status AddRanges(const JobId& id, std::vector<FileRange> ranges) {
    return Await<void>([&](Completion<void> done) {
      queue_->AddFile({"alice", false}, id, {"http://server/r", "C:\\data\\r", std::move(ranges)},
                      std::move(done));
    });
  }
  HResult ErrorOf(const JobId& id) {
    const Job job = Get(id);
    return job.error ? job.error->code : HResult::kOk;
  }
};

SettingsChanges HeadersOf(const std::string& text) {
  SettingsChanges changes;
  changes.custom_headers = SecretText(text);
  return changes;
}

SettingsChanges FlagsOf(std::uint32_t flags) {
  SettingsChanges changes;
  changes.security_flags = flags;
  return changes;
}

SettingsChanges TimeOf(std::uint32_t limit) {
  SettingsChanges changes;
  changes.maximum_download_time = limit;
  return changes;
}

// --- Kept and given to transfers.

TEST_F(QueueSettingsTest, WhatIsSetSurvivesACrashAndGoesToTransfers) {
  SettingsChanges changes;
  changes.notify_flags = 8;
  changes.security_flags = 0x100;
  changes.maximum_download_size = 150;
  const JobId id = Create("a");
  const Result<JobSnapshot> after = Change(id, changes);
  ASSERT_TRUE(after);
  EXPECT_EQ(SettingsOf(**after).security_flags, 0x100U);
  CrashAndRestart();
  EXPECT_EQ(SettingsOf(Get(id)), ApplySettings(changes, {}));
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const transfer::Download download = transfers_->TakeStart();
  ASSERT_TRUE(download.settings);
  EXPECT_EQ(download.settings->security_flags, 0x100U);
  EXPECT_EQ(download.most_bytes, 150U);
  EXPECT_EQ(download.ranges, nullptr);
}

TEST_F(QueueSettingsTest, NothingChangesWhenOneValueIsRefusedOrTheStoreIsFull) {
  const JobId id = Create("a");
  SettingsChanges changes;
  changes.notify_flags = 8;
  changes.security_flags = 0x1000;
  EXPECT_EQ(Set(id, changes), HResult::kNotImplemented);
  EXPECT_EQ(SettingsOf(Get(id)), JobSettings());
  changes.security_flags = 1;
  store_.SetFull(true);
  EXPECT_EQ(Set(id, changes), HResult::kDiskFull);
  store_.SetFull(false);
  EXPECT_EQ(SettingsOf(Get(id)), JobSettings());
  EXPECT_EQ(Set(JobId::Random(), changes), HResult::kNotFound);
}

TEST_F(QueueSettingsTest, TheDefaultsAgainTakeNoRoom) {
  const JobId id = Create("a");
  ASSERT_EQ(Set(id, TimeOf(5)), HResult::kOk);
  EXPECT_TRUE(Get(id).settings);
  ASSERT_EQ(Set(id, TimeOf(7'776'000)), HResult::kOk);
  EXPECT_FALSE(Get(id).settings);
  EXPECT_FALSE(store_.Find(id)->settings);
}

// --- Policies of the host.

TEST_F(QueueSettingsTest, FlagsThatWeakenTlsAreRefusedByPolicy) {
  const JobId id = Create("a");
  EXPECT_EQ(Set(id, FlagsOf(0x8)), HResult::kAccessDenied);
  EXPECT_EQ(SettingsOf(Get(id)), JobSettings());
  EXPECT_EQ(Set(id, FlagsOf(0x201)), HResult::kOk);
}

TEST_F(QueueSettingsTest, HeadersThatSayWhoAsksAreRefusedByPolicy) {
  const JobId id = Create("a");
  EXPECT_EQ(Set(id, HeadersOf("X-A: b\r\nAuthorization: Bearer b\r\n")), HResult::kAccessDenied);
  EXPECT_EQ(*Headers(id), std::nullopt);
}

TEST_F(QueueSettingsTest, HeadersFromBeforeThePolicyEndTheJobInError) {
  StopQueue();
  options_.transfers.allow_credential_headers = true;
  StartQueue();
  const JobId id = Create("a");
  ASSERT_EQ(Set(id, HeadersOf("Cookie: a=b\r\n")), HResult::kOk);
  StopQueue();
  options_.transfers.allow_credential_headers = false;
  StartQueue();
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  Settle();
  EXPECT_EQ(StateOf(id), JobState::kError);
  EXPECT_EQ(ErrorOf(id), HResult::kAccessDenied);
}

// --- Custom headers.

TEST_F(QueueSettingsTest, HeadersAreSealedAndOpenedForTransfersAndReaders) {
  const JobId id = Create("a");
  EXPECT_EQ(*Headers(id), std::nullopt);
  ASSERT_EQ(Set(id, HeadersOf("X-Key: MARKER\r\n")), HResult::kOk);
  const auto& sealed = SettingsOf(Get(id)).custom_headers;
  EXPECT_EQ(std::string(sealed.begin(), sealed.end()).find("MARKER"), std::string::npos);
  CrashAndRestart();
  EXPECT_EQ((*Headers(id))->text(), "X-Key: MARKER\r\n");
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  EXPECT_EQ(transfers_->TakeStart().reach->custom_headers.text(), "X-Key: MARKER\r\n");
  ASSERT_EQ(Set(id, HeadersOf("")), HResult::kOk);
  EXPECT_EQ(*Headers(id), std::nullopt);
  EXPECT_FALSE(Get(id).settings);
}

TEST_F(QueueSettingsTest, WriteOnlyHeadersAreReplacedButNeverShown) {
  const JobId id = Create("a");
  SettingsChanges changes = HeadersOf("X: 1");
  changes.custom_headers_write_only = true;
  ASSERT_EQ(Set(id, changes), HResult::kOk);
  EXPECT_EQ(Headers(id).error().code, HResult::kAccessDenied);
  EXPECT_EQ(Set(id, HeadersOf("X: 2")), HResult::kOk);
  EXPECT_EQ(Headers(id).error().code, HResult::kAccessDenied);
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  EXPECT_EQ(transfers_->TakeStart().reach->custom_headers.text(), "X: 2");
}

TEST_F(QueueSettingsTest, WithoutItsKeyAJobWithHeadersFailsAndNoOtherKeyIsMade) {
  const JobId id = Create("a");
  ASSERT_EQ(Set(id, HeadersOf("X: 1")), HResult::kOk);
  std::filesystem::remove(key_file_);
  Restart();
  EXPECT_EQ(Headers(id).error().code, HResult::kInvalidCredentials);
  EXPECT_EQ(Set(id, HeadersOf("X: 2")), HResult::kInvalidCredentials);
  EXPECT_FALSE(std::filesystem::exists(key_file_));
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  EXPECT_EQ(ErrorOf(id), HResult::kInvalidCredentials);
  ASSERT_EQ(Set(id, HeadersOf("")), HResult::kOk);
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  EXPECT_EQ(transfers_->TakeStart().reach->custom_headers.text(), "");
}

// --- After the first Resume.

TEST_F(QueueSettingsTest, TheFirstResumeIsRememberedAcrossACrash) {
  SettingsChanges post;
  post.http_method = "POST";
  const JobId id = CreateWith({});
  const transfer::Download download = Connect();
  auto suspended = BeginCall(id, JobMethod::kSuspend);
  Report(transfer::Stopped{download.id, At(0)});
  ASSERT_EQ(QueueTest::Get(suspended), HResult::kOk);
  CrashAndRestart();
  ASSERT_EQ(StateOf(id), JobState::kSuspended);
  EXPECT_EQ(Set(id, post), HResult::kReadOnlyAfterResume);
}

TEST_F(QueueSettingsTest, AJobThatWasCreatedRunningIsResumed) {
  SettingsChanges size;
  size.maximum_download_size = 1;
  const JobId id = Create("a", /*start=*/true);
  EXPECT_EQ(Set(id, size), HResult::kReadOnlyAfterResume);
}

// --- The HTTP method.

TEST_F(QueueSettingsTest, AMethodMakesAJobForegroundAndKeepsItThere) {
  SettingsChanges post;
  post.http_method = "POST";
  const JobId id = Create("a");
  ASSERT_EQ(Set(id, post), HResult::kOk);
  EXPECT_EQ(Get(id).priority, Priority::kForeground);
  JobChanges low;
  low.priority = 3;
  EXPECT_EQ(QueueTest::Change(id, low).error().code, HResult::kNotSupportedWithCustomHttpMethod);
  low.priority = 0;
  low.display_name = "b";
  EXPECT_TRUE(QueueTest::Change(id, low));
  low.priority.reset();
  EXPECT_TRUE(QueueTest::Change(id, low));
  EXPECT_EQ(Get(id).priority, Priority::kForeground);
}

TEST_F(QueueSettingsTest, WithAMethodAFailureIsFinalAndResumeBeginsAtTheFirstByte) {
  SettingsChanges post;
  post.http_method = "POST";
  const JobId id = CreateWith(post);
  const transfer::Download first = Connect();
  Report(transfer::Progressed{first.id, At(40)});
  const Error error{HResult::kConnectionError, ErrorContext::kGeneralTransport, "cut"};
  Report(transfer::Failed{first.id, At(40), error, /*recoverable=*/true, std::nullopt});
  EXPECT_EQ(StateOf(id), JobState::kError);
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 0U);
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  EXPECT_EQ(transfers_->TakeStart().resume.offset, 0U);
}

// --- Dynamic content and high performance.

TEST_F(QueueSettingsTest, DynamicContentIsFetchedInTheForegroundAloneAndFromTheStart) {
  SettingsChanges dynamic;
  dynamic.dynamic_content = true;
  const JobId id = CreateWith(dynamic);
  Settle();
  EXPECT_EQ(StateOf(id), JobState::kQueued);
  EXPECT_EQ(transfers_->starts(), 0U);
  JobChanges priority;
  priority.priority = 0;
  ASSERT_TRUE(QueueTest::Change(id, priority));
  const transfer::Download first = Connect();
  Report(transfer::Progressed{first.id, At(40)});
  priority.priority = 1;
  ASSERT_TRUE(QueueTest::Change(id, priority));
  EXPECT_EQ(transfers_->TakeStop(), first.id);
  Report(transfer::Stopped{first.id, At(40)});
  EXPECT_EQ(StateOf(id), JobState::kQueued);
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 0U);
  EXPECT_EQ(transfers_->starts(), 0U);
  priority.priority = 0;
  ASSERT_TRUE(QueueTest::Change(id, priority));
  EXPECT_EQ(transfers_->TakeStart().resume.offset, 0U);
}

TEST_F(QueueSettingsTest, DynamicContentIsNotProbedAndGoesFileByFile) {
  SettingsChanges dynamic;
  dynamic.dynamic_content = true;
  const JobId id = Create("a");
  ASSERT_TRUE(AddFile(id, "b"));
  ASSERT_EQ(Set(id, dynamic), HResult::kOk);
  JobChanges foreground;
  foreground.priority = 0;
  ASSERT_TRUE(QueueTest::Change(id, foreground));
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const transfer::Download first = Connect();
  EXPECT_TRUE(transfers_->probes().empty());
  EXPECT_EQ(transfers_->starts(), 0U);
  Finish(first);
  EXPECT_EQ(transfers_->TakeStart().id.file, 1U);
}

TEST_F(QueueSettingsTest, DynamicContentIsNotStoppedForOthersOfItsLevel) {
  queue_->Stop();
  options_.transfers.max_foreground = 1;
  Restart();
  SettingsChanges dynamic;
  dynamic.dynamic_content = true;
  const JobId id = Create("a");
  ASSERT_EQ(Set(id, dynamic), HResult::kOk);
  JobChanges foreground;
  foreground.priority = 0;
  ASSERT_TRUE(QueueTest::Change(id, foreground));
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  Connect();
  const JobId other = Create("b");
  ASSERT_TRUE(QueueTest::Change(other, foreground));
  ASSERT_EQ(Call(other, JobMethod::kResume), HResult::kOk);
  Advance(seconds(1'000));
  EXPECT_EQ(transfers_->stops(), 0U);
  EXPECT_EQ(StateOf(other), JobState::kQueued);
}

TEST_F(QueueSettingsTest, AfterARestartWhatCannotBeResumedBeginsAnew) {
  SettingsChanges fast;
  fast.high_performance = true;
  const JobId id = CreateWith(fast);
  const transfer::Download first = Connect();
  EXPECT_TRUE(first.settings->high_performance);
  Report(transfer::Progressed{first.id, At(40)});
  Advance(seconds(1));
  ASSERT_EQ(store_.Find(id)->files[0].bytes_transferred, 40U);
  CrashAndRestart();
  const transfer::Download second = transfers_->TakeStart();
  EXPECT_EQ(second.resume.offset, 0U);
  EXPECT_EQ(second.resume.validators, Validators());
}

// --- Ranges.

TEST_F(QueueSettingsTest, RangesGoToTheStoreAndToTransfers) {
  const JobId id = Create("a");
  const std::vector<FileRange> ranges{{100, 5}, {0, 10}};
  EXPECT_EQ(AddRanges(id, {{0, 5}, {4, 5}}).error().code, HResult::kOverlappingRanges);
  ASSERT_TRUE(AddRanges(id, ranges));
  CrashAndRestart();
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  Finish(Connect());
  const transfer::Download download = transfers_->TakeStart();
  EXPECT_EQ(download.id.file, 1U);
  ASSERT_TRUE(download.ranges);
  EXPECT_EQ(*download.ranges, ranges);
}

TEST_F(QueueSettingsTest, ASizeThatIsAskedForCountsOnlyTheRanges) {
  const JobId id = Create("a");
  ASSERT_TRUE(AddRanges(id, {{90, FileRange::kToEnd}, {0, 10}}));
  Create("busy", /*start=*/true);
  Connect();
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  Settle();
  for (const transfer::TransferId& probe : transfers_->probes())
    Report(transfer::Probed{probe, 100});
  Advance(seconds(1));
  EXPECT_EQ(Get(id).files[0].bytes_total, 100U);
  EXPECT_EQ(Get(id).files[1].bytes_total, 20U);
}

TEST_F(QueueSettingsTest, DynamicContentTakesNoRanges) {
  SettingsChanges dynamic;
  dynamic.dynamic_content = true;
  const JobId id = Create("a");
  ASSERT_EQ(Set(id, dynamic), HResult::kOk);
  EXPECT_EQ(AddRanges(id, {{0, 5}}).error().code, HResult::kUnsupportedJobConfiguration);
  EXPECT_TRUE(AddRanges(id, {}));
}

// --- The maximum size.

TEST_F(QueueSettingsTest, EachFileGetsWhatTheOthersLeaveOfTheMaximum) {
  SettingsChanges size;
  size.maximum_download_size = 150;
  const JobId id = Create("a");
  ASSERT_TRUE(AddFile(id, "b"));
  ASSERT_TRUE(AddFile(id, "c"));
  ASSERT_EQ(Set(id, size), HResult::kOk);
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const transfer::Download a = Connect();
  EXPECT_EQ(a.most_bytes, 150U);
  EXPECT_EQ(transfers_->starts(), 0U);  // one at a time
  Finish(a);
  const transfer::Download b = Connect(50);
  EXPECT_EQ(b.most_bytes, 50U);
  Finish(b, 50);
  EXPECT_EQ(transfers_->TakeStart().most_bytes, 0U);
}

// --- Redirects.

TEST_F(QueueSettingsTest, AReportedRedirectIsTheRemoteNameFromThereOn) {
  const JobId id = Create("a", /*start=*/true);
  const transfer::Download download = Connect();
  Report(transfer::Redirected{download.id, "not a url"});
  EXPECT_EQ(Get(id).files[0].remote_url, "http://server/a");
  Report(transfer::Redirected{download.id, "http://cdn/x"});
  Advance(seconds(1));
  EXPECT_EQ(Get(id).files[0].remote_url, "http://cdn/x");
  Finish(download);
  EXPECT_EQ(store_.Find(id)->files[0].remote_url, "http://cdn/x");
}

TEST_F(QueueSettingsTest, ARedirectTakesTheSecretsOfAJobToNoOtherOrigin) {
  const JobId id = CreateWith(HeadersOf("X-Key: MARKER\r\n"));
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const transfer::Download download = Connect();
  Report(transfer::Redirected{download.id, "http://server/b"});
  Report(transfer::Redirected{download.id, "http://cdn/x"});
  Report(transfer::Redirected{download.id, "https://server/x"});
  Finish(download);
  EXPECT_EQ(store_.Find(id)->files[0].remote_url, "http://server/b");
}

// --- The maximum time.

TEST_F(QueueSettingsTest, AJobThatTakesTooLongFailsAndResumeGivesItTheTimeAgain) {
  const JobId id = CreateWith(TimeOf(100));
  const transfer::Download first = Connect();
  Advance(seconds(99));
  EXPECT_EQ(transfers_->stops(), 0U);
  Advance(seconds(1));
  EXPECT_EQ(transfers_->TakeStop(), first.id);
  Report(transfer::Stopped{first.id, At(40)});
  const Job job = Get(id);
  EXPECT_EQ(job.state, JobState::kError);
  ASSERT_TRUE(job.error);
  EXPECT_EQ(job.error->code, HResult::kMaxDownloadTimeout);
  EXPECT_EQ(job.error->file, std::nullopt);
  EXPECT_EQ(job.files[0].bytes_transferred, 40U);
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  EXPECT_EQ(Connect().resume.offset, 40U);
  Advance(seconds(99));
  EXPECT_EQ(StateOf(id), JobState::kTransferring);
}

TEST_F(QueueSettingsTest, WaitingForTheNextTryDoesNotCount) {
  options_.retry.quick_tries = 0;
  const JobId id = CreateWith(TimeOf(100));
  const transfer::Download first = Connect();
  Advance(seconds(60));
  FailTransfer(first);
  ASSERT_EQ(StateOf(id), JobState::kTransientError);
  Advance(seconds(600));
  const transfer::Download second = Connect();
  Advance(seconds(39));
  EXPECT_EQ(transfers_->stops(), 0U);
  Advance(seconds(1));
  EXPECT_EQ(transfers_->TakeStop(), second.id);
}

TEST_F(QueueSettingsTest, WhatWasUsedSurvivesARestart) {
  const JobId id = CreateWith(TimeOf(100));
  const transfer::Download first = Connect();
  Advance(seconds(70));
  Report(transfer::Progressed{first.id, At(40)});
  Advance(seconds(1));
  CrashAndRestart();
  Connect();
  Advance(seconds(28));
  EXPECT_EQ(transfers_->stops(), 0U);
  Advance(seconds(3));
  EXPECT_EQ(transfers_->stops(), 1U);
  EXPECT_EQ(StateOf(id), JobState::kTransferring);
}

TEST_F(QueueSettingsTest, ALongerTimeCountsAtOnce) {
  const JobId id = CreateWith(TimeOf(100));
  Connect();
  Advance(seconds(90));
  ASSERT_EQ(Set(id, TimeOf(200)), HResult::kOk);
  Advance(seconds(100));
  EXPECT_EQ(transfers_->stops(), 0U);
  ASSERT_EQ(Set(id, TimeOf(10)), HResult::kOk);
  Advance(seconds(0));
  EXPECT_EQ(transfers_->stops(), 1U);
}

TEST_F(QueueSettingsTest, ResumeOfARunningJobBeginsItsTimeAnew) {
  const JobId id = CreateWith(TimeOf(100));
  Connect();
  Advance(seconds(90));
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  Advance(seconds(90));
  EXPECT_EQ(transfers_->stops(), 0U);
  EXPECT_EQ(StateOf(id), JobState::kTransferring);
}

}  // namespace
}  // namespace engine
