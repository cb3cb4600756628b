#include "queue_fixture.h"

namespace engine {
namespace {

using testing::SizeIs;

SetCredentials Credentials(const std::string& password, std::uint32_t scheme = 0) {
  return {0, scheme, "user", SecretText(password)};
}

class QueueAccessTest : public QueueTest {
 protected:
  HResult Do(const JobId& id, AccessChange change) {
    const auto result = ChangeAccess(id, std::move(change));
    return result ? *result : result.error().code;
  }
  Access Stored(const JobId& id) { return AccessOf(*store_.Find(id)); }
};

TEST_F(QueueAccessTest, ATransferGetsTheOpenedCredentials) {
  const JobId id = Create("a");
  ASSERT_EQ(Do(id, Credentials("secret")), HResult::kOk);
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const transfer::Download download = transfers_->TakeStart();
  ASSERT_THAT(download.reach->credentials, SizeIs(1));
  EXPECT_EQ(download.reach->credentials[0].user.text(), "user");
  EXPECT_EQ(download.reach->credentials[0].password.text(), "secret");
  EXPECT_EQ(download.reach->user, "alice");
}

TEST_F(QueueAccessTest, SnapshotsAndTheStoreHoldOnlyTheSealedForm) {
  const JobId id = Create("a");
  ASSERT_EQ(Do(id, Credentials("MARKER")), HResult::kOk);
  for (const Access& access : {Stored(id), AccessOf(Get(id))}) {
    ASSERT_THAT(access.credentials, SizeIs(1));
    const auto& sealed = access.credentials[0].sealed;
    EXPECT_EQ(std::string(sealed.begin(), sealed.end()).find("MARKER"), std::string::npos);
  }
}

TEST_F(QueueAccessTest, CredentialsSurviveACrash) {
  const JobId id = Create("a");
  ASSERT_EQ(Do(id, Credentials("secret")), HResult::kOk);
  CrashAndRestart();
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  EXPECT_EQ(transfers_->TakeStart().reach->credentials.at(0).password.text(), "secret");
}

TEST_F(QueueAccessTest, EachPairIsHeldOnceAndRemovedByItself) {
  const JobId id = Create("a");
  EXPECT_EQ(Do(id, RemoveCredentials{0, 0}), HResult::kFalse);
  ASSERT_EQ(Do(id, Credentials("one")), HResult::kOk);
  ASSERT_EQ(Do(id, Credentials("two")), HResult::kOk);
  ASSERT_EQ(Do(id, Credentials("three", 1)), HResult::kOk);
  EXPECT_THAT(Stored(id).credentials, SizeIs(2));
  EXPECT_EQ(Do(id, RemoveCredentials{1, 0}), HResult::kFalse);
  EXPECT_EQ(Do(id, RemoveCredentials{0, 0}), HResult::kOk);
  EXPECT_EQ(Do(id, RemoveCredentials{0, 0}), HResult::kFalse);
  EXPECT_THAT(Stored(id).credentials, SizeIs(1));
}

TEST_F(QueueAccessTest, ARefusedCommitChangesNothing) {
  const JobId id = Create("a");
  store_.SetFull(true);
  EXPECT_EQ(Do(id, Credentials("secret")), HResult::kDiskFull);
  EXPECT_EQ(AccessOf(Get(id)), Access());
  store_.SetFull(false);
  EXPECT_EQ(Do(id, SetProxy{1, {}, {}}), HResult::kOk);
  EXPECT_THAT(Stored(id).credentials, SizeIs(0));
}

TEST_F(QueueAccessTest, WithoutItsKeyAJobFailsAndOthersRun) {
  const JobId id = Create("a");
  ASSERT_EQ(Do(id, Credentials("secret")), HResult::kOk);
  std::filesystem::remove(key_file_);
  Restart();
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  Settle();
  EXPECT_EQ(StateOf(id), JobState::kError);
  EXPECT_EQ(Get(id).error->code, HResult::kInvalidCredentials);
  EXPECT_EQ(Get(id).error->context, ErrorContext::kGeneralQueueManager);
  const JobId other = Create("b", /*start=*/true);
  EXPECT_EQ(transfers_->TakeStart().id.job, other);
  EXPECT_EQ(Do(other, Credentials("x")), HResult::kInvalidCredentials);
  EXPECT_FALSE(std::filesystem::exists(key_file_)) << "another key would bury the lost one";
  EXPECT_EQ(Do(id, RemoveCredentials{0, 0}), HResult::kOk);
  EXPECT_EQ(Do(other, Credentials("x")), HResult::kOk) << "nobody needs the old key";
}

TEST_F(QueueAccessTest, ProxiesComeFromTheConfigurationOrTheJob) {
  StopQueue();
  options_.transfers.proxy = "configured";
  StartQueue();
  const JobId id = Create("a");
  using Expected = std::pair<SetProxy, std::vector<std::string>>;
  for (const auto& [change, expected] :
       std::vector<Expected>{{{0, {}, {}}, {"http://configured:80"}},
                             {{3, {}, {}}, {"http://configured:80"}},
                             {{1, {}, {}}, {}},
                             {{2, "own:1", "x"}, {"http://own:1"}},
                             {{2, "own:1", "h"}, {}}}) {
    ASSERT_EQ(Do(id, change), HResult::kOk);
    ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
    const transfer::Download download = transfers_->TakeStart();
    EXPECT_EQ(download.reach->proxies.For("http://h/"), expected);
    FailTransfer(download, /*recoverable=*/false);
  }
}

TEST_F(QueueAccessTest, AListThatMakesNoSenseShowsWhenItIsUsed) {
  const JobId id = Create("a");
  ASSERT_EQ(Do(id, SetProxy{2, "a b:x", {}}), HResult::kOk);
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  Settle();
  EXPECT_EQ(StateOf(id), JobState::kError);
  EXPECT_EQ(Get(id).error->code, HResult::kInvalidProxyInfo);
}

TEST_F(QueueAccessTest, CertificatesThatAreNotThereAreRefused) {
  const JobId id = Create("a");
  EXPECT_EQ(Do(id, SetCertificateById{0, "MY", std::vector<std::uint8_t>(20)}),
            HResult::kFileNotFound);
  EXPECT_EQ(Do(id, SetCertificateByName{0, "MY", "me"}), HResult::kFileNotFound);
  EXPECT_EQ(Do(id, RemoveCertificate{}), HResult::kFalse);
}

TEST_F(QueueAccessTest, JobsThatAreGoneOrEndingTakeNoChange) {
  EXPECT_EQ(Do(JobId::Random(), RemoveCertificate{}), HResult::kNotFound);
  const JobId id = Create("a");
  files_.Hold();
  auto cancel = BeginCall(id, JobMethod::kCancel);
  SettleEngine();
  EXPECT_EQ(Do(id, SetProxy{1, {}, {}}), HResult::kInvalidState);
  files_.Release();
  EXPECT_EQ(QueueTest::Get(cancel), HResult::kOk);
}

TEST_F(QueueAccessTest, AJobThatEndsWhileItsCredentialsAreSealedIsGone) {
  const JobId id = Create("a");
  files_.Hold();
  std::promise<Result<HResult>> promise;
  auto sealed = promise.get_future();
  queue_->ChangeAccess(id, Credentials("secret"),
                       [&](const Result<HResult>& result) { promise.set_value(result); });
  auto cancel = BeginCall(id, JobMethod::kCancel);
  SettleEngine();
  files_.Release();
  EXPECT_EQ(QueueTest::Get(cancel), HResult::kOk);
  EXPECT_FALSE(QueueTest::Get(sealed).has_value());
}

}  // namespace
}  // namespace engine
