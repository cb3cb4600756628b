// Jobs that send files.
#include <filesystem>
#include <fstream>

#include "engine/reply_data.h"
#include "upload_fixture.h"

namespace engine {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;
using testing::StartsWith;
using enum JobState;
using enum JobMethod;

SettingsChanges ReplyName(const std::string& name) {
  SettingsChanges changes;
  changes.reply_file_name = name;
  return changes;
}

class ReplyTest : public QueueUploadTest {
 protected:
  Result<JobSnapshot> ChangeSettings(const JobId& id, const SettingsChanges& changes) {
    return Await<JobSnapshot>(
        [&](auto done) { queue_->ChangeSettings(id, changes, std::move(done)); });
  }
};

TEST_F(QueueUploadTest, ANewUploadKnowsItsSizeAndHasNoSession) {
  const JobId id = CreateUpload("a", /*start=*/false);
  const Job job = Get(id);
  EXPECT_EQ(job.state, kSuspended);
  EXPECT_THAT(job.files[0].bytes_total, Optional(kSize));
  ASSERT_TRUE(job.upload);
  EXPECT_EQ(job.upload->session, UploadSession());
  EXPECT_TRUE(store_.Find(id)->upload);
}

TEST_F(QueueUploadTest, ASourceThatCannotBeReadIsRefusedAndTakesNoPlace) {
  options_.limits.jobs_per_user = 1;
  for (const HResult code : {HResult::kFileNotFound, HResult::kPathNotFound, HResult::kAccessDenied,
                             HResult::kInvalidArgument}) {
    files_.SetSource(Fail(code, "no"));
    const Result<JobId> refused = TryCreate(UploadSpec("a"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, code);
  }
  files_.SetSource(Source());
  EXPECT_TRUE(TryCreate(UploadSpec("a")));
}

TEST_F(QueueUploadTest, UploadsThatAreTurnedOffAreNotImplemented) {
  CreateUpload("a", /*start=*/false);
  StopQueue();
  options_.uploads = false;
  StartQueue();
  for (const JobType type : {JobType::kUpload, JobType::kUploadReply}) {
    const Result<JobId> refused = TryCreate(UploadSpec("b", true, type));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, HResult::kNotImplemented);
  }
  const JobId old = index_->List()[0]->id;
  EXPECT_THAT(Call(old, kResume), Optional(HResult::kOk));
  EXPECT_EQ(StateOf(old), kError);
  EXPECT_EQ(Get(old).error->code, HResult::kNotImplemented);
}

TEST_F(QueueUploadTest, AnUploadHasOneFile) {
  const JobId id = CreateUpload("a", /*start=*/false);
  EXPECT_EQ(AddFile(id, "b").error().code, HResult::kTooManyFiles);
  const Status ranges = Await<void>([&](Completion<void> done) {
    queue_->AddFile({"alice", false}, id, {"http://server/b", "C:\\data\\b", {{0, 1}}},
                    std::move(done));
  });
  EXPECT_EQ(ranges.error().code, HResult::kNotImplemented);
}

TEST_F(QueueUploadTest, AnAttemptGetsWhatTheServerHasAgreedTo) {
  const JobId id = CreateUpload("a");
  const transfer::Upload first = transfers_->TakeUpload();
  EXPECT_EQ(first.url, "http://server/a");
  EXPECT_EQ(first.source.name, "a");
  EXPECT_EQ(first.resume.session, UploadSession());
  EXPECT_FALSE(first.reply);
  EXPECT_EQ(StateOf(id), kConnecting);
  Report(transfer::Connected{first.id, {0, kSize, {}}});
  Report(transfer::UploadAdvanced{first.id, InSession(42)});
  EXPECT_EQ(StateOf(id), kTransferring);
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 42u);
  std::future<Result<HResult>> suspended = BeginCall(id, kSuspend);
  transfers_->TakeStop();
  Report(transfer::Stopped{first.id, {42, kSize, {}}});
  EXPECT_THAT(QueueTest::Get(suspended), Optional(HResult::kOk));
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  const transfer::Upload second = transfers_->TakeUpload();
  EXPECT_EQ(second.resume.session, InSession(0).session);
  EXPECT_EQ(second.resume.offset, 42u);
}

