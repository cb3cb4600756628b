#include "wsman/auth/throttle.h"

#include <gtest/gtest.h>

namespace wsman::auth {
namespace {

using std::chrono::seconds;

class ThrottleTest : public ::testing::Test {
 protected:
  int Taken(Throttle& throttle, const std::string& key, int attempts) {
    int taken = 0;
    for (int i = 0; i < attempts; ++i) taken += throttle.Take(key, now_) ? 1 : 0;
    return taken;
  }

  std::chrono::steady_clock::time_point now_{seconds(1'000)};
};

TEST_F(ThrottleTest, ABucketHoldsItsBurst) {
  Throttle throttle({.burst = 10, .per_minute = 50, .keys = 100});
  EXPECT_EQ(Taken(throttle, "a", 9), 9);
  EXPECT_EQ(Taken(throttle, "a", 1), 1);
  EXPECT_EQ(Taken(throttle, "a", 1), 0);
}

TEST_F(ThrottleTest, KeysAreIndependent) {
  Throttle throttle({.burst = 1, .per_minute = 60, .keys = 100});
  EXPECT_EQ(Taken(throttle, "a", 2), 1);
  EXPECT_EQ(Taken(throttle, "b", 2), 1);
}

TEST_F(ThrottleTest, TokensComeBackWithTime) {
  Throttle throttle({.burst = 2, .per_minute = 60, .keys = 100});
  EXPECT_EQ(Taken(throttle, "a", 3), 2);
  now_ += seconds(1);
  EXPECT_EQ(Taken(throttle, "a", 3), 1);
  now_ += seconds(100);
  EXPECT_EQ(Taken(throttle, "a", 3), 2);
}

TEST_F(ThrottleTest, AMinuteOfGuessingCostsAtMostSixtyChecksByDefault) {
  Throttle throttle;
  int checks = 0;
  for (int tenth = 0; tenth < 600; ++tenth) {
    checks += Taken(throttle, "a", 20);
    now_ += std::chrono::milliseconds(100);
  }
  EXPECT_LE(checks, 60);
  EXPECT_GE(checks, 55);
}

TEST_F(ThrottleTest, ASuccessCostsNothing) {
  Throttle throttle({.burst = 1, .per_minute = 1, .keys = 100});
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(throttle.Take("a", now_));
    throttle.Return("a");
  }
  throttle.Return("a");  // never more than the burst
  EXPECT_EQ(Taken(throttle, "a", 5), 1);
}

TEST_F(ThrottleTest, TheLongestUnusedBucketGoesFirst) {
  Throttle throttle({.burst = 1, .per_minute = 1, .keys = 3});
  Taken(throttle, "a", 1);
  Taken(throttle, "b", 1);
  Taken(throttle, "c", 1);
  EXPECT_EQ(Taken(throttle, "a", 1), 0);  // used again
  EXPECT_EQ(Taken(throttle, "d", 1), 1);  // takes the place of b
  EXPECT_EQ(Taken(throttle, "a", 1), 0);
  EXPECT_EQ(Taken(throttle, "c", 1), 0);
  EXPECT_EQ(Taken(throttle, "b", 1), 1);
}

}  // namespace
}  // namespace wsman::auth
