#include "provider/range_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace provider {
namespace {

using Ranges = std::vector<engine::FileRange>;

constexpr std::uint64_t kToEnd = engine::FileRange::kToEnd;

bool Same(const std::optional<Ranges>& parsed, const Ranges& expected) {
  if (!parsed || parsed->size() != expected.size()) return false;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if ((*parsed)[i].offset != expected[i].offset || (*parsed)[i].length != expected[i].length)
      return false;
  }
  return true;
}

TEST(RangeTextTest, RangesAreOffsetAndLengthWithCommasBetween) {
  EXPECT_TRUE(Same(ParseRanges("0:100"), {{0, 100}}));
  EXPECT_TRUE(Same(ParseRanges("0:100,2000:eof"), {{0, 100}, {2000, kToEnd}}));
  EXPECT_TRUE(Same(ParseRanges("5:1,3:1,4:1"), {{5, 1}, {3, 1}, {4, 1}}));
}

TEST(RangeTextTest, BlanksAndTheCaseOfEofDoNotMatter) {
  EXPECT_TRUE(Same(ParseRanges(" 0 : 1 ,\t2:EOF "), {{0, 1}, {2, kToEnd}}));
  EXPECT_TRUE(Same(ParseRanges("2:Eof"), {{2, kToEnd}}));
}

TEST(RangeTextTest, NumbersHave64Bits) {
  EXPECT_TRUE(Same(ParseRanges("18446744073709551614:18446744073709551615"),
                   {{18446744073709551614u, 18446744073709551615u}}));
  EXPECT_FALSE(ParseRanges("18446744073709551616:1"));
  EXPECT_FALSE(ParseRanges("0:18446744073709551616"));
}

TEST(RangeTextTest, EverythingElseIsNoRange) {
  for (const char* text : {"",       " ",        ",",       "0",     "0:",    ":1",    "0:1,",
                           ",0:1",   "0:1,,2:1", "0:1 2:1", "-1:1",  "+1:1",  "0:-1",  "0:+1",
                           "0x10:1", "a:b",      "eof:1",   "0:1:2", "0-100", "1.5:1", "0:eof eof"})
    EXPECT_FALSE(ParseRanges(text)) << text;
}

}  // namespace
}  // namespace provider
