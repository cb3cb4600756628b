#include "provider/bitsd/units.h"

#include <gmock/gmock.h>

namespace bitsd {
namespace {

using std::chrono::milliseconds;
using testing::Optional;

TEST(DurationTest, ReadsEveryUnit) {
  EXPECT_THAT(ParseDuration("250ms"), Optional(milliseconds(250)));
  EXPECT_THAT(ParseDuration("300s"), Optional(milliseconds(300'000)));
  EXPECT_THAT(ParseDuration("5m"), Optional(milliseconds(300'000)));
  EXPECT_THAT(ParseDuration("2h"), Optional(milliseconds(7'200'000)));
  EXPECT_THAT(ParseDuration("90d"), Optional(milliseconds(7'776'000'000)));
}

TEST(DurationTest, RefusesEverythingElse) {
  for (const char* text : {"", "5", "s", "-5s", "+5s", "5 s", " 5s", "5s ", "1.5s", "5S", "5w",
                           "0x5s", "99999999999999999999s", "36501d"})
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  EXPECT_NE(ParseDuration("36500d"), std::nullopt);
}

TEST(DurationTest, PrintsInTheLargestUnitThatDivides) {
  EXPECT_EQ(DurationText(milliseconds(0)), "0s");
  EXPECT_EQ(DurationText(milliseconds(1'500)), "1500ms");
  EXPECT_EQ(DurationText(milliseconds(90'000)), "90s");
  EXPECT_EQ(DurationText(milliseconds(300'000)), "5m");
  EXPECT_EQ(DurationText(milliseconds(7'776'000'000)), "90d");
}

TEST(SizeTest, ReadsBinaryUnits) {
  EXPECT_THAT(ParseSize("7B"), Optional(7u));
  EXPECT_THAT(ParseSize("64KiB"), Optional(65'536u));
  EXPECT_THAT(ParseSize("64MiB"), Optional(64u << 20));
  EXPECT_THAT(ParseSize("16GiB"), Optional(16ull << 30));
}

TEST(SizeTest, RefusesEverythingElse) {
  for (const char* text : {"", "7", "MiB", "1MB", "1 MiB", "1mib", "-1B", "17179869184GiB"})
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  EXPECT_NE(ParseSize("17179869183GiB"), std::nullopt);
}

}  // namespace
}  // namespace bitsd
