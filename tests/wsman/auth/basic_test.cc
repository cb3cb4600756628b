#include "wsman/auth/basic.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "wsman/auth/utf8.h"

namespace wsman::auth {
namespace {

std::string Header(std::string_view text, std::string_view scheme = "Basic ") {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  encoded.pop_back();
  return std::string(scheme) + encoded;
}

TEST(BasicTest, UserAndPasswordAreApartAtTheFirstColon) {
  const auto found = ParseBasic(Header("alice:pa:ss"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, "alice");
  EXPECT_EQ(found->password, "pa:ss");
}

TEST(BasicTest, TheSchemeIsCaseInsensitive) {
  EXPECT_TRUE(ParseBasic(Header("a:b", "bAsIc ")));
  EXPECT_TRUE(ParseBasic(Header("a:b", "BASIC   ")));
}

TEST(BasicTest, TheUserIsAsTheClientWroteIt) {
  EXPECT_EQ(ParseBasic(Header("DOMAIN\\alice:x"))->user, "DOMAIN\\alice");
  EXPECT_EQ(ParseBasic(Header("alice@domain:x"))->user, "alice@domain");
  EXPECT_EQ(ParseBasic(Header("alice:x\\y"))->password, "x\\y");
}

TEST(BasicTest, TextThatIsNotUtf8IsLatin1) {
  EXPECT_EQ(ParseBasic(Header("jos\xC3\xA9:x"))->user, "jos\xC3\xA9");
  EXPECT_EQ(ParseBasic(Header("jos\xE9:x"))->user, "jos\xC3\xA9");
}

TEST(BasicTest, EverythingElseIsRefused) {
  for (const std::string& header :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Basic ="),
        std::string("Basic OnA="), std::string("Basic YTpi YTpi"), std::string("Basic\tYTpi"),
        std::string("BasicYTpi"), std::string("Negotiate YTpi"), Header("alice"), Header("alice:"),
        Header(std::string("a\0b:c", 5)), Header(std::string("a:b\0", 4))}) {
    EXPECT_FALSE(ParseBasic(header)) << header;
  }
}

TEST(BasicTest, NamesAndPasswordsHaveALargestLength) {
  const auto with = [](std::size_t user, std::size_t password) {
    return ParseBasic(Header(std::string(user, 'u') + ":" + std::string(password, 'p')))
        .has_value();
  };
  EXPECT_TRUE(with(511, 510));
  EXPECT_TRUE(with(512, 511));
  EXPECT_FALSE(with(513, 511));
  EXPECT_FALSE(with(512, 512));
}

TEST(Utf8Test, OverlongFormsSurrogatesAndTornCharactersAreNotUtf8) {
  for (const char* text : {"", "plain", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEF\xBF\xBF",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  for (const char* text : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80",
                           "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
                           "\xC2\x41", "\xE2\x82\x41", "\xFF"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

}  // namespace
}  // namespace wsman::auth
