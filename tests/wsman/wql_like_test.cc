#include "wsman/wql_like.h"

#include <string>

#include <gtest/gtest.h>

namespace wsman::wql {
namespace {

bool Like(std::string_view text, std::string_view pattern) {
  const auto parsed = LikePattern::Parse(pattern);
  EXPECT_TRUE(parsed.has_value()) << pattern;
  return parsed && parsed->Matches(text);
}

TEST(LikePatternTest, WithoutSpecialCharactersTheWholeTextMustBeEqual) {
  EXPECT_TRUE(Like("job", "job"));
  EXPECT_FALSE(Like("jobs", "job"));
  EXPECT_FALSE(Like("jo", "job"));
  EXPECT_TRUE(Like("", ""));
  EXPECT_FALSE(Like("a", ""));
}

TEST(LikePatternTest, LettersHaveNoCase) {
  EXPECT_TRUE(Like("Nightly", "nIGHTLY"));
  EXPECT_TRUE(Like("Q", "[a-z]"));
  EXPECT_TRUE(Like("q", "[A-Z]"));
  EXPECT_FALSE(Like("q", "[^A-Z]"));
}

TEST(LikePatternTest, APercentSignStandsForAnything) {
  EXPECT_TRUE(Like("", "%"));
  EXPECT_TRUE(Like("anything", "%"));
  EXPECT_TRUE(Like("backup 7", "backup%"));
  EXPECT_TRUE(Like("my backup", "%backup"));
  EXPECT_TRUE(Like("my backup 7", "%back%up%"));
  EXPECT_FALSE(Like("my back", "%back%up%"));
  EXPECT_TRUE(Like("aab", "%%a%%b"));
  EXPECT_TRUE(Like("abab", "%ab"));
}

TEST(LikePatternTest, AnUnderscoreStandsForOneCharacter) {
  EXPECT_TRUE(Like("a1c", "a_c"));
  EXPECT_FALSE(Like("ac", "a_c"));
  EXPECT_FALSE(Like("a12c", "a_c"));
  EXPECT_TRUE(Like("für", "f_r"));
  EXPECT_TRUE(Like("\xF0\x9F\x98\x80", "_"));
}

TEST(LikePatternTest, BracketsAreSets) {
  EXPECT_TRUE(Like("b", "[abc]"));
  EXPECT_FALSE(Like("d", "[abc]"));
  EXPECT_TRUE(Like("job5", "job[0-9]"));
  EXPECT_FALSE(Like("jobx", "job[0-9]"));
  EXPECT_TRUE(Like("jobx", "job[^0-9]"));
  EXPECT_FALSE(Like("job5", "job[^0-9]"));
  EXPECT_TRUE(Like("-", "[a-]"));
  EXPECT_TRUE(Like("ö", "[ä-ü]"));
  EXPECT_TRUE(Like("100%", "100[%]"));
  EXPECT_FALSE(Like("1000", "100[%]"));
  EXPECT_TRUE(Like("a_b[c", "a[_]b[[]c"));
  EXPECT_TRUE(Like("]", "]"));
}

TEST(LikePatternTest, BrokenSetsAreErrors) {
  for (const char* pattern : {"[", "[a", "[]", "[^]", "x[z-a]", "[^"})
    EXPECT_FALSE(LikePattern::Parse(pattern).has_value()) << pattern;
}

TEST(LikePatternTest, PatternsMayBeLongerThanAMachineWord) {
  for (const std::size_t length : {63U, 64U, 65U, 127U, 128U, 129U}) {
    const std::string text(length, 'x');
    EXPECT_TRUE(Like(text, text));
    EXPECT_FALSE(Like(text + "x", text));
    EXPECT_FALSE(Like(text.substr(1), text));
    EXPECT_TRUE(Like("ab" + text + "cd", "%" + text + "%"));
    EXPECT_TRUE(Like("ab" + text + "cd", "ab" + text + "%d"));
  }
}

TEST(LikePatternTest, HostilePatternsAreNotSlow) {
  std::string pattern;
  while (pattern.size() + 3 < 4'000) pattern += "%a";
  pattern += 'b';
  // Trying every way would take longer than the universe is old.
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Like(std::string(4'096, 'a'), pattern));
}

}  // namespace
}  // namespace wsman::wql