TEST_F(QueueUploadTest, ASessionIsStoredAtOnceAndOutlivesACrash) {
  const JobId id = CreateUpload("a");
  ConnectUpload();
  // No time has passed since the last commit.
  EXPECT_EQ(store_.Find(id)->upload->session, InSession(0).session);
  CrashAndRestart();
  EXPECT_EQ(transfers_->TakeUpload().resume.session, InSession(0).session);
}

TEST_F(QueueUploadTest, AnAttemptGoesOnWhenWhatItWaitsForIsStored) {
  const JobId id = CreateUpload("a");
  const transfer::Upload upload = transfers_->TakeUpload();
  transfer::UploadState closing = InSession(kSize);
  closing.session.closing = true;
  std::size_t waits = 0;
  for (const transfer::UploadState& state : {InSession(0), closing}) {
    store_.Hold(true);
    transfers_->Report(transfer::UploadAdvanced{upload.id, state, /*waits=*/true});
    SettleEngine();
    EXPECT_THAT(transfers_->gone_on(), SizeIs(waits));
    store_.Hold(false);
    Settle();
    EXPECT_THAT(transfers_->gone_on(), SizeIs(++waits));
    EXPECT_EQ(transfers_->gone_on().back(), upload.id);
    EXPECT_EQ(store_.Find(id)->upload->session, state.session);
  }
}

TEST_F(QueueUploadTest, AnAttemptThatDoesNotWaitIsNotTold) {
  CreateUpload("a");
  ConnectUpload(50);
  EXPECT_THAT(transfers_->gone_on(), IsEmpty());
}

TEST_F(QueueUploadTest, AnAttemptWaitsForAsLongAsTheStoreIsFull) {
  const JobId id = CreateUpload("a");
  const transfer::Upload upload = transfers_->TakeUpload();
  Settle();
  store_.SetFull(true);
  Report(transfer::UploadAdvanced{upload.id, InSession(0), /*waits=*/true});
  Advance(seconds(5));
  EXPECT_THAT(transfers_->gone_on(), IsEmpty());
  store_.SetFull(false);
  Advance(seconds(5));
  EXPECT_THAT(transfers_->gone_on(), testing::ElementsAre(upload.id));
  EXPECT_EQ(store_.Find(id)->upload->session, InSession(0).session);
}

TEST_F(QueueUploadTest, NoAttemptStartsInASessionThatIsNotStored) {
  const JobId id = CreateUpload("a");
  const transfer::Upload upload = transfers_->TakeUpload();
  Settle();
  store_.SetFull(true);
  Report(transfer::UploadAdvanced{upload.id, InSession(0), /*waits=*/true});
  FailUpload(upload, HResult::kConnectionError, /*recoverable=*/true);
  for (int i = 0; i < 4; ++i) Advance(seconds(5));
  EXPECT_EQ(transfers_->uploads(), 0u);
  store_.SetFull(false);
  Advance(seconds(5));
  EXPECT_EQ(transfers_->TakeUpload().resume.session, InSession(0).session);
  EXPECT_EQ(store_.Find(id)->upload->session, InSession(0).session);
  EXPECT_THAT(transfers_->gone_on(), IsEmpty());
}

TEST_F(QueueUploadTest, ALocalCallersRightsGoWithEveryAttempt) {
  const Actor actor{"alice", false, SourceReader{1000, {1000, 27}}};
  ASSERT_TRUE(TryCreate(UploadSpec("a"), actor));
  const transfer::Upload first = transfers_->TakeUpload();
  ASSERT_TRUE(first.reader);
  EXPECT_EQ(first.reader->user, 1000u);
  CrashAndRestart();
  const transfer::Upload again = transfers_->TakeUpload();
  ASSERT_TRUE(again.reader);
  EXPECT_THAT(again.reader->groups, testing::ElementsAre(1000u, 27u));
}

TEST_F(QueueUploadTest, AFinishedUploadCompletesWithoutTouchingItsSource) {
  const JobId id = CreateUpload("a");
  FinishUpload(ConnectUpload());
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_TRUE(Get(id).files[0].transferred);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kEmpty));
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kOk));
  EXPECT_EQ(index_->Find(id), nullptr);
  EXPECT_FALSE(store_.Find(id));
  EXPECT_THAT(files_.work(), IsEmpty());
}

