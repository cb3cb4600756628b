#include "engine/waiting_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using enum Priority;

JobId Id(std::uint64_t number) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < sizeof number; ++i)
    bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return JobId::FromBytes(bytes);
}

class WaitingLineTest : public testing::Test {
 protected:
  // A job whose number is its turn.
  void Add(const std::string& user, std::uint64_t number, Priority level = kNormal) {
    line_.Add(user, {level, number}, Id(number));
  }
  std::vector<std::uint64_t> First(std::size_t most, Priority first = kHigh,
                                   Priority last = kLow) const {
    std::vector<std::uint64_t> numbers;
    for (const WaitingLine::Waiting& job : line_.First(first, last, most)) {
      EXPECT_EQ(job.id, Id(job.place.turn));
      numbers.push_back(job.place.turn);
    }
    return numbers;
  }
  // The next job starts; when its slice ends it waits again as `again`, if that is
  // not 0.
  std::uint64_t Run(std::uint64_t again = 0) {
    const WaitingLine::Waiting job = line_.First(kHigh, kLow, 1).at(0);
    const std::string user = job.place.turn >= 1'000 ? "bob" : "alice";
    line_.Served(user, job.place.priority);
    line_.Remove(user, job.place);
    if (again != 0) Add(user, again, job.place.priority);
    return job.place.turn;
  }

  WaitingLine line_;
};

TEST_F(WaitingLineTest, TheJobsOfOneUserGoInTheirOrder) {
  for (const std::uint64_t number : {3, 1, 2}) Add("alice", number);
  EXPECT_THAT(First(10), ElementsAre(1, 2, 3));
  EXPECT_THAT(First(2), ElementsAre(1, 2));
  EXPECT_THAT(First(0), IsEmpty());
}

TEST_F(WaitingLineTest, UsersTakeTurnsHoweverManyJobsEachHas) {
  for (std::uint64_t number = 1; number <= 999; ++number) Add("alice", number);
  Add("bob", 1'000);
  Add("bob", 1'001);
  EXPECT_THAT(First(5), ElementsAre(1, 1'000, 2, 1'001, 3));
  EXPECT_EQ(Run(), 1U);
  EXPECT_EQ(Run(1'002), 1'000U);
  EXPECT_EQ(Run(), 2U);
  EXPECT_EQ(Run(), 1'001U);
  EXPECT_EQ(Run(), 3U);
  EXPECT_EQ(Run(), 1'002U);
  EXPECT_EQ(Run(), 4U);
  EXPECT_EQ(Run(), 5U);
}

TEST_F(WaitingLineTest, HigherLevelsGoFirstWhoeverWasServed) {
  Add("alice", 1, kNormal);
  Add("alice", 2, kHigh);
  Add("bob", 1'000, kLow);
  Add("bob", 1'001, kForeground);
  EXPECT_THAT(First(10), ElementsAre(2, 1, 1'000));
  EXPECT_THAT(First(10, kForeground, kForeground), ElementsAre(1'001));
}

TEST_F(WaitingLineTest, AUserWhoWasInterruptedGoesFirstAgain) {
  Add("alice", 1);
  Add("bob", 1'000);
  EXPECT_EQ(Run(), 1U);
  line_.Interrupted("alice", kNormal);
  EXPECT_THAT(First(10), ElementsAre(1'000));
  Add("alice", 1);
  EXPECT_THAT(First(10), ElementsAre(1, 1'000));
}

TEST_F(WaitingLineTest, WhoIsGoneIsForgotten) {
  Add("alice", 1);
  line_.Remove("alice", {kNormal, 7});
  line_.Remove("alice", {kHigh, 1});
  line_.Remove("bob", {kNormal, 1});
  EXPECT_THAT(First(10), ElementsAre(1));
  line_.Remove("alice", {kNormal, 1});
  line_.Served("alice", kNormal);
  EXPECT_THAT(First(10), IsEmpty());
}

TEST_F(WaitingLineTest, AHundredThousandJobsOfAThousandUsersAreServedOneUserAfterTheOther) {
  constexpr std::uint64_t kUsers = 1'000;
  for (std::uint64_t number = 0; number < 100'000; ++number)
    Add(std::to_string(number % kUsers), number);
  for (std::uint64_t round = 0; round < 3; ++round) {
    for (std::uint64_t user = 0; user < kUsers; ++user) {
      const WaitingLine::Waiting job = line_.First(kHigh, kLow, 1).at(0);
      ASSERT_EQ(job.place.turn, round * kUsers + user);
      line_.Served(std::to_string(user), kNormal);
      line_.Remove(std::to_string(user), job.place);
    }
  }
}

}  // namespace
}  // namespace engine
