// Servers that hardly send anything, and the jobs that wait behind them.
#include "queue_fixture.h"

namespace engine {
namespace {

using std::chrono::seconds;

class QueuePaceTest : public QueueTest {
 protected:
  JobId CreateAt(const std::string& name, Priority priority) {
    const JobId id = Create(name);
    JobChanges changes;
    changes.priority = static_cast<std::uint32_t>(priority);
    EXPECT_TRUE(Change(id, changes));
    EXPECT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
    return id;
  }
};

TEST_F(QueuePaceTest, ADrippingTransferGivesItsSlotToOneThatWaits) {
  const JobId slow = Create("a", /*start=*/true);
  const JobId other = Create("b", /*start=*/true);
  const transfer::Download first = Connect();
  Report(transfer::Progressed{first.id, At(3)});
  Report(transfer::Slow{first.id});
  EXPECT_EQ(transfers_->TakeStop(), first.id);
  Report(transfer::Stopped{first.id, At(4)});
  const Job job = Get(slow);
  EXPECT_EQ(job.state, JobState::kTransientError);
  ASSERT_TRUE(job.error);
  EXPECT_EQ(job.error->code, HResult::kTimeout);
  EXPECT_EQ(job.error->context, ErrorContext::kGeneralTransport);
  EXPECT_EQ(job.error_count, 1U);
  EXPECT_EQ(job.files[0].bytes_transferred, 4U);
  const transfer::Download second = transfers_->TakeStart();
  EXPECT_EQ(second.id.job, other);
  Finish(second);
  Advance(job.minimum_retry_delay);
  EXPECT_EQ(transfers_->TakeStart().resume.offset, 4U);
}

TEST_F(QueuePaceTest, JobsOfLowerPriorityGetTheirTurnToo) {
  CreateAt("a", Priority::kHigh);
  const transfer::Download first = Connect();
  const JobId low = CreateAt("b", Priority::kLow);
  Report(transfer::Slow{first.id});
  EXPECT_EQ(transfers_->TakeStop(), first.id);
  Report(transfer::Stopped{first.id, At(0)});
  EXPECT_EQ(transfers_->TakeStart().id.job, low);
}

TEST_F(QueuePaceTest, WhereNobodyWaitsADrippingTransferGoesOn) {
  const JobId slow = Create("a", /*start=*/true);
  Create("b");
  const transfer::Download first = Connect();
  CreateAt("c", Priority::kForeground);  // has a slot of its own
  Report(transfer::Slow{first.id});
  EXPECT_EQ(transfers_->stops(), 0U);
  EXPECT_EQ(StateOf(slow), JobState::kTransferring);
  CreateAt("d", Priority::kLow);
  Report(transfer::Slow{first.id});
  EXPECT_EQ(transfers_->TakeStop(), first.id);
}

TEST_F(QueuePaceTest, ForegroundSlotsAreGivenOnToo) {
  StopQueue();
  options_.transfers.max_foreground = 1;
  StartQueue();
  CreateAt("a", Priority::kForeground);
  const transfer::Download first = Connect();
  Create("b", /*start=*/true);
  Report(transfer::Slow{first.id});
  EXPECT_EQ(transfers_->stops(), 0U) << "a background job does not wait for this slot";
  const JobId other = CreateAt("c", Priority::kForeground);
  Report(transfer::Slow{first.id});
  EXPECT_EQ(transfers_->TakeStop(), first.id);
  Report(transfer::Stopped{first.id, At(0)});
  for (int i = 0; i < 2; ++i) {
    const transfer::Download next = transfers_->TakeStart();
    if (next.id.job == other) return;
  }
  ADD_FAILURE() << "the other one did not start";
}

TEST_F(QueuePaceTest, WhatWouldBeginAtItsFirstByteIsLeftAlone) {
  const JobId id = Create("a");
  SettingsChanges changes;
  changes.http_method = "POST";
  ASSERT_TRUE(
      Await<JobSnapshot>([&](auto done) { queue_->ChangeSettings(id, changes, std::move(done)); }));
  StopQueue();
  options_.transfers.max_foreground = 1;
  StartQueue();
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const transfer::Download first = Connect();
  CreateAt("b", Priority::kForeground);
  Report(transfer::Slow{first.id});
  EXPECT_EQ(transfers_->stops(), 0U);
}

}  // namespace
}  // namespace engine
