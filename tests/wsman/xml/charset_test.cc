#include "wsman/xml/charset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wsman::xml {
namespace {

using namespace std::string_literals;

constexpr std::string_view kPlain = "application/soap+xml";
constexpr std::string_view kUtf8 = "application/soap+xml;charset=UTF-8";
constexpr std::string_view kUtf16 = "application/soap+xml;charset=UTF-16";

// One character of each length in UTF-8, the last one a surrogate pair in UTF-16.
constexpr std::string_view kSample = "<a>z\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80</a>";

std::string TextOf(std::string bytes, std::string_view content_type) {
  const auto decoded = Decode(std::move(bytes), content_type);
  return decoded ? decoded->utf8 : "fault: " + decoded.error().text;
}

bool IsRefused(std::string bytes, std::string_view content_type) {
  const auto decoded = Decode(std::move(bytes), content_type);
  return !decoded && decoded.error().code == FaultCode::kCharacterSet;
}

TEST(CharsetTest, Utf8IsTakenAsItIs) {
  EXPECT_EQ(TextOf(std::string(kSample), kUtf8), kSample);
  EXPECT_EQ(TextOf(std::string(kSample), kPlain), kSample);
  EXPECT_EQ(Decode(std::string(kSample), "")->charset, Charset::kUtf8);
}

TEST(CharsetTest, TheCharsetParameterIsReadInAnyForm) {
  for (const std::string_view type :
       {"application/soap+xml; charset=utf-8",
        "application/soap+xml;action=\"x\"; CHARSET=\"UTF-8\"", "text/xml;charset='Utf-8'",
        "text/xml ; charset = utf-8 ; x=y", "text/xml;;charset=utf8"})
    EXPECT_EQ(TextOf("<a/>", type), "<a/>") << type;
}

TEST(CharsetTest, Utf16RoundTripsInBothByteOrders) {
  for (const Charset charset : {Charset::kUtf16Le, Charset::kUtf16Be}) {
    const std::string bytes = Encode(std::string(kSample), charset);
    const auto decoded = Decode(bytes, kUtf16);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->utf8, kSample);
    EXPECT_EQ(decoded->charset, charset);
    EXPECT_EQ(TextOf(bytes, kPlain), kSample) << "the byte order mark is enough";
  }
}

TEST(CharsetTest, EveryCharacterRoundTripsThroughUtf16) {
  for (const std::string_view text :
       {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(TextOf(Encode(std::string(text), Charset::kUtf16Le), kUtf16), text);
}

TEST(CharsetTest, Utf16WithoutAByteOrderMarkIsLittleEndian) {
  const auto decoded = Decode("<\0a\0/\0>\0"s, kUtf16);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->utf8, "<a/>");
  EXPECT_EQ(decoded->charset, Charset::kUtf16Le);
  EXPECT_EQ(TextOf("\0<\0a\0/\0>"s, "text/xml;charset=utf-16be"), "<a/>");
}

TEST(CharsetTest, AByteOrderMarkIsRemoved) {
  EXPECT_EQ(TextOf("\xEF\xBB\xBF<a/>", kUtf8), "<a/>");
  EXPECT_EQ(TextOf("\xFF\xFE<\0"s, kUtf16), "<");
  EXPECT_EQ(TextOf("\xFE\xFF\0<"s, kUtf16), "<");
}

TEST(CharsetTest, ABadCharsetIsRefused) {
  EXPECT_TRUE(IsRefused("<a/>", "text/xml;charset=iso-8859-1"));
  EXPECT_TRUE(IsRefused("<a/>", "text/xml;charset=utf-32"));
}

TEST(CharsetTest, BytesThatDisagreeWithTheCharsetAreRefused) {
  EXPECT_TRUE(IsRefused("\xFF\xFE<\0"s, kUtf8));
  EXPECT_TRUE(IsRefused("\xEF\xBB\xBF<a/>", kUtf16));
  EXPECT_TRUE(IsRefused("\xFE\xFF\0<"s, "text/xml;charset=utf-16le"));
}

TEST(CharsetTest, BrokenUtf8IsRefused) {
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3\x28", "\xE2\x28\xAC"})
    EXPECT_TRUE(IsRefused("<a>" + std::string(text), kUtf8)) << testing::PrintToString(text);
}

TEST(CharsetTest, BrokenUtf16IsRefused) {
  EXPECT_TRUE(IsRefused("\xFF\xFE<"s, kUtf16)) << "odd length";
  EXPECT_TRUE(IsRefused("\xFF\xFE\x00\xD8"s, kUtf16)) << "high surrogate at the end";
  EXPECT_TRUE(IsRefused("\xFF\xFE\x00\xD8\x41\x00"s, kUtf16)) << "high surrogate alone";
  EXPECT_TRUE(IsRefused("\xFF\xFE\x00\xDC\x41\x00"s, kUtf16)) << "low surrogate alone";
}

TEST(CharsetTest, TheXmlDeclarationOfUtf16TextMustAgreeAndIsDropped) {
  const std::string good =
      Encode("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", Charset::kUtf16Le);
  EXPECT_EQ(TextOf(good, kUtf16), "<a/>");
  const std::string silent = Encode("<?xml version='1.0'?><a/>", Charset::kUtf16Be);
  EXPECT_EQ(TextOf(silent, kUtf16), "<a/>");
  const std::string lie = Encode("<?xml version='1.0' encoding='utf-8'?><a/>", Charset::kUtf16Le);
  EXPECT_TRUE(IsRefused(lie, kUtf16));
}

TEST(CharsetTest, RepliesNameTheirCharset) {
  EXPECT_EQ(ContentType(Charset::kUtf8), "application/soap+xml;charset=UTF-8");
  EXPECT_EQ(ContentType(Charset::kUtf16Le), "application/soap+xml;charset=UTF-16");
  EXPECT_EQ(ContentType(Charset::kUtf16Be), "application/soap+xml;charset=UTF-16");
}

TEST(CharsetTest, Utf16RepliesStartWithAByteOrderMark) {
  EXPECT_EQ(Encode("<", Charset::kUtf16Le), "\xFF\xFE<\0"s);
  EXPECT_EQ(Encode("<", Charset::kUtf16Be), "\xFE\xFF\0<"s);
  EXPECT_EQ(Encode("<", Charset::kUtf8), "<");
}

}  // namespace
}  // namespace wsman::xml
