// Settings of jobs: how they are kept, what the host forbids, and until when they can be set.
#include "queue_settings_fixture.h"

namespace engine {
namespace {

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

}  // namespace
}  // namespace engine
