#include "wsman/xml/character_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsman::xml {
namespace {

using namespace std::string_literals;

std::string Escaped(std::string_view text) {
  std::string out;
  AppendEscaped(out, text);
  return out;
}

TEST(CharacterDataTest, LongReferencesBecomeTheCharacter) {
  EXPECT_EQ(NormaliseCharacterData("&#x1F600;"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(NormaliseCharacterData("&#128512;"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(NormaliseCharacterData("&#xE9;&#x20AC;"), "\xC3\xA9\xE2\x82\xAC");
}

TEST(CharacterDataTest, ReferencesToAsciiStayReferences) {
  EXPECT_EQ(NormaliseCharacterData("&#x0000000000003C;&#38;&#xD;"), "&#60;&#38;&#13;");
}

TEST(CharacterDataTest, ReferencesInCdataAndCommentsMeanThemselves) {
  EXPECT_EQ(NormaliseCharacterData("&#xE9;<![CDATA[&#xE9;]]><!--&#xE9;-->&#xE9;"),
            "\xC3\xA9<![CDATA[&#xE9;]]><!--&#xE9;-->\xC3\xA9");
}

TEST(CharacterDataTest, LineEndsBecomeLineFeedsAndReferencesToThemStay) {
  EXPECT_EQ(NormaliseCharacterData("a\r\nb\rc\n\r&#13;\n"), "a\nb\nc\n\n&#13;\n");
}

TEST(CharacterDataTest, OtherDocumentsAreLeftAlone) {
  EXPECT_FALSE(NeedsNormalising("<a b=\"&amp;\">x\n&lt;</a>"));
  EXPECT_TRUE(NeedsNormalising("<a>&#65;</a>"));
  EXPECT_TRUE(NeedsNormalising("<a>\r</a>"));
  EXPECT_EQ(NormaliseCharacterData("<a b=\"&amp;\">x\n&lt;</a>"), "<a b=\"&amp;\">x\n&lt;</a>");
}

TEST(CharacterDataTest, MarkupIsEscaped) {
  EXPECT_EQ(Escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c'");
}

TEST(CharacterDataTest, ControlCharactersBecomeQuestionMarks) {
  EXPECT_EQ(Escaped("\0\x01\x08\x0B\x1F"s), "?????");
  EXPECT_EQ(Escaped("a\tb\nc\rd"), "a\tb\nc&#13;d");
}

TEST(CharacterDataTest, BrokenUtf8BecomesQuestionMarks) {
  EXPECT_EQ(Escaped("\x80"), "?");
  EXPECT_EQ(Escaped("a\xC3"), "a?");
  EXPECT_EQ(Escaped("\xED\xA0\x80."), "???.");
  EXPECT_EQ(Escaped("\xFF\xFE"), "??");
}

TEST(CharacterDataTest, CharactersThatXmlForbidsBecomeOneQuestionMark) {
  EXPECT_EQ(Escaped("\xEF\xBF\xBE|\xEF\xBF\xBF"), "?|?");
}

TEST(CharacterDataTest, OtherCharactersAreKept) {
  EXPECT_EQ(Escaped("\x7F\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBD"),
            "\x7F\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBD");
}

}  // namespace
}  // namespace wsman::xml
