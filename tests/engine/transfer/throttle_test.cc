#include "engine/transfer/throttle.h"

#include <gmock/gmock.h>

#include <map>

namespace engine::transfer {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Eq;
using testing::Optional;

class HandClock final : public Clock {
 public:
  std::chrono::steady_clock::time_point Steady() const override { return steady; }
  std::chrono::system_clock::time_point Wall() const override { return wall; }
  std::chrono::steady_clock::time_point steady{seconds(1'000)};
  // Thursday 1970-01-15; noon somewhere in every time zone that tests run in.
  std::chrono::system_clock::time_point wall{hours(14 * 24 + 12)};
};

constexpr std::uint64_t kBlock = 16 * 1024;

class ThrottleTest : public testing::Test {
 protected:
  void Limit(RateClass kind, std::uint64_t rate) {
    options_.rates[static_cast<std::size_t>(kind)] = rate;
  }
  Throttle& throttle() {
    if (!throttle_) throttle_.emplace(options_, clock_);
    return *throttle_;
  }
  static TransferId Id(std::uint32_t number) { return {JobId::FromBytes({1}), number, 1}; }
  // Takes one block; false when it has to wait.
  bool Receive(std::uint32_t number, Priority priority) {
    if (!throttle().MayTake(Id(number), priority)) return false;
    throttle().Took(Id(number), priority, kBlock);
    taken_[number] += kBlock;
    return true;
  }
  // What transfers with always ready servers receive in this time.
  void RunFor(milliseconds time, const std::map<std::uint32_t, Priority>& transfers) {
    std::map<std::uint32_t, bool> waits;
    for (const auto end = clock_.steady + time; clock_.steady < end;
         clock_.steady += milliseconds(1)) {
      for (std::size_t n = throttle().waiting(); n > 0; --n) {
        const auto id = throttle().TakeTurn();
        if (id) waits[id->file] = !Receive(id->file, transfers.at(id->file));
      }
      for (const auto& [number, priority] : transfers) {
        while (!waits[number]) waits[number] = !Receive(number, priority);
      }
    }
  }

  HandClock clock_;
  BandwidthOptions options_;
  std::optional<Throttle> throttle_;
  std::map<std::uint32_t, std::uint64_t> taken_;
};

TEST_F(ThrottleTest, WithoutLimitsNobodyWaits) {
  EXPECT_FALSE(throttle().Limits(Priority::kLow));
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(Receive(1, Priority::kLow));
  EXPECT_EQ(throttle().waiting(), 0u);
  EXPECT_EQ(throttle().TimeToTurn(), std::nullopt);
}

TEST_F(ThrottleTest, EachPriorityKeepsToItsClasses) {
  Limit(RateClass::kBackground, 1);
  EXPECT_FALSE(throttle().Limits(Priority::kForeground));
  EXPECT_TRUE(throttle().Limits(Priority::kHigh));
  EXPECT_TRUE(throttle().Limits(Priority::kNormal));
  EXPECT_TRUE(throttle().Limits(Priority::kLow));
  throttle_.reset();
  options_ = {};
  Limit(RateClass::kNormal, 1);
  EXPECT_FALSE(throttle().Limits(Priority::kForeground));
  EXPECT_FALSE(throttle().Limits(Priority::kHigh));
  EXPECT_TRUE(throttle().Limits(Priority::kNormal));
  EXPECT_FALSE(throttle().Limits(Priority::kLow));
}

TEST_F(ThrottleTest, OneTransferGetsTheRate) {
  Limit(RateClass::kTotal, 1'000'000);
  RunFor(seconds(10), {{1, Priority::kForeground}});
  EXPECT_NEAR(static_cast<double>(taken_[1]), 10e6, 50'000);
}

TEST_F(ThrottleTest, TransfersOfOneClassShareItEvenly) {
  Limit(RateClass::kTotal, 5'000'000);
  RunFor(seconds(10), {{1, Priority::kForeground},
                       {2, Priority::kForeground},
                       {3, Priority::kForeground},
                       {4, Priority::kNormal}});
  std::uint64_t sum = 0;
  for (const auto& [number, bytes] : taken_) {
    EXPECT_NEAR(static_cast<double>(bytes), 12.5e6, 1.25e6) << number;
    sum += bytes;
  }
  EXPECT_NEAR(static_cast<double>(sum), 50e6, 0.5e6);
}

TEST_F(ThrottleTest, ALimitOfAPriorityLeavesTheRestToOthers) {
  Limit(RateClass::kTotal, 2'000'000);
  Limit(RateClass::kLow, 200'000);
  RunFor(seconds(10), {{1, Priority::kForeground}, {2, Priority::kLow}});
  EXPECT_NEAR(static_cast<double>(taken_[2]), 2e6, 0.1e6);
  EXPECT_NEAR(static_cast<double>(taken_[1]), 18e6, 0.5e6);
}

TEST_F(ThrottleTest, ATurnEndsWhenOthersShareTheLimit) {
  Limit(RateClass::kTotal, 100'000'000);  // 2 MB deep
  while (taken_[1] + kBlock < kTurnBytes) ASSERT_TRUE(Receive(1, Priority::kNormal));
  ASSERT_TRUE(Receive(2, Priority::kNormal));
  ASSERT_TRUE(Receive(1, Priority::kNormal));
  EXPECT_FALSE(Receive(1, Priority::kNormal));
  EXPECT_THAT(throttle().TakeTurn(), Optional(Eq(Id(1))));
  EXPECT_TRUE(Receive(1, Priority::kNormal));
}

TEST_F(ThrottleTest, ATransferThatEndedGetsNoTurn) {
  Limit(RateClass::kTotal, 1'000);
  while (Receive(1, Priority::kNormal)) continue;
  EXPECT_EQ(throttle().waiting(), 1u);
  throttle().Forget(Id(1));
  clock_.steady += hours(1);
  EXPECT_EQ(throttle().TakeTurn(), std::nullopt);
}

TEST_F(ThrottleTest, TellsWhenTheNextTurnIs) {
  Limit(RateClass::kTotal, 1'000'000);
  while (Receive(1, Priority::kNormal)) continue;
  const auto wait = throttle().TimeToTurn();
  ASSERT_TRUE(wait);
  clock_.steady += *wait - std::chrono::nanoseconds(1);
  EXPECT_EQ(throttle().TakeTurn(), std::nullopt);
  clock_.steady += std::chrono::nanoseconds(1);
  EXPECT_THAT(throttle().TakeTurn(), Optional(Eq(Id(1))));
}

// --- the schedule -------------------------------------------------------------

class ThrottleScheduleTest : public ThrottleTest {
 protected:
  // No limit but in the hour that begins an hour from here.
  ThrottleScheduleTest() {
    const std::time_t now = std::chrono::system_clock::to_time_t(clock_.wall);
    std::tm local{};
    ::localtime_r(&now, &local);
    clock_.wall -= std::chrono::minutes(local.tm_min);
    BandwidthPeriod period;
    period.from = hours((local.tm_hour + 1) % 24);
    period.to = hours((local.tm_hour + 2) % 24);
    period.rates[static_cast<std::size_t>(RateClass::kTotal)] = 1'000;
    options_.periods.push_back(period);
  }
};

TEST_F(ThrottleScheduleTest, LimitsComeAndGoWithTheHours) {
  EXPECT_FALSE(throttle().Limits(Priority::kHigh));
  clock_.wall += hours(1) - seconds(1);
  throttle().Update();
  EXPECT_FALSE(throttle().Limits(Priority::kHigh));
  clock_.wall += seconds(1);
  throttle().Update();
  EXPECT_TRUE(throttle().Limits(Priority::kHigh));
  clock_.wall += hours(1);
  throttle().Update();
  EXPECT_FALSE(throttle().Limits(Priority::kHigh));
}

TEST_F(ThrottleScheduleTest, WhoWaitsGoesOnWhenTheLimitEnds) {
  clock_.wall += hours(1);
  while (Receive(1, Priority::kNormal)) continue;
  EXPECT_EQ(throttle().TakeTurn(), std::nullopt);
  clock_.wall += hours(1);
  throttle().Update();
  EXPECT_THAT(throttle().TakeTurn(), Optional(Eq(Id(1))));
  EXPECT_TRUE(Receive(1, Priority::kNormal));
}

TEST_F(ThrottleScheduleTest, AClockThatIsSetBackIsNoticed) {
  clock_.wall += hours(1);
  EXPECT_TRUE(throttle().Limits(Priority::kHigh));
  clock_.wall -= seconds(1);
  throttle().Update();
  EXPECT_FALSE(throttle().Limits(Priority::kHigh));
}

TEST_F(ThrottleScheduleTest, AClockThatIsSetForwardIsNoticed) {
  EXPECT_FALSE(throttle().Limits(Priority::kHigh));
  clock_.wall += hours(7 * 24 + 1);
  throttle().Update();
  EXPECT_TRUE(throttle().Limits(Priority::kHigh));
}

}  // namespace
}  // namespace engine::transfer
