#include "engine/transfer/head_refusals.h"

#include <gtest/gtest.h>

namespace engine::transfer {
namespace {

using std::chrono::seconds;

constexpr HeadRefusals::Time kStart{std::chrono::hours(1'000)};

TEST(HeadRefusalsTest, OnlyServersThatDoNotKnowHeadAreRemembered) {
  HeadRefusals refusals;
  for (const int status : {405, 501}) {
    refusals.Note("http://a:80", status, kStart);
    EXPECT_TRUE(refusals.Refuses("http://a:80", kStart));
    EXPECT_FALSE(refusals.Refuses("https://a:443", kStart));
    refusals = {};
  }
  for (const int status : {0, 200, 401, 403, 404, 500, 503}) {
    refusals.Note("http://a:80", status, kStart);
    EXPECT_FALSE(refusals.Refuses("http://a:80", kStart)) << status;
  }
}

TEST(HeadRefusalsTest, TheyAreAskedAgainAfterAnHour) {
  HeadRefusals refusals;
  refusals.Note("http://a:80", 405, kStart);
  EXPECT_TRUE(refusals.Refuses("http://a:80", kStart + kHeadRefusalMemory - seconds(1)));
  EXPECT_FALSE(refusals.Refuses("http://a:80", kStart + kHeadRefusalMemory));
}

TEST(HeadRefusalsTest, TheOldestGivesWayBeyondTheLimit) {
  HeadRefusals refusals;
  const auto origin = [](std::size_t n) { return "http://h" + std::to_string(n) + ":80"; };
  for (std::size_t n = 0; n < kMostHeadRefusals; ++n)
    refusals.Note(origin(n), 405, kStart + std::chrono::milliseconds(n));
  const auto now = kStart + seconds(2);
  EXPECT_TRUE(refusals.Refuses(origin(0), now));
  refusals.Note(origin(kMostHeadRefusals), 405, now);
  EXPECT_FALSE(refusals.Refuses(origin(0), now));
  EXPECT_TRUE(refusals.Refuses(origin(1), now));
  EXPECT_TRUE(refusals.Refuses(origin(kMostHeadRefusals), now));
}

}  // namespace
}  // namespace engine::transfer
