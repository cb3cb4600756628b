#include "engine/creations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

class CreationsTest : public testing::Test {
 protected:
  // Makes a job unless the call is repeated; the job it gives.
  std::optional<JobId> Call(const std::string& creator, const std::string& request) {
    std::optional<JobId> answer;
    const auto done = [&answer](const Result<JobId>& id) { answer = *id; };
    if (creations_.Repeats(creator, request, done, now_)) return answer;
    answer = JobId::Random();
    creations_.Finish(creator, request, *answer, now_);
    return answer;
  }

  static Job JobOf(const JobId& id, const std::string& creator, const std::string& request,
                   TimePoint created = {}) {
    Job job{.id = id};
    job.creator = creator;
    job.request = request;
    job.created = created;
    return job;
  }

  SteadyTime now_{std::chrono::hours(1)};
  Creations creations_;
};

TEST_F(CreationsTest, ARepeatedCallGetsTheJobOfTheFirst) {
  const auto first = Call("alice", "1");
  EXPECT_EQ(Call("alice", "1"), first);
  EXPECT_NE(Call("alice", "2"), first);
}

TEST_F(CreationsTest, TheRequestsOfAnotherCreatorAreHisOwn) {
  const auto first = Call("alice", "1");
  EXPECT_NE(Call("bob", "1"), first);
  EXPECT_EQ(Call("alice", "1"), first);
}

TEST_F(CreationsTest, CallsAreRememberedForTenMinutes) {
  const auto first = Call("alice", "1");
  now_ += Creations::kKept - milliseconds(1);
  EXPECT_EQ(Call("alice", "1"), first);
  now_ += milliseconds(1);
  EXPECT_EQ(Call("alice", "1"), first);
  now_ += milliseconds(1);
  EXPECT_NE(Call("alice", "1"), first);
}

TEST_F(CreationsTest, BeyondTheLimitTheOldestIsForgotten) {
  std::vector<std::optional<JobId>> jobs;
  for (std::size_t i = 0; i < Creations::kMost; ++i)
    jobs.push_back(Call("alice", std::to_string(i)));
  EXPECT_EQ(creations_.size(), Creations::kMost);
  EXPECT_EQ(Call("alice", "0"), jobs[0]);
  Call("bob", "one more");
  EXPECT_EQ(creations_.size(), Creations::kMost);
  EXPECT_EQ(Call("alice", "1"), jobs[1]);
  EXPECT_NE(Call("alice", "0"), jobs[0]);
}

TEST_F(CreationsTest, CallsThatComeWhileTheFirstIsAtWorkGetItsOutcome) {
  std::vector<std::string> answers;
  const auto note = [&answers](const Result<JobId>& id) {
    answers.push_back(id ? id->ToString() : NameOf(id.error().code));
  };
  EXPECT_FALSE(creations_.Repeats("alice", "1", note, now_));
  EXPECT_TRUE(creations_.Repeats("alice", "1", note, now_));
  EXPECT_TRUE(creations_.Repeats("alice", "1", note, now_));
  EXPECT_THAT(answers, ElementsAre());
  const JobId job = JobId::Random();
  creations_.Finish("alice", "1", job, now_);
  EXPECT_THAT(answers, ElementsAre(job.ToString(), job.ToString()));
}

TEST_F(CreationsTest, AFailureAnswersThoseWhoWaitAndIsForgotten) {
  std::vector<std::string> answers;
  const auto note = [&answers](const Result<JobId>& id) {
    answers.push_back(id ? id->ToString() : NameOf(id.error().code));
  };
  EXPECT_FALSE(creations_.Repeats("alice", "1", note, now_));
  EXPECT_TRUE(creations_.Repeats("alice", "1", note, now_));
  creations_.Finish("alice", "1", Fail(HResult::kDiskFull, "no room"), now_);
  EXPECT_THAT(answers, ElementsAre(NameOf(HResult::kDiskFull)));
  EXPECT_FALSE(creations_.Repeats("alice", "1", note, now_));
}

TEST_F(CreationsTest, AJobThatHasEndedIsForgottenAndNoOther) {
  const auto first = Call("alice", "1");
  creations_.Forget(JobId::Random());
  EXPECT_EQ(Call("alice", "1"), first);
  creations_.Forget(*first);
  EXPECT_NE(Call("alice", "1"), first);
}

TEST_F(CreationsTest, WhatTheStoreHeldIsAsOldAsItsJobs) {
  const TimePoint wall{std::chrono::hours(1000)};
  const JobId edge = JobId::Random();
  const JobId future = JobId::Random();
  creations_.Load(JobOf(edge, "alice", "edge", wall - Creations::kKept), wall, now_);
  creations_.Load(JobOf(JobId::Random(), "alice", "old", wall - Creations::kKept - milliseconds(1)),
                  wall, now_);
  creations_.Load(JobOf(JobId::Random(), "alice", "", wall), wall, now_);
  creations_.Load(JobOf(future, "alice", "future", wall + std::chrono::hours(5)), wall, now_);
  EXPECT_EQ(creations_.size(), 2u);
  EXPECT_EQ(Call("alice", "edge"), edge);
  now_ += milliseconds(1);
  EXPECT_NE(Call("alice", "edge"), edge);
  EXPECT_EQ(Call("alice", "future"), future);
}

}  // namespace
}  // namespace engine
