#include "engine/retry_policy.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart{hours(1)};

// "in place 500", "transient 600000", "fatal".
std::string Text(const RetryDecision& decision) {
  if (const auto* quick = std::get_if<TryAgainInPlace>(&decision))
    return "in place " + std::to_string(quick->after.count());
  if (const auto* transient = std::get_if<ShowTransient>(&decision))
    return "transient " + std::to_string(transient->retry_after.count());
  return "fatal";
}

class RetryPolicyTest : public testing::Test {
 protected:
  std::string FailAt(milliseconds after_start) {
    return Text(Decide(failure_, history_, kStart + after_start, options_));
  }
  FailureFacts failure_;
  RetryHistory history_;
  RetryOptions options_;
};

TEST_F(RetryPolicyTest, ThreeQuickTriesComeBeforeTheTransientError) {
  EXPECT_EQ(FailAt(milliseconds(0)), "in place 500");
  EXPECT_EQ(FailAt(milliseconds(600)), "in place 1500");
  EXPECT_EQ(FailAt(milliseconds(2'200)), "in place 4000");
  EXPECT_EQ(FailAt(milliseconds(6'300)), "transient 600000");
}

TEST_F(RetryPolicyTest, AFailureThatGivesTheSlotAwayIsNotTriedInPlace) {
  failure_.in_place = false;
  EXPECT_EQ(FailAt(milliseconds(0)), "transient 600000");
  failure_.minimum_retry_delay = seconds(5);
  EXPECT_EQ(FailAt(seconds(700)), "transient 5000");
  failure_.no_progress_timeout = seconds(0);
  EXPECT_EQ(FailAt(seconds(701)), "fatal");
}

TEST_F(RetryPolicyTest, TheNumberOfQuickTriesIsASetting) {
  options_.quick_tries = 0;
  EXPECT_EQ(FailAt(milliseconds(0)), "transient 600000");
  history_ = {};
  options_.quick_tries = 1;
  EXPECT_EQ(FailAt(milliseconds(0)), "in place 500");
  EXPECT_EQ(FailAt(milliseconds(500)), "transient 600000");
}

TEST_F(RetryPolicyTest, AQuickTryMustStartWithinTheWindow) {
  EXPECT_EQ(FailAt(milliseconds(0)), "in place 500");
  const RetryHistory after_first = history_;
  EXPECT_EQ(FailAt(milliseconds(8'499)), "in place 1500");
  history_ = after_first;
  EXPECT_EQ(FailAt(milliseconds(8'500)), "in place 1500");
  history_ = after_first;
  EXPECT_EQ(FailAt(milliseconds(8'501)), "transient 600000");
}

TEST_F(RetryPolicyTest, ProgressStartsTheWindowsAnew) {
  FailAt(milliseconds(0));
  FailAt(milliseconds(600));
  RecordProgress(history_);
  EXPECT_EQ(FailAt(milliseconds(60'000)), "in place 500");
}

TEST_F(RetryPolicyTest, AShownErrorIsShownAgainWithoutQuickTries) {
  options_.quick_tries = 0;
  FailAt(milliseconds(0));
  options_.quick_tries = 3;
  EXPECT_EQ(FailAt(seconds(600)), "transient 600000");
}

TEST_F(RetryPolicyTest, AShortRetryAfterIsWaitedForInPlace) {
  failure_.server_retry_after = seconds(3);
  EXPECT_EQ(FailAt(milliseconds(0)), "in place 3000");
}

TEST_F(RetryPolicyTest, ARetryAfterBeyondTheWindowShowsAtOnce) {
  failure_.minimum_retry_delay = seconds(5);
  failure_.server_retry_after = seconds(10);
  EXPECT_EQ(FailAt(milliseconds(0)), "in place 10000");
  history_ = {};
  failure_.server_retry_after = seconds(11);
  EXPECT_EQ(FailAt(milliseconds(0)), "transient 11000");
}

TEST_F(RetryPolicyTest, RetryAfterIsHonouredUpToAnHour) {
  const auto shown_for = [this](seconds asked) {
    history_ = {};
    failure_.server_retry_after = asked;
    return FailAt(milliseconds(0));
  };
  EXPECT_EQ(shown_for(seconds(3'599)), "transient 3599000");
  EXPECT_EQ(shown_for(seconds(3'600)), "transient 3600000");
  EXPECT_EQ(shown_for(seconds(3'601)), "transient 3600000");
}

TEST_F(RetryPolicyTest, TheMinimumRetryDelayIsTheLowerBound) {
  failure_.server_retry_after = seconds(60);
  EXPECT_EQ(FailAt(milliseconds(0)), "transient 600000");
}

TEST_F(RetryPolicyTest, FatalFailuresAreNotRetried) {
  failure_.recoverable = false;
  EXPECT_EQ(FailAt(milliseconds(0)), "fatal");
}

TEST_F(RetryPolicyTest, ANoProgressTimeoutOfZeroMakesEveryErrorFatal) {
  failure_.no_progress_timeout = seconds(0);
  EXPECT_EQ(FailAt(milliseconds(0)), "fatal");
}

TEST_F(RetryPolicyTest, ADelayLongerThanTheNoProgressTimeoutMakesEveryErrorFatal) {
  failure_.minimum_retry_delay = seconds(601);
  failure_.no_progress_timeout = seconds(600);
  EXPECT_EQ(FailAt(milliseconds(0)), "fatal");
  failure_.minimum_retry_delay = seconds(600);
  EXPECT_EQ(FailAt(milliseconds(0)), "in place 500");
}

TEST_F(RetryPolicyTest, NoProgressCountsFromTheFirstShownFailure) {
  options_.quick_tries = 0;
  failure_.no_progress_timeout = seconds(1'000);
  EXPECT_EQ(FailAt(seconds(0)), "transient 600000");
  EXPECT_EQ(FailAt(seconds(999)), "transient 600000");
  EXPECT_EQ(FailAt(seconds(1'000)), "fatal");
}

TEST_F(RetryPolicyTest, ProgressResetsTheNoProgressTimeout) {
  options_.quick_tries = 0;
  failure_.no_progress_timeout = seconds(1'000);
  FailAt(seconds(0));
  RecordProgress(history_);
  EXPECT_EQ(FailAt(seconds(1'500)), "transient 600000");
}

}  // namespace
}  // namespace engine
