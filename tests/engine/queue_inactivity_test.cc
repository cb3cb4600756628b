// Jobs that nobody touches end.
#include "queue_fixture.h"

namespace engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SizeIs;

class QueueInactivityTest : public QueueTest {
 protected:
  QueueInactivityTest() {
    StopQueue();
    options_.inactivity_timeout = seconds(1'000);
    StartQueue();
  }
};

TEST_F(QueueInactivityTest, AJobThatNobodyTouchesIsCancelled) {
  const JobId id = Create("a");
  Advance(seconds(999));
  EXPECT_NE(index_->Find(id), nullptr);
  Advance(seconds(1));
  EXPECT_EQ(index_->Find(id), nullptr);
  EXPECT_FALSE(store_.Find(id));
  EXPECT_THAT(files_.work(), SizeIs(1));
}

TEST_F(QueueInactivityTest, EachJobEndsAtItsOwnSecond) {
  std::vector<JobId> jobs;
  for (int i = 0; i < 5; ++i) {
    jobs.push_back(Create("a" + std::to_string(i)));
    Advance(seconds(7));
  }
  Advance(seconds(1'000 - 5 * 7 - 1));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    EXPECT_NE(index_->Find(jobs[i]), nullptr);
    Advance(seconds(1));
    EXPECT_EQ(index_->Find(jobs[i]), nullptr);
    Advance(seconds(6));
  }
}

TEST_F(QueueInactivityTest, AJobThatWasChangedMeanwhileHasItsWholeTimeAgain) {
  const JobId first = Create("a");
  Advance(seconds(30));
  const JobId second = Create("b");
  Advance(seconds(969));
  ASSERT_TRUE(Change(second, {}));
  Advance(seconds(1));  // the second was due 30 s from here
  EXPECT_EQ(index_->Find(first), nullptr);
  Advance(seconds(998));
  EXPECT_NE(index_->Find(second), nullptr);
  Advance(seconds(1));
  EXPECT_EQ(index_->Find(second), nullptr);
}

TEST_F(QueueInactivityTest, ChangesAndProgressKeepAJobAlive) {
  const JobId changed = Create("a");
  const JobId running = Create("b", true);
  const transfer::Download download = Connect();
  Advance(seconds(600));
  EXPECT_TRUE(Change(changed, {}));
  Report(transfer::Progressed{download.id, At(10)});
  Advance(seconds(600));
  EXPECT_NE(index_->Find(changed), nullptr);
  EXPECT_NE(index_->Find(running), nullptr);
}

TEST_F(QueueInactivityTest, AJumpOfTheWallClockCancelsNothing) {
  const JobId id = Create("a");
  clock_.JumpWall(std::chrono::hours(24 * 365));
  Advance(milliseconds(0));
  EXPECT_NE(index_->Find(id), nullptr);
}

}  // namespace
}  // namespace engine