TEST_F(QueueUploadTest, ALostSessionStartsAtTheFirstByteAndIsNoProgress) {
  options_.retry.quick_tries = 0;
  const JobId id = CreateUpload("a");
  JobChanges changes;
  changes.no_progress_timeout = 60;
  changes.minimum_retry_delay = 50;
  Change(id, changes);
  FailUpload(ConnectUpload(50), HResult::kNoProgress, /*recoverable=*/true);
  ASSERT_EQ(StateOf(id), kTransientError);
  Advance(seconds(50));
  const transfer::Upload again = transfers_->TakeUpload();
  Report(transfer::UploadAdvanced{again.id, InSession(0, "{2}")});
  EXPECT_EQ(Get(id).files[0].bytes_transferred, 0u);
  Report(transfer::UploadAdvanced{again.id, InSession(50, "{2}")});
  FailUpload(again, HResult::kNoProgress, /*recoverable=*/true);
  ASSERT_EQ(StateOf(id), kTransientError);
  Advance(seconds(10));
  EXPECT_EQ(StateOf(id), kError);
}

TEST_F(QueueUploadTest, AChangedSourceIsFatalAndSentAsItIsWhenResumed) {
  const JobId id = CreateUpload("a");
  const transfer::Upload first = ConnectUpload(50);
  FailUpload(first, HResult::kLocalFileChanged, /*recoverable=*/false);
  ASSERT_EQ(StateOf(id), kError);
  EXPECT_EQ(Get(id).error->context, ErrorContext::kLocalFile);
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  EXPECT_EQ(transfers_->TakeCancel().session.id, SharedText("{1}"));
  const transfer::Upload second = transfers_->TakeUpload();
  EXPECT_EQ(second.resume.session, UploadSession());
  EXPECT_EQ(second.resume.offset, 0u);
}

TEST_F(QueueUploadTest, UploadsTakeTurnsWithDownloads) {
  const JobId upload = CreateUpload("a");
  const transfer::Upload running = ConnectUpload();
  const JobId download = Create("b", /*start=*/true);
  EXPECT_EQ(StateOf(download), kQueued);
  Advance(options_.transfers.time_slice);
  EXPECT_EQ(transfers_->TakeStop(), running.id);
  Report(transfer::Stopped{running.id, {50, kSize, {}}});
  EXPECT_EQ(StateOf(upload), kQueued);
  EXPECT_EQ(transfers_->TakeStart().id.job, download);
}

TEST_F(QueueUploadTest, JobsOfAnOlderStoreHaveEmptySessions) {
  const JobId id = CreateUploadReply("a", /*start=*/false);
  std::vector<Job> on_disk = store_.Jobs();
  on_disk[0].upload = nullptr;
  StopQueue();
  store_.Replace(on_disk);
  StartQueue();
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  EXPECT_EQ(transfers_->TakeUpload().resume.session, UploadSession());
}

TEST_F(ReplyTest, ItGetsANameBesideTheSourceWhenTheJobStarts) {
  const JobId id = CreateUploadReply("a", /*start=*/false);
  EXPECT_TRUE(Get(id).upload->reply.local_name.empty());
  EXPECT_THAT(Call(id, kResume), Optional(HResult::kOk));
  EXPECT_THAT(Get(id).upload->reply.local_name.ToString(), StartsWith("C:\\data\\BIT"));
  const transfer::Upload upload = transfers_->TakeUpload();
  ASSERT_TRUE(upload.reply);
  EXPECT_THAT(upload.reply->target.name, StartsWith("BIT"));
  EXPECT_THAT(upload.reply->temporary_name, testing::EndsWith(".tmp"));
  EXPECT_EQ(store_.Find(id)->upload->reply.local_name, Get(id).upload->reply.local_name);
}

TEST_F(ReplyTest, ItsNameCanBeSetUntilItIsUnderWay) {
  const JobId id = CreateUploadReply("a", /*start=*/false);
  const Result<JobSnapshot> named = ChangeSettings(id, ReplyName("C:\\data\\answer"));
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ((*named)->upload->reply.local_name, SharedText("C:\\data\\answer"));
  Call(id, kResume);
  const transfer::Upload upload = ConnectUpload();
  EXPECT_EQ(upload.reply->target.name, "answer");
  Report(transfer::UploadAdvanced{upload.id, WithReply(0)});
  EXPECT_EQ(ChangeSettings(id, ReplyName("C:\\data\\b")).error().code, HResult::kInvalidState);
}

