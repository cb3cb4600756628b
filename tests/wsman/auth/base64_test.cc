#include "wsman/auth/base64.h"

#include <gmock/gmock.h>

namespace wsman::auth {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(Base64Test, DecodesTheVectorsOfTheRfc) {
  EXPECT_THAT(DecodeBase64(""), Optional(Eq("")));
  EXPECT_THAT(DecodeBase64("Zg=="), Optional(Eq("f")));
  EXPECT_THAT(DecodeBase64("Zm8="), Optional(Eq("fo")));
  EXPECT_THAT(DecodeBase64("Zm9v"), Optional(Eq("foo")));
  EXPECT_THAT(DecodeBase64("Zm9vYmFy"), Optional(Eq("foobar")));
  EXPECT_THAT(DecodeBase64("+/+/"), Optional(Eq("\xFB\xFF\xBF")));
}

TEST(Base64Test, EncodingIsTheReverse) {
  for (const char* bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar", "\xFB\xFF\xBF"}) {
    EXPECT_THAT(DecodeBase64(EncodeBase64(bytes)), Optional(Eq(bytes)));
  }
  EXPECT_EQ(EncodeBase64("fooba"), "Zm9vYmE=");
}

TEST(Base64Test, EachValueHasOneTextOnly) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zm9v=", "Zh==", "Zm9=",
                           "Zm 9", "Zm9\n", "Zm-_", "Zg==Zg==", "Z=g=", "\x80mmm"}) {
    EXPECT_FALSE(DecodeBase64(text)) << text;
  }
}

}  // namespace
}  // namespace wsman::auth
