// Other remote names and validation, as clients set them.
#include "queue_fixture.h"

namespace engine {
namespace {

using testing::SizeIs;

class QueueNamesTest : public QueueTest {
 protected:
  HResult Do(const JobId& id, FileChange change) {
    const auto result = Await<HResult>(
        [&](auto done) { queue_->ChangeFiles(id, std::move(change), std::move(done)); });
    return result ? *result : result.error().code;
  }
  std::future<Result<HResult>> Begin(const JobId& id, FileChange change) {
    auto promise = std::make_shared<std::promise<Result<HResult>>>();
    auto future = promise->get_future();
    queue_->ChangeFiles(id, std::move(change),
                        [promise](Result<HResult> result) { promise->set_value(result); });
    return future;
  }
  std::string UrlOf(const JobId& id, std::size_t file = 0) {
    return Get(id).files[file].remote_url.ToString();
  }
  static ReplaceRemotePrefix Prefix(std::string from, std::string to) {
    return {std::move(from), std::move(to)};
  }
};

TEST_F(QueueNamesTest, APrefixIsReplacedInAllFilesThatBeginWithIt) {
  const JobId id = Create("a");
  ASSERT_TRUE(AddFile(id, "b"));
  EXPECT_EQ(Do(id, Prefix("http://other/", "http://x/")), HResult::kFalse);
  EXPECT_EQ(Do(id, Prefix("HTTP://server/", "http://x/")), HResult::kFalse);
  EXPECT_EQ(Do(id, Prefix("http://server/", "http://mirror/dir/")), HResult::kOk);
  EXPECT_EQ(UrlOf(id, 0), "http://mirror/dir/a");
  EXPECT_EQ(UrlOf(id, 1), "http://mirror/dir/b");
  CrashAndRestart();
  EXPECT_EQ(UrlOf(id, 1), "http://mirror/dir/b");
}

TEST_F(QueueNamesTest, NothingChangesWhenOneOfTheNamesIsWrong) {
  const JobId id = Create("a");
  ASSERT_TRUE(AddFile(id, "b"));
  EXPECT_EQ(Do(id, Prefix("", "http://x/")), HResult::kInvalidArgument);
  EXPECT_EQ(Do(id, Prefix("http://server/", "")), HResult::kInvalidArgument);
  EXPECT_EQ(Do(id, Prefix("http://", "smb://")), HResult::kInvalidArgument);
  EXPECT_EQ(Do(id, SetRemoteName{0, "http://h/" + std::string(3'000, 'a')}),
            HResult::kInvalidArgument);
  EXPECT_EQ(Do(id, SetRemoteName{2, "http://h/"}), HResult::kInvalidArgument);
  EXPECT_EQ(Do(JobId::Random(), SetRemoteName{0, "http://h/"}), HResult::kNotFound);
  EXPECT_EQ(UrlOf(id, 0), "http://server/a");
  EXPECT_EQ(UrlOf(id, 1), "http://server/b");
}

TEST_F(QueueNamesTest, FilesThatHaveTransferredKeepTheirNames) {
  const JobId id = CreateTransferred("a");
  ASSERT_TRUE(AddFile(id, "b"));
  EXPECT_EQ(Do(id, Prefix("http://server/a", "http://x/")), HResult::kFalse);
  EXPECT_EQ(Do(id, Prefix("http://server/", "http://x/")), HResult::kOk);
  EXPECT_EQ(UrlOf(id, 0), "http://server/a");
  EXPECT_EQ(UrlOf(id, 1), "http://x/b");
}

TEST_F(QueueNamesTest, ARunningFileGoesOnUnderItsNewNameWithProofBySizeAndDate) {
  const JobId id = Create("a", /*start=*/true);
  const transfer::Download first = Connect();
  Report(transfer::Progressed{first.id, At(40)});
  auto renamed = Begin(id, SetRemoteName{0, "http://mirror/a"});
  EXPECT_EQ(transfers_->TakeStop(), first.id);
  Report(transfer::Stopped{first.id, At(50)});
  EXPECT_EQ(Get(renamed), HResult::kOk);
  const transfer::Download second = transfers_->TakeStart();
  EXPECT_EQ(second.url, "http://mirror/a");
  EXPECT_EQ(second.resume.offset, 50U);
  EXPECT_EQ(second.resume.total, 100U);
  EXPECT_EQ(second.resume.validators.etag, "");
  EXPECT_EQ(second.resume.validators.last_modified, At(0).validators.last_modified);
}

TEST_F(QueueNamesTest, WithoutADateARenamedFileStartsAnewOnceThatIsStored) {
  const JobId id = Create("a", /*start=*/true);
  const transfer::Download first = Connect();
  transfer::FileState state = At(40);
  state.validators.last_modified = {};
  Report(transfer::Progressed{first.id, state});
  ASSERT_TRUE(BeginCall(id, JobMethod::kSuspend).valid());
  Report(transfer::Stopped{first.id, state});
  ASSERT_EQ(StateOf(id), JobState::kSuspended);
  EXPECT_EQ(Do(id, SetRemoteName{0, "http://mirror/a"}), HResult::kOk);
  EXPECT_EQ(store_.Find(id)->files[0].bytes_transferred, 0U);
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const transfer::Download second = transfers_->TakeStart();
  EXPECT_EQ(second.resume.offset, 0U);
  EXPECT_EQ(second.resume.total, std::nullopt);
}

TEST_F(QueueNamesTest, AJobThatWaitsForItsNextTryGoesOnWaiting) {
  options_.retry.quick_tries = 0;
  const JobId id = Create("a", /*start=*/true);
  FailTransfer(transfers_->TakeStart());
  ASSERT_EQ(StateOf(id), JobState::kTransientError);
  EXPECT_EQ(Do(id, SetRemoteName{0, "http://mirror/a"}), HResult::kOk);
  EXPECT_EQ(StateOf(id), JobState::kTransientError);
  Advance(std::chrono::seconds(600));
  EXPECT_EQ(transfers_->TakeStart().url, "http://mirror/a");
}

TEST_F(QueueNamesTest, ARenameThatCannotBeStoredDidNotHappen) {
  const JobId id = Create("a");
  store_.SetFull(true);
  EXPECT_EQ(Do(id, SetRemoteName{0, "http://mirror/a"}), HResult::kDiskFull);
  store_.SetFull(false);
  EXPECT_EQ(UrlOf(id), "http://server/a");
}

TEST_F(QueueNamesTest, AnEarlierProbeTellsNothingAboutTheNewName) {
  const JobId id = Create("a");
  ASSERT_TRUE(AddFile(id, "b"));
  Create("busy", /*start=*/true);
  Connect();
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  Settle();
  ASSERT_THAT(transfers_->probes(), SizeIs(2));
  const transfer::TransferId probe = transfers_->probes()[1];
  ASSERT_EQ(Do(id, SetRemoteName{probe.file, "http://mirror/b"}), HResult::kOk);
  Report(transfer::Probed{probe, 7});
  EXPECT_EQ(Get(id).files[probe.file].bytes_total, std::nullopt);
}

TEST_F(QueueNamesTest, AFileIsValidatedOnceItHasTransferred) {
  const JobId id = Create("a");
  EXPECT_EQ(Do(id, SetValidationState{0, true}), HResult::kPending);
  EXPECT_EQ(Do(id, SetValidationState{1, true}), HResult::kInvalidArgument);
  const JobId done = CreateTransferred("b");
  EXPECT_EQ(Do(done, SetValidationState{0, true}), HResult::kOk);
  EXPECT_EQ(StateOf(done), JobState::kTransferred);
  CrashAndRestart();
  EXPECT_TRUE(Get(done).files[0].valid);
}

TEST_F(QueueNamesTest, AFileThatIsNotValidIsFetchedAnewByResume) {
  const JobId id = CreateTransferred("a");
  EXPECT_EQ(Do(id, SetValidationState{0, false}), HResult::kOk);
  const Job job = Get(id);
  EXPECT_EQ(job.state, JobState::kError);
  ASSERT_TRUE(job.error);
  EXPECT_EQ(job.error->code, HResult::kValidationFailed);
  EXPECT_EQ(job.error->file, 0U);
  EXPECT_EQ(job.files[0].bytes_transferred, 0U);
  EXPECT_FALSE(job.files[0].transferred);
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const transfer::Download again = Connect();
  EXPECT_EQ(again.resume.offset, 0U);
  Finish(again);
  EXPECT_EQ(StateOf(id), JobState::kTransferred);
}

TEST_F(QueueNamesTest, ARunningJobStopsForAFileThatIsNotValid) {
  const JobId id = Create("a");
  ASSERT_TRUE(AddFile(id, "b"));
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const transfer::Download a = Connect(1 << 20);
  Finish(a, 1 << 20);
  const transfer::Download b = Connect(1 << 20);
  auto validated = Begin(id, SetValidationState{0, false});
  EXPECT_EQ(transfers_->TakeStop(), b.id);
  Report(transfer::Stopped{b.id, At(10, 1 << 20)});
  EXPECT_EQ(Get(validated), HResult::kOk);
  EXPECT_EQ(StateOf(id), JobState::kError);
  EXPECT_EQ(Get(id).files[1].bytes_transferred, 10U);
}

}  // namespace
}  // namespace engine
