// What the settings of jobs do to the life of a job and to its transfers.
#include "queue_settings_fixture.h"

namespace engine {
namespace {

using std::chrono::seconds;

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
