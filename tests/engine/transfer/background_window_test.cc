#include "engine/transfer/background_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace engine::transfer {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t kSegment = 1'448;
constexpr std::uint32_t kLeast = kLeastSegments * kSegment;

class BackgroundWindowTest : public testing::Test {
 protected:
  // A tenth of a second later: what arrived, and how long its packets took.
  std::uint32_t Step(milliseconds round_trip, std::uint64_t bytes = 100'000'000) {
    now_ += milliseconds(100);
    received_ += bytes;
    return last_ = window_.Update({round_trip, kSegment, received_}, now_);
  }

  // A line of this rate and shortest round trip: what does not fit on it queues.
  void StepOnLine(double bytes_per_second, double base_seconds) {
    const double round_trip = std::max(base_seconds, last_ / bytes_per_second);
    const double rate = std::min(bytes_per_second, last_ / base_seconds);
    Step(milliseconds(static_cast<int>(round_trip * 1'000)), static_cast<std::uint64_t>(rate / 10));
  }

  BackgroundWindow::Time now_{seconds(1'000)};
  BackgroundWindow window_{now_};
  std::uint64_t received_ = 0;
  std::uint32_t last_ = kFirstWindow;
};

TEST_F(BackgroundWindowTest, DoublesUntilSomethingQueues) {
  EXPECT_EQ(Step(milliseconds(10)), kFirstWindow);  // nothing to compare with
  EXPECT_EQ(Step(milliseconds(10)), 2 * kFirstWindow);
  EXPECT_EQ(Step(milliseconds(10)), 4 * kFirstWindow);
  Step(milliseconds(10) + kTargetDelay);
  const std::uint32_t before = last_;
  EXPECT_LT(Step(milliseconds(10)), 2 * before);
}

TEST_F(BackgroundWindowTest, HoldsStillAtTheTargetAndMovesAroundIt) {
  Step(milliseconds(10));
  Step(milliseconds(10) + kTargetDelay);
  const std::uint32_t held = last_;
  EXPECT_EQ(Step(milliseconds(10) + kTargetDelay), held);
  EXPECT_GT(Step(milliseconds(9) + kTargetDelay), held);
  Step(milliseconds(10) + kTargetDelay);
  const std::uint32_t larger = last_;
  EXPECT_LT(Step(milliseconds(11) + kTargetDelay), larger);
}

TEST_F(BackgroundWindowTest, AFullQueueTakesItDownToTwoSegments) {
  Step(milliseconds(10));
  for (int i = 0; i < 10; ++i) Step(milliseconds(160));
  EXPECT_EQ(last_, kLeast);
}

TEST_F(BackgroundWindowTest, NeverExceedsItsBound) {
  for (int i = 0; i < 100; ++i) Step(milliseconds(10), 1'000'000'000);
  EXPECT_EQ(last_, kMostWindow);
}

TEST_F(BackgroundWindowTest, StaysWhereItIsUntilTheRoundTripIsKnown) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Step(milliseconds(0)), kFirstWindow);
}

TEST_F(BackgroundWindowTest, ASilentServerChangesNothing) {
  Step(milliseconds(10));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Step(milliseconds(160), 0), kFirstWindow);
}

TEST_F(BackgroundWindowTest, ASlowServerDoesNotMakeItWide) {
  for (int i = 0; i < 100; ++i) Step(milliseconds(10), 1'000);
  EXPECT_LE(last_, 2 * kSpareWindow);
}

TEST_F(BackgroundWindowTest, FillsALineThatNobodyElseUses) {
  for (int i = 0; i < 100; ++i) StepOnLine(5e6, 0.020);
  const double queued = last_ / 5e6 - 0.020;
  EXPECT_GT(queued, 0.015);
  EXPECT_LT(queued, 0.035);
}

TEST_F(BackgroundWindowTest, PausesOnceInAnIntervalAndGoesOnAsBefore) {
  Step(milliseconds(10));
  Step(milliseconds(10) + kTargetDelay);
  const std::uint32_t held = last_;
  while (now_ < BackgroundWindow::Time(seconds(1'000)) + kPauseInterval - milliseconds(100))
    ASSERT_EQ(Step(milliseconds(10) + kTargetDelay), held);
  EXPECT_EQ(Step(milliseconds(10) + kTargetDelay), kLeast);
  EXPECT_EQ(Step(milliseconds(20)), kLeast);
  EXPECT_EQ(Step(milliseconds(10)), kLeast);
  EXPECT_EQ(Step(milliseconds(10)), held);
}

TEST_F(BackgroundWindowTest, APauseEndsWhenTheServerFallsSilent) {
  Step(milliseconds(10));
  Step(milliseconds(10) + kTargetDelay);
  const std::uint32_t held = last_;
  now_ += kPauseInterval;
  EXPECT_EQ(Step(milliseconds(10) + kTargetDelay), kLeast);
  now_ += seconds(2);
  EXPECT_EQ(Step(milliseconds(10), 0), held);
}

TEST_F(BackgroundWindowTest, ALongerWayIsTheBaseOnceTheShorterIsForgotten) {
  Step(milliseconds(10));
  for (int i = 0; i < 100; ++i) Step(milliseconds(100));
  EXPECT_EQ(last_, kLeast);
  for (int i = 0; i < 700; ++i) Step(milliseconds(100));
  EXPECT_GT(last_, kFirstWindow);
}

}  // namespace
}  // namespace engine::transfer
