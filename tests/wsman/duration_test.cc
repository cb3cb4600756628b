#include "wsman/duration.h"

#include <gtest/gtest.h>

namespace wsman {
namespace {

constexpr std::int64_t kHundredYears = 100LL * 365 * 86'400;

using std::chrono::milliseconds;

TEST(DurationTest, ReadsTheFormsThatClientsSend) {
  EXPECT_EQ(ParseDuration("PT60.000S"), milliseconds(60'000));
  EXPECT_EQ(ParseDuration("PT60S"), milliseconds(60'000));
  EXPECT_EQ(ParseDuration("PT30.0S"), milliseconds(30'000));
  EXPECT_EQ(ParseDuration("PT10.000000S"), milliseconds(10'000));
  EXPECT_EQ(ParseDuration("PT0.250S"), milliseconds(250));
  EXPECT_EQ(ParseDuration("PT0S"), milliseconds(0));
}

TEST(DurationTest, AddsAllComponents) {
  EXPECT_EQ(ParseDuration("P1DT2H3M4.5S"), milliseconds(93'784'500));
  EXPECT_EQ(ParseDuration("P2D"), milliseconds(172'800'000));
  EXPECT_EQ(ParseDuration("P1Y1M"), milliseconds(395LL * 86'400'000));
}

TEST(DurationTest, HugeValuesStopAtAHundredYears) {
  EXPECT_EQ(ParseDuration("P99999999999999999999999Y"), milliseconds(100LL * 365 * 86'400'000));
}

TEST(DurationTest, IsWrittenInSecondsAndReadBack) {
  EXPECT_EQ(FormatDuration(milliseconds(600'000)), "PT600S");
  EXPECT_EQ(FormatDuration(milliseconds(1'005)), "PT1.005S");
  for (const int count : {0, 1, 999, 1'000, 86'400'000})
    EXPECT_EQ(ParseDuration(FormatDuration(milliseconds(count))), milliseconds(count));
}

TEST(DurationTest, EveryMillisecondOfALongDurationCounts) {
  for (const std::int64_t seconds :
       {std::int64_t{59}, std::int64_t{2'147'483'648}, kHundredYears - 1}) {
    for (int rest = 0; rest < 1'000; ++rest) {
      const std::chrono::milliseconds duration(seconds * 1'000 + rest);
      ASSERT_EQ(ParseDuration(FormatDuration(duration)), duration);
    }
  }
  EXPECT_EQ(ParseDuration("PT0.0019999S"), std::chrono::milliseconds(1));
}

TEST(DurationTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "P", "PT", "60", "P60.000S", "PT60", "PT1.S", "PT.5S", "-PT1S", "PT1S ", "PT1M1H",
        "PT1S1S", "P1DT", "PT1.5M", "2026-01-01T00:00:00Z", "PTS", "P1S"})
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace wsman
