#include "engine/bandwidth.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::system_clock;
using testing::Optional;

constexpr auto kLow = static_cast<std::size_t>(RateClass::kLow);

// --- buckets ------------------------------------------------------------------

constexpr std::uint64_t kRate = 1'000'000;
constexpr std::uint64_t kDepth = 20'000;  // 20 ms of it

class TokenBucketTest : public testing::Test {
 protected:
  TokenBucketTest() { bucket_.SetRate(kRate, now_); }

  TokenBucket bucket_;
  TokenBucket::Time now_{seconds(1'000)};
};

TEST_F(TokenBucketTest, WithoutALimitAnythingMayBeTaken) {
  bucket_.SetRate(0, now_);
  bucket_.Take(1ull << 40, now_);
  EXPECT_TRUE(bucket_.HasAny(now_));
  EXPECT_TRUE(bucket_.IsWorthwhile(now_));
}

TEST_F(TokenBucketTest, HoldsTwentyMillisecondsOfItsRate) {
  bucket_.Take(kDepth - 1, now_);
  EXPECT_TRUE(bucket_.HasAny(now_));
  bucket_.Take(1, now_);
  EXPECT_FALSE(bucket_.HasAny(now_));
}

TEST_F(TokenBucketTest, AnHourWithoutATakerFillsItOnce) {
  now_ += hours(1);
  bucket_.Take(kDepth, now_);
  EXPECT_FALSE(bucket_.HasAny(now_));
}

TEST_F(TokenBucketTest, WhatALargeBlockTookTooMuchIsPaidBackFirst) {
  bucket_.Take(kDepth + 5'000, now_);
  EXPECT_FALSE(bucket_.HasAny(now_ + milliseconds(4)));
  EXPECT_FALSE(bucket_.HasAny(now_ + milliseconds(5)));
  EXPECT_TRUE(bucket_.HasAny(now_ + milliseconds(6)));
}

TEST_F(TokenBucketTest, IsWorthwhileWhenHalfFull) {
  bucket_.Take(kDepth, now_);
  EXPECT_EQ(bucket_.WorthwhileAt(now_), now_ + milliseconds(10));
  EXPECT_FALSE(bucket_.IsWorthwhile(now_ + milliseconds(9)));
  EXPECT_TRUE(bucket_.IsWorthwhile(now_ + milliseconds(10)));
}

TEST_F(TokenBucketTest, TheMeanIsExactWhateverTheBlocks) {
  for (const std::uint64_t block : {1'000u, 16'384u, 524'288u}) {
    TokenBucket bucket;
    bucket.SetRate(kRate, now_);
    std::uint64_t taken = 0;
    for (TokenBucket::Time time = now_; time < now_ + seconds(20); time += milliseconds(1)) {
      while (bucket.HasAny(time)) {
        bucket.Take(block, time);
        taken += block;
      }
    }
    EXPECT_NEAR(static_cast<double>(taken), 20.0 * kRate, static_cast<double>(kDepth + block));
  }
}

TEST_F(TokenBucketTest, ATimeBeforeTheLastIsNoTimeAtAll) {
  bucket_.Take(kDepth, now_);
  EXPECT_FALSE(bucket_.HasAny(now_ - seconds(5)));
  EXPECT_FALSE(bucket_.HasAny(now_));
}

TEST_F(TokenBucketTest, ADebtEndsWithItsRate) {
  bucket_.Take(100 * kDepth, now_);
  bucket_.SetRate(125, now_);
  EXPECT_TRUE(bucket_.HasAny(now_ + milliseconds(1)));
}

// --- the schedule -------------------------------------------------------------

// 2026-03-28 is a Saturday; clocks go forward on the day after at 02:00 and back
// on 2026-10-25 at 03:00.
class ScheduleTest : public testing::Test {
 protected:
  ScheduleTest() { UseZone("CET-1CEST,M3.5.0,M10.5.0/3"); }
  ~ScheduleTest() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static void UseZone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }

  static system_clock::time_point Utc(int month, int day, int hour, int minute, int second = 0) {
    std::tm parts{};
    parts.tm_year = 2026 - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_hour = hour;
    parts.tm_min = minute;
    parts.tm_sec = second;
    return system_clock::from_time_t(::timegm(&parts));
  }

  // A rate of 1 in the class low, outside of it 9.
  void Add(std::bitset<7> days, minutes from, minutes to, std::uint64_t rate = 1) {
    options_.rates[kLow] = 9;
    BandwidthPeriod period{days, from, to, {}};
    period.rates[kLow] = rate;
    options_.periods.push_back(period);
  }
  std::uint64_t LowAt(system_clock::time_point time) const { return RatesAt(options_, time)[kLow]; }

  static constexpr unsigned kSunday = 1;
  static constexpr unsigned kFriday = 1 << 5;
  static constexpr unsigned kSaturday = 1 << 6;
  static constexpr unsigned kWorkDays = 0b0111110;
  BandwidthOptions options_;
};

TEST_F(ScheduleTest, WithoutPeriodsTheRatesNeverChange) {
  options_.rates[kLow] = 9;
  EXPECT_EQ(LowAt(Utc(1, 1, 0, 0)), 9u);
  EXPECT_EQ(NextRateChange(options_, Utc(1, 1, 0, 0)), std::nullopt);
}

TEST_F(ScheduleTest, APeriodHoldsFromItsFirstMinuteToBeforeItsLast) {
  Add(kWorkDays, hours(8), hours(17));
  EXPECT_EQ(LowAt(Utc(1, 7, 6, 59, 59)), 9u);  // Wednesday; CET is an hour ahead
  EXPECT_EQ(LowAt(Utc(1, 7, 7, 0)), 1u);
  EXPECT_EQ(LowAt(Utc(1, 7, 15, 59, 59)), 1u);
  EXPECT_EQ(LowAt(Utc(1, 7, 16, 0)), 9u);
  EXPECT_EQ(LowAt(Utc(1, 10, 12, 0)), 9u);  // Saturday
}

TEST_F(ScheduleTest, TheNextChangeIsTheNextEdge) {
  Add(kWorkDays, hours(8), hours(17));
  EXPECT_THAT(NextRateChange(options_, Utc(1, 7, 6, 59, 59)), Optional(Utc(1, 7, 7, 0)));
  EXPECT_THAT(NextRateChange(options_, Utc(1, 7, 7, 0)), Optional(Utc(1, 7, 16, 0)));
  EXPECT_THAT(NextRateChange(options_, Utc(1, 9, 16, 0)), Optional(Utc(1, 12, 7, 0)));
}

TEST_F(ScheduleTest, APeriodOverMidnightBelongsToTheDayItBeginsOn) {
  Add(kFriday, hours(22), hours(6));
  EXPECT_EQ(LowAt(Utc(1, 9, 4, 59)), 9u);   // Friday morning
  EXPECT_EQ(LowAt(Utc(1, 9, 21, 0)), 1u);   // Friday 22:00
  EXPECT_EQ(LowAt(Utc(1, 10, 4, 59)), 1u);  // Saturday 05:59
  EXPECT_EQ(LowAt(Utc(1, 10, 5, 0)), 9u);
  EXPECT_EQ(LowAt(Utc(1, 10, 21, 0)), 9u);
}

TEST_F(ScheduleTest, TheWeekWrapsFromSaturdayToSunday) {
  Add(kSaturday, hours(23), hours(1));
  EXPECT_EQ(LowAt(Utc(1, 10, 22, 30)), 1u);
  EXPECT_EQ(LowAt(Utc(1, 10, 23, 30)), 1u);  // Sunday 00:30
  EXPECT_EQ(LowAt(Utc(1, 11, 0, 0)), 9u);
}

TEST_F(ScheduleTest, ADayEndsAtTwentyFour) {
  Add(kFriday, hours(0), hours(24));
  EXPECT_EQ(LowAt(Utc(1, 8, 22, 59, 59)), 9u);
  EXPECT_EQ(LowAt(Utc(1, 8, 23, 0)), 1u);
  EXPECT_EQ(LowAt(Utc(1, 9, 22, 59, 59)), 1u);
  EXPECT_EQ(LowAt(Utc(1, 9, 23, 0)), 9u);
}

TEST_F(ScheduleTest, TheFirstOfOverlappingPeriodsCounts) {
  Add(0x7F, hours(10), hours(11), 5);
  Add(0x7F, hours(8), hours(17), 1);
  EXPECT_EQ(LowAt(Utc(1, 7, 8, 59)), 1u);
  EXPECT_EQ(LowAt(Utc(1, 7, 9, 0)), 5u);
  EXPECT_EQ(LowAt(Utc(1, 7, 10, 0)), 1u);
}

TEST_F(ScheduleTest, RatesThatAPeriodDoesNotNameStay) {
  Add(0x7F, hours(0), hours(24));
  options_.rates[0] = 77;
  EXPECT_EQ(RatesAt(options_, Utc(1, 7, 12, 0))[0], 77u);
}

TEST_F(ScheduleTest, ATimeThatTheDayLacksBeginsWhereTheClockJumps) {
  Add(kSunday, hours(2) + minutes(30), hours(4));
  const auto jump = Utc(3, 29, 1, 0);  // 02:00 CET is 03:00 CEST
  EXPECT_EQ(LowAt(jump - seconds(1)), 9u);
  EXPECT_EQ(LowAt(jump), 1u);
  EXPECT_THAT(NextRateChange(options_, jump - hours(5)), Optional(jump));
  EXPECT_THAT(NextRateChange(options_, jump), Optional(jump + hours(1)));
}

TEST_F(ScheduleTest, ATimeThatTheDayHasTwiceHoldsTwice) {
  Add(kSunday, hours(2), hours(2) + minutes(30));
  const auto first = Utc(10, 25, 0, 0);  // 02:00 CEST; 02:00 CET is an hour later
  EXPECT_THAT(NextRateChange(options_, first - hours(1)), Optional(first));
  EXPECT_THAT(NextRateChange(options_, first), Optional(first + minutes(30)));
  EXPECT_THAT(NextRateChange(options_, first + minutes(30)), Optional(first + hours(1)));
  EXPECT_THAT(NextRateChange(options_, first + hours(1)), Optional(first + minutes(90)));
}

TEST_F(ScheduleTest, AChangeAWeekAheadIsFound) {
  Add(kFriday, hours(8), hours(9));
  EXPECT_THAT(NextRateChange(options_, Utc(1, 9, 8, 0)), Optional(Utc(1, 16, 7, 0)));
}

}  // namespace
}  // namespace engine