TEST_F(ReplyTest, ANewNameWhileTheJobTransfersIsTheNextAttempts) {
  const JobId id = CreateUploadReply("a");
  const transfer::Upload first = ConnectUpload();
  std::promise<Result<JobSnapshot>> named;
  std::future<Result<JobSnapshot>> answer = named.get_future();
  queue_->ChangeSettings(id, ReplyName("C:\\data\\answer"),
                         [&](Result<JobSnapshot> job) { named.set_value(std::move(job)); });
  EXPECT_EQ(transfers_->TakeStop(), first.id);
  Report(transfer::Stopped{first.id, {10, kSize, {}}});
  ASSERT_TRUE(QueueTest::Get(answer));
  EXPECT_EQ(transfers_->TakeUpload().reply->target.name, "answer");
}

TEST_F(ReplyTest, NamesThatLeadNowhereAndJobsWithoutReplyAreRefused) {
  const JobId id = CreateUploadReply("a", /*start=*/false);
  EXPECT_EQ(ChangeSettings(id, ReplyName("Q:\\answer")).error().code, HResult::kInvalidArgument);
  files_.FailTargets(Error{HResult::kPathNotFound, ErrorContext::kLocalFile, "no folder"});
  EXPECT_EQ(ChangeSettings(id, ReplyName("C:\\no\\b")).error().code, HResult::kPathNotFound);
  files_.FailTargets(std::nullopt);
  for (const JobId& other : {CreateUpload("b", false), Create("c")})
    EXPECT_EQ(ChangeSettings(other, ReplyName("C:\\data\\b")).error().code,
              HResult::kNotImplemented);
  EXPECT_TRUE(Get(id).upload->reply.local_name.empty());
}

TEST_F(ReplyTest, CompleteGivesItItsNameAndLeavesTheSource) {
  const JobId id = CreateUploadReply("a");
  const transfer::Upload upload = ConnectUpload();
  Report(transfer::UploadAdvanced{upload.id, WithReply(10)});
  FinishUpload(upload);
  EXPECT_EQ(StateOf(id), kTransferred);
  EXPECT_TRUE(Get(id).upload->reply.transferred);
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kOk));
  ASSERT_THAT(files_.work(), SizeIs(1));
  EXPECT_TRUE(files_.work()[0].keep);
  EXPECT_THAT(files_.work()[0].target.name, StartsWith("BIT"));
  EXPECT_EQ(index_->Find(id), nullptr);
}

TEST_F(ReplyTest, WhenItCannotBeRenamedTheJobStays) {
  const JobId id = CreateUploadReply("a", /*start=*/false);
  ChangeSettings(id, ReplyName("C:\\data\\answer"));
  Call(id, kResume);
  FinishUpload(ConnectUpload());
  files_.FailWork("answer", Error{HResult::kAccessDenied, ErrorContext::kLocalFile, "denied"});
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kAccessDenied));
  EXPECT_EQ(StateOf(id), kTransferred);
  files_.FailWork("answer", std::nullopt);
  EXPECT_THAT(Call(id, kComplete), Optional(HResult::kOk));
  EXPECT_EQ(index_->Find(id), nullptr);
}

