#include "engine/transfer/http_fields.h"

#include <gmock/gmock.h>

namespace engine::transfer {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(HttpFieldsTest, AByteCountIsDigitsUpToTheLargestFile) {
  EXPECT_THAT(ParseByteCount("0"), Optional(0u));
  EXPECT_THAT(ParseByteCount("9223372036854775806"), Optional(kMaxFileBytes - 1));
  EXPECT_THAT(ParseByteCount("9223372036854775807"), Optional(kMaxFileBytes));
  for (const char* text : {"9223372036854775808", "99999999999999999999", "", "-1", "+1", " 1",
                           "1 ", "1.0", "0x10", "1e3", "ten"}) {
    EXPECT_THAT(ParseByteCount(text), Eq(std::nullopt)) << text;
  }
}

TEST(HttpFieldsTest, AContentRangeIsReadWithItsTotal) {
  const auto range = ParseContentRange("bytes 5-9/10");
  ASSERT_TRUE(range && range->span);
  EXPECT_EQ(range->span->first, 5u);
  EXPECT_EQ(range->span->last, 9u);
  EXPECT_THAT(range->total, Optional(10u));

  const auto open = ParseContentRange("Bytes 0-0/*");
  ASSERT_TRUE(open && open->span);
  EXPECT_THAT(open->total, Eq(std::nullopt));

  const auto unsatisfied = ParseContentRange("bytes */10");
  ASSERT_TRUE(unsatisfied);
  EXPECT_FALSE(unsatisfied->span);
  EXPECT_THAT(unsatisfied->total, Optional(10u));
}

TEST(HttpFieldsTest, AContentRangeThatContradictsItselfIsNone) {
  for (const char* text :
       {"", "bytes", "bytes 5-9", "bytes 9-5/10", "bytes 5-10/10", "bytes 5-9/9", "bytes */*",
        "bytes -9/10", "bytes 5-/10", "bytes 5-9/", "items 5-9/10", "bytes=5-9/10",
        "bytes 5-9/10, bytes 5-9/10", "bytes  5-9/10", "bytes 5 - 9/10", "bytes 5-9/+10",
        "bytes 0-9223372036854775807/*", "bytes 0-99999999999999999999/*"}) {
    EXPECT_FALSE(ParseContentRange(text)) << text;
  }
}

TEST(HttpFieldsTest, AllThreeDateFormsNameTheSameInstant) {
  const auto expected = std::chrono::system_clock::from_time_t(784111777);
  EXPECT_THAT(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), Optional(expected));
  EXPECT_THAT(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT"), Optional(expected));
  EXPECT_THAT(ParseHttpDate("Sun Nov  6 08:49:37 1994"), Optional(expected));
}

TEST(HttpFieldsTest, OtherTextIsNoDate) {
  for (const char* text :
       {"", "0", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT x",
        "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994\r\n08:49:37 GMT"}) {
    EXPECT_FALSE(ParseHttpDate(text)) << text;
  }
}

TEST(HttpFieldsTest, StrongAndWeakEtagsAreToldApart) {
  EXPECT_TRUE(IsStrongEtag("\"a\""));
  EXPECT_TRUE(IsStrongEtag("\"\""));
  EXPECT_TRUE(IsWeakEtag("W/\"a\""));
  for (const char* text :
       {"a", "\"a", "a\"", "W/\"a\"", "w/\"a\"", "\"a\"b\"", "\"a b\"", "\"", ""}) {
    EXPECT_FALSE(IsStrongEtag(text)) << text;
  }
  EXPECT_FALSE(IsWeakEtag("w/\"a\""));
}

}  // namespace
}  // namespace engine::transfer
