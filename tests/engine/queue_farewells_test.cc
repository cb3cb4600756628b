// Cancelled uploads whose servers have to be told.
#include "engine/farewells.h"
#include "upload_fixture.h"

namespace engine {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;
using enum JobState;
using enum JobMethod;

class QueueFarewellTest : public QueueUploadTest {
 protected:
  // A cancelled job with a session.
  JobId CreateCancelled(const std::string& name = "a") {
    const JobId id = CreateUpload(name);
    ConnectUpload();
    EXPECT_THAT(CancelRunning(id), Optional(HResult::kOk));
    return id;
  }
  void Answer(const transfer::CancelSession& cancel, bool again) {
    std::optional<Error> error;
    if (again) error = Error{HResult::kCannotConnect, ErrorContext::kGeneralTransport, "refused"};
    Report(transfer::SessionCancelled{cancel.id, error, again});
  }
};

TEST_F(QueueFarewellTest, AnUploadWithoutSessionEndsAtOnce) {
  const JobId id = CreateUpload("a", /*start=*/false);
  EXPECT_THAT(Call(id, kCancel), Optional(HResult::kOk));
  Settle();
  EXPECT_EQ(transfers_->cancels(), 0u);
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(QueueFarewellTest, AClosedSessionIsNotCancelled) {
  const JobId id = CreateUpload("a");
  FinishUpload(ConnectUpload());
  EXPECT_THAT(Call(id, kCancel), Optional(HResult::kOk));
  Settle();
  EXPECT_EQ(transfers_->cancels(), 0u);
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(QueueFarewellTest, TheJobIsGoneForEverybodyWhileItsServerIsTold) {
  options_.limits.jobs_per_user = 1;
  const JobId id = CreateCancelled();
  EXPECT_EQ(index_->Find(id), nullptr);
  EXPECT_EQ(Call(id, kResume).error().code, HResult::kNotFound);
  ASSERT_TRUE(store_.Find(id));
  EXPECT_EQ(store_.Find(id)->pending, Pending::kTellingServer);
  EXPECT_EQ(store_.Find(id)->state, kCancelled);
  // It takes nobody's place.
  EXPECT_TRUE(TryCreate(UploadSpec("b", false)));
  const transfer::CancelSession cancel = transfers_->TakeCancel();
  EXPECT_EQ(cancel.url, "http://server/a");
  EXPECT_EQ(cancel.session, InSession(0).session);
  Answer(cancel, /*again=*/false);
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(QueueFarewellTest, AServerThatCannotBeReachedIsToldAgainAfterTheRetryDelay) {
  const JobId id = CreateCancelled();
  Answer(transfers_->TakeCancel(), /*again=*/true);
  Advance(seconds(599));
  EXPECT_EQ(transfers_->cancels(), 0u);
  Advance(seconds(1));
  const transfer::CancelSession second = transfers_->TakeCancel();
  EXPECT_TRUE(store_.Find(id));
  Answer(second, /*again=*/false);
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(QueueFarewellTest, AnOldAnswerCountsForNothing) {
  const JobId id = CreateCancelled();
  const transfer::CancelSession first = transfers_->TakeCancel();
  Answer(first, /*again=*/true);
  Answer(first, /*again=*/false);
  EXPECT_TRUE(store_.Find(id));
}

TEST_F(QueueFarewellTest, AfterADayItIsGivenUp) {
  const JobId id = CreateCancelled();
  const seconds delay = store_.Find(id)->minimum_retry_delay;
  const auto tries = static_cast<int>(Farewells::kKept / delay);
  for (int i = 0; i < tries; ++i) {
    Answer(transfers_->TakeCancel(), /*again=*/true);
    ASSERT_TRUE(store_.Find(id)) << i;
    Advance(delay);
  }
  Answer(transfers_->TakeCancel(), /*again=*/true);
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(QueueFarewellTest, AShorterNoProgressTimeoutEndsItSooner) {
  for (const auto& [timeout, goes_on] : {std::pair(599u, false), {600u, true}, {601u, true}}) {
    const JobId id = CreateUpload("a");
    JobChanges changes;
    changes.no_progress_timeout = timeout;
    Change(id, changes);
    ConnectUpload();
    CancelRunning(id);
    Answer(transfers_->TakeCancel(), /*again=*/true);
    EXPECT_EQ(store_.Find(id).has_value(), goes_on) << timeout;
    if (!goes_on) continue;
    Advance(seconds(600));
    Answer(transfers_->TakeCancel(), /*again=*/true);
    EXPECT_FALSE(store_.Find(id)) << timeout;
  }
}

TEST_F(QueueFarewellTest, ACrashForgetsNoServerAndNoTime) {
  const JobId id = CreateCancelled();
  transfers_->TakeCancel();
  CrashAndRestart();
  EXPECT_THAT(index_->List(), IsEmpty());
  EXPECT_EQ(Call(id, kResume).error().code, HResult::kNotFound);
  const transfer::CancelSession again = transfers_->TakeCancel();
  EXPECT_EQ(again.session.id, SharedText("{1}"));
  Answer(again, /*again=*/true);
  clock_.JumpWall(hours(25));
  CrashAndRestart();
  // It is tried once more, and then it is over.
  Answer(transfers_->TakeCancel(), /*again=*/true);
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(QueueFarewellTest, AJobThatWasBeingCancelledInACrashIsToldOf) {
  const JobId id = CreateUpload("a");
  ConnectUpload();
  std::vector<Job> on_disk = store_.Jobs();
  on_disk[0].pending = Pending::kCancelling;
  StopQueue();
  store_.Replace(on_disk);
  StartQueue();
  EXPECT_EQ(transfers_->TakeCancel().id.job, id);
  Settle();
  EXPECT_EQ(index_->Find(id), nullptr);
}

TEST_F(QueueFarewellTest, ANetworkThatIsBackIsUsedAtOnce) {
  const JobId id = CreateCancelled();
  Answer(transfers_->TakeCancel(), /*again=*/true);
  queue_->OnNetwork(false);
  queue_->OnNetwork(true);
  EXPECT_EQ(transfers_->TakeCancel().id.job, id);
}

TEST_F(QueueFarewellTest, AFullDiskKeepsTheRowUntilItCanGo) {
  const JobId id = CreateCancelled();
  store_.SetFull(true);
  Answer(transfers_->TakeCancel(), /*again=*/false);
  EXPECT_TRUE(store_.Find(id));
  store_.SetFull(false);
  Advance(seconds(5));
  EXPECT_FALSE(store_.Find(id));
}

TEST_F(QueueFarewellTest, AFewServersAreToldAtOnce) {
  std::vector<transfer::CancelSession> under_way;
  for (std::size_t i = 0; i <= Farewells::kAtOnce; ++i) CreateCancelled();
  for (std::size_t i = 0; i < Farewells::kAtOnce; ++i)
    under_way.push_back(transfers_->TakeCancel());
  Settle();
  EXPECT_EQ(transfers_->cancels(), 0u);
  Answer(under_way.front(), /*again=*/false);
  transfers_->TakeCancel();
}

TEST_F(QueueFarewellTest, MoreThanTheMostAreNotKept) {
  CreateCancelled("a");
  std::vector<Job> on_disk = store_.Jobs();
  const Job untold = on_disk[0];
  while (on_disk.size() < Farewells::kMost - 1) {
    Job other = untold;
    other.id = JobId::Random();
    on_disk.push_back(std::move(other));
  }
  StopQueue();
  store_.Replace(on_disk);
  StartQueue();
  const JobId last = CreateCancelled("b");
  EXPECT_TRUE(store_.Find(last));
  const JobId beyond = CreateCancelled("c");
  EXPECT_FALSE(store_.Find(beyond));
  EXPECT_THAT(store_.Jobs(), SizeIs(Farewells::kMost));
}

}  // namespace
}  // namespace engine