TEST_F(ReplyTest, CancelDeletesWhatIsHereOfIt) {
  const JobId id = CreateUploadReply("a");
  FinishUpload(ConnectUpload());
  EXPECT_THAT(Call(id, kCancel), Optional(HResult::kOk));
  ASSERT_THAT(files_.work(), SizeIs(1));
  EXPECT_FALSE(files_.work()[0].keep);
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(ReplyTest, ItGoesOnWhereItWasAfterACrash) {
  const JobId id = CreateUploadReply("a");
  const transfer::Upload first = ConnectUpload();
  Report(transfer::UploadAdvanced{first.id, WithReply(4)});
  Advance(seconds(1));
  CrashAndRestart();
  const transfer::Upload again = transfers_->TakeUpload();
  EXPECT_EQ(again.resume.reply_url, "http://server/reply");
  EXPECT_EQ(again.resume.reply.offset, 4u);
  EXPECT_EQ(again.resume.reply.validators.etag, SharedText("\"r1\""));
  EXPECT_EQ(again.reply->temporary_name, first.reply->temporary_name);
  EXPECT_EQ(StateOf(id), kConnecting);
}

TEST_F(ReplyTest, BytesOfAnotherReplyWaitUntilTheStoreHasForgottenThoseOfTheFirst) {
  const JobId id = CreateUploadReply("a");
  const transfer::Upload first = ConnectUpload();
  Report(transfer::UploadAdvanced{first.id, WithReply(4)});
  Advance(seconds(1));
  store_.Hold(true);
  transfers_->Report(transfer::UploadAdvanced{first.id, WithReply(0)});
  transfers_->Report(transfer::Failed{first.id,
                                      {kSize, kSize, {}},
                                      Error{HResult::kConnectionError, ErrorContext::kNone, "gone"},
                                      /*recoverable=*/true,
                                      std::nullopt});
  SettleEngine();
  clock_.Advance(seconds(5));
  queue_->Wake();
  SettleEngine();
  EXPECT_EQ(transfers_->uploads(), 0u);
  store_.Hold(false);
  EXPECT_EQ(transfers_->TakeUpload().resume.reply.offset, 0u);
  EXPECT_EQ(store_.Find(id)->upload->reply.bytes_transferred, 0u);
}

class ReplyDataTest : public ReplyTest {
 protected:
  ReplyDataTest() {
    folder_ = testing::TempDir() + JobId::Random().ToString();
    std::filesystem::create_directories(folder_ / "data");
    options_.paths.drives["C"] = folder_;
  }
  ~ReplyDataTest() override { std::filesystem::remove_all(folder_); }

  // A job with a reply of this size; its bytes count up.
  JobId CreateWithReply(std::uint64_t size) {
    const JobId id = CreateUploadReply("a");
    const transfer::Upload upload = ConnectUpload();
    std::ofstream file(folder_ / "data" / upload.reply->temporary_name, std::ios::binary);
    for (std::uint64_t i = 0; i < size; ++i) file.put(static_cast<char>(i));
    file.close();
    transfer::UploadState state = WithReply(size);
    state.reply.total = size;
    Report(transfer::UploadAdvanced{upload.id, state});
    Report(transfer::Finished{upload.id, {kSize, kSize, {}}});
    return id;
  }
  Result<std::string> ReadReply(const JobId& id, std::uint64_t offset) {
    return Await<std::string>([&](auto done) { queue_->ReadReply(id, offset, std::move(done)); });
  }

  std::filesystem::path folder_;
};

TEST_F(ReplyDataTest, ItIsReadInParts) {
  const JobId id = CreateWithReply(kReplyPart + 2);
  EXPECT_EQ(ReadReply(id, 0)->size(), kReplyPart);
  EXPECT_EQ(*ReadReply(id, kReplyPart - 1), std::string("\xFF\x00\x01", 3));
  EXPECT_EQ(*ReadReply(id, kReplyPart + 2), "");
}

TEST_F(ReplyDataTest, MoreThanAMegabyteIsTooMuch) {
  for (const auto& [size, code] : {std::pair(kMostReplyData - 1, HResult::kOk),
                                   {kMostReplyData, HResult::kOk},
                                   {kMostReplyData + 1, HResult::kTooLarge}}) {
    const Result<std::string> part = ReadReply(CreateWithReply(size), 0);
    EXPECT_EQ(part ? HResult::kOk : part.error().code, code) << size;
  }
}

TEST_F(ReplyDataTest, WithoutAWholeReplyThereIsNothingToRead) {
  EXPECT_EQ(ReadReply(CreateUploadReply("a", false), 0).error().code, HResult::kInvalidState);
  EXPECT_EQ(ReadReply(CreateUpload("b", false), 0).error().code, HResult::kNotImplemented);
  EXPECT_EQ(ReadReply(JobId::Random(), 0).error().code, HResult::kNotFound);
}

}  // namespace
}  // namespace engine
