#include "engine/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using enum Priority;

JobId Id(std::uint8_t number) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[15] = number;
  return JobId::FromBytes(bytes);
}

Candidate Waiting(std::uint8_t id, Priority priority, std::uint64_t turn) {
  return {Id(id), priority, turn, false, seconds(0)};
}
Candidate Running(std::uint8_t id, Priority priority, std::uint64_t turn, seconds used) {
  return {Id(id), priority, turn, true, used};
}

Plan PlanFor(std::vector<Candidate> candidates, const TransferOptions& options = {}) {
  return PlanTransfers(candidates, options);
}

TEST(SchedulerTest, NothingToDoForNobody) {
  const Plan plan = PlanFor({});
  EXPECT_THAT(plan.start, IsEmpty());
  EXPECT_THAT(plan.stop, IsEmpty());
}

TEST(SchedulerTest, OneBackgroundJobRunsTheLongestWaitingOfTheHighestLevel) {
  const Plan plan = PlanFor(
      {Waiting(1, kLow, 1), Waiting(2, kNormal, 3), Waiting(3, kNormal, 2), Waiting(4, kLow, 4)});
  EXPECT_THAT(plan.start, ElementsAre(Id(3)));
  EXPECT_THAT(plan.stop, IsEmpty());
}

TEST(SchedulerTest, ForegroundJobsRunBesideTheBackgroundJob) {
  const Plan plan = PlanFor({Running(1, kNormal, 1, seconds(1)), Waiting(2, kForeground, 2),
                             Waiting(3, kForeground, 3), Waiting(4, kNormal, 4)});
  EXPECT_THAT(plan.start, ElementsAre(Id(2), Id(3)));
  EXPECT_THAT(plan.stop, IsEmpty());
}

TEST(SchedulerTest, ForegroundIsBoundedByItsLimit) {
  TransferOptions options;
  options.max_foreground = 2;
  const std::vector<Candidate> all = {Waiting(1, kForeground, 1), Waiting(2, kForeground, 2),
                                      Waiting(3, kForeground, 3)};
  EXPECT_THAT(PlanFor({all[0]}, options).start, ElementsAre(Id(1)));
  EXPECT_THAT(PlanFor({all[0], all[1]}, options).start, ElementsAre(Id(1), Id(2)));
  EXPECT_THAT(PlanFor(all, options).start, ElementsAre(Id(1), Id(2)));
}

TEST(SchedulerTest, TheBackgroundLimitIsASetting) {
  TransferOptions options;
  options.max_background = 2;
  const std::vector<Candidate> all = {Waiting(1, kNormal, 1), Waiting(2, kLow, 2),
                                      Waiting(3, kLow, 3)};
  EXPECT_THAT(PlanFor({all[0]}, options).start, ElementsAre(Id(1)));
  EXPECT_THAT(PlanFor(all, options).start, ElementsAre(Id(1), Id(2)));
}

TEST(SchedulerTest, AHigherLevelPreemptsAtOnce) {
  const Plan plan = PlanFor({Running(1, kNormal, 1, seconds(1)), Waiting(2, kHigh, 9)});
  EXPECT_THAT(plan.start, ElementsAre(Id(2)));
  EXPECT_THAT(plan.stop, ElementsAre(Id(1)));
}

TEST(SchedulerTest, ALowerLevelWaitsEvenWhenTheSliceIsUsedUp) {
  const Plan plan = PlanFor({Running(1, kNormal, 1, seconds(900)), Waiting(2, kLow, 0)});
  EXPECT_THAT(plan.start, IsEmpty());
  EXPECT_THAT(plan.stop, IsEmpty());
}

TEST(SchedulerTest, TheSliceEndsAtItsLengthWhenAnotherOfTheLevelWaits) {
  const auto plan_at = [](seconds used) {
    return PlanFor({Running(1, kNormal, 1, used), Waiting(2, kNormal, 2)});
  };
  EXPECT_THAT(plan_at(seconds(299)).stop, IsEmpty());
  EXPECT_THAT(plan_at(seconds(300)).stop, ElementsAre(Id(1)));
  EXPECT_THAT(plan_at(seconds(300)).start, ElementsAre(Id(2)));
  EXPECT_THAT(plan_at(seconds(301)).stop, ElementsAre(Id(1)));
}

TEST(SchedulerTest, ALoneJobKeepsRunningPastItsSlice) {
  EXPECT_THAT(PlanFor({Running(1, kNormal, 1, seconds(900))}).stop, IsEmpty());
}

TEST(SchedulerTest, RoundRobinGivesEveryJobItsTurn) {
  std::vector<Candidate> jobs = {Waiting(1, kNormal, 1), Waiting(2, kNormal, 2),
                                 Waiting(3, kNormal, 3)};
  std::uint64_t next_turn = 4;
  std::vector<JobId> order;
  for (int slice = 0; slice < 6; ++slice) {
    const Plan plan = PlanFor(jobs);
    ASSERT_EQ(plan.start.size(), 1u);
    for (Candidate& job : jobs) {
      if (job.running) job.turn = next_turn++;
      job.running = job.id == plan.start.front();
      job.slice_used = seconds(job.running ? 300 : 0);
    }
    order.push_back(plan.start.front());
  }
  EXPECT_THAT(order, ElementsAre(Id(1), Id(2), Id(3), Id(1), Id(2), Id(3)));
}

TEST(SchedulerTest, WhenTooManyRunTheLowestStop) {
  const Plan plan = PlanFor({Running(1, kNormal, 1, seconds(1)), Running(2, kLow, 2, seconds(1))});
  EXPECT_THAT(plan.stop, ElementsAre(Id(2)));
  EXPECT_THAT(plan.start, IsEmpty());
}

}  // namespace
}  // namespace engine
