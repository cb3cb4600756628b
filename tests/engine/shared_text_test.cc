#include "engine/shared_text.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace engine {
namespace {

const std::string kOwner = "S-1-5-21-1085031214-1563985344-725345543-1001";

TEST(SharedTextTest, ACopyHasTheCharactersOfTheOriginal) {
  const SharedText text = kOwner;
  const SharedText copy = text;
  EXPECT_EQ(copy, kOwner);
  EXPECT_EQ(copy.view().data(), text.view().data());
}

TEST(SharedTextTest, TextsAreEqualWhenTheirCharactersAre) {
  EXPECT_EQ(SharedText("one"), SharedText(std::string("one")));
  EXPECT_NE(SharedText("one"), SharedText("two"));
  EXPECT_NE(SharedText("one"), SharedText());
  EXPECT_EQ(SharedText("one"), "one");
}

TEST(SharedTextTest, TheEmptyTextHasNoCharacters) {
  EXPECT_TRUE(SharedText().empty());
  EXPECT_TRUE(SharedText("").empty());
  EXPECT_EQ(SharedText().view(), "");
  EXPECT_EQ(SharedText().size(), 0);
  EXPECT_EQ(SharedText(""), SharedText());
}

TEST(SharedTextTest, ATextMayHoldAnyCharacter) {
  const std::string characters("a\0b\xff", 4);
  EXPECT_EQ(SharedText(characters).ToString(), characters);
}

TEST(SharedTextTest, ACopyOutlivesTheOriginal) {
  SharedText copy;
  {
    const SharedText text = kOwner;
    copy = text;
  }
  EXPECT_EQ(copy, kOwner);
}

TEST(SharedTextTest, AnAssignmentLeavesCopiesOfTheEarlierTextAlone) {
  SharedText text = kOwner;
  const SharedText copy = text;
  text = "another";
  EXPECT_EQ(copy, kOwner);
  EXPECT_EQ(text, "another");
  text = {};
  EXPECT_TRUE(text.empty());
}

TEST(SharedTextTest, ATextMayBeAssignedToItself) {
  SharedText text = kOwner;
  const SharedText& same = text;
  text = same;
  EXPECT_EQ(text, kOwner);
}

TEST(SharedTextTest, ManyThreadsCopyAndDropOneText) {
  SharedText text = kOwner;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([text] {
      for (int round = 0; round < 1'000; ++round) {
        const SharedText copy = text;
        ASSERT_EQ(copy.size(), kOwner.size());
      }
    });
  }
  text = {};
  for (std::thread& thread : threads) thread.join();
}

TEST(SharedTextsTest, EqualTextsBecomeOne) {
  SharedTexts texts;
  const SharedText first = texts.Share(kOwner);
  const SharedText second = texts.Share(kOwner);
  EXPECT_EQ(second.view().data(), first.view().data());
  EXPECT_EQ(texts.Share("another"), "another");
  EXPECT_TRUE(texts.Share({}).empty());
}

TEST(SharedTextsTest, TextsBeyondTheMostThatAreRememberedStayWhatTheyAre) {
  SharedTexts texts;
  const auto is_shared = [&texts](const std::string& text) {
    const SharedText first = texts.Share(text);
    return texts.Share(text).view().data() == first.view().data();
  };
  for (std::size_t i = 0; i + 2 < SharedTexts::kMost; ++i) texts.Share(std::to_string(i));
  EXPECT_TRUE(is_shared("the last but one"));
  EXPECT_TRUE(is_shared("the last"));
  EXPECT_FALSE(is_shared("one more"));
  EXPECT_TRUE(is_shared("0"));
  EXPECT_EQ(texts.Share("one more"), "one more");
}

}  // namespace
}  // namespace engine
