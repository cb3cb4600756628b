#include "wsman/auth/utf16.h"

#include <gtest/gtest.h>

#include "wsman/auth/hex.h"

namespace wsman::auth {
namespace {

TEST(Utf16Test, TextOfEveryPlaneSurvivesTheRoundTrip) {
  for (const std::string_view text : {"", "User", "Jörg", "Łódź", "日本", "a😀b", "\x7F\xC2\x80"}) {
    const auto utf16 = Utf8ToUtf16Le(text);
    ASSERT_TRUE(utf16) << text;
    EXPECT_EQ(Utf16LeToUtf8(*utf16), text);
  }
}

TEST(Utf16Test, UnitsAreLittleEndianAndTheHighestCharactersTakeTwo) {
  EXPECT_EQ(ToHex(*Utf8ToUtf16Le("Aé")), "4100e900");
  EXPECT_EQ(ToHex(*Utf8ToUtf16Le("\xF0\x9F\x98\x80")), "3dd800de");
  EXPECT_EQ(ToHex(*Utf8ToUtf16Le("\xF4\x8F\xBF\xBF")), "ffdbffdf");
}

TEST(Utf16Test, WhatIsNotTextIsRefused) {
  EXPECT_FALSE(Utf8ToUtf16Le("\xFF"));
  EXPECT_FALSE(Utf8ToUtf16Le("\xC0\x80"));
  for (const char* hex : {"41", "00d8", "00d84100", "00dc", "00dc00d8", "410000d8"}) {
    EXPECT_FALSE(Utf16LeToUtf8(FromHex(hex))) << hex;
  }
}

TEST(Utf16Test, UpperCaseFoldsEachCharacterByItself) {
  const auto upper = [](std::string_view text) {
    return Utf16LeToUtf8(UpperUtf16Le(*Utf8ToUtf16Le(text)));
  };
  EXPECT_EQ(upper("User1"), "USER1");
  EXPECT_EQ(upper("jörg ß ž я ω"), "JÖRG ß Ž Я Ω");
  EXPECT_EQ(upper("a😀"), "A😀");
}

}  // namespace
}  // namespace wsman::auth
