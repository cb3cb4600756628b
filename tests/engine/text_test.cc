#include "engine/text.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

using ::testing::Optional;
using std::string_view_literals::operator""sv;

TEST(TextTest, WindowsCountsUtf16Units) {
  EXPECT_THAT(Utf16Length(""), Optional(0u));
  EXPECT_THAT(Utf16Length("abc"), Optional(3u));
  EXPECT_THAT(Utf16Length("\u00E4\u20AC"), Optional(2u));
  EXPECT_THAT(Utf16Length("\U0001F600"), Optional(2u));
  EXPECT_THAT(Utf16Length("a\0b"sv), Optional(3u));
}

TEST(TextTest, OnlyWellFormedUtf8IsText) {
  for (const std::string_view bad : {"\x80"sv, "\xC0\x80"sv, "\xC1\xBF"sv, "\xE0\x80\x80"sv,
                                     "\xED\xA0\x80"sv, "\xF0\x80\x80\x80"sv, "\xF4\x90\x80\x80"sv,
                                     "\xF5\x80\x80\x80"sv, "\xFF"sv, "\xC3"sv, "\xE2\x82"sv,
                                     "\xC3("
                                     ""sv}) {
    EXPECT_EQ(Utf16Length(bad), std::nullopt) << Quoted(bad);
  }
  EXPECT_THAT(Utf16Length("\xF4\x8F\xBF\xBF"), Optional(2u));
  EXPECT_THAT(Utf16Length("\xED\x9F\xBF\xEE\x80\x80"), Optional(2u));
}

TEST(TextTest, QuotedTextHasNoControlCharacters) {
  EXPECT_EQ(Quoted("plain"), "\"plain\"");
  EXPECT_EQ(Quoted("a\r\nb"), "\"a\\x0D\\x0Ab\"");
  EXPECT_EQ(Quoted("\0"sv), "\"\\x00\"");
  EXPECT_EQ(Quoted("say \"x\""), "\"say \\x22x\\x22\"");
  EXPECT_EQ(Quoted("\u0085\u202E"), "\"\\xC2\\x85\\xE2\\x80\\xAE\"");
  EXPECT_EQ(Quoted("\xFF\xC3"), "\"\\xFF\\xC3\"");
  EXPECT_EQ(Quoted("\u00FC"), "\"\u00FC\"");
}

TEST(TextTest, QuotedTextIsCutAfter80Characters) {
  EXPECT_EQ(Quoted(std::string(79, 'x')), "\"" + std::string(79, 'x') + "\"");
  EXPECT_EQ(Quoted(std::string(80, 'x')), "\"" + std::string(80, 'x') + "\"");
  EXPECT_EQ(Quoted(std::string(81, 'x')), "\"" + std::string(80, 'x') + "...\"");
}

}  // namespace
}  // namespace engine
