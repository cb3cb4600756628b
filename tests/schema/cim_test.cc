#include "schema/cim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/bits_classes.h"

namespace schema {
namespace {

std::uint64_t Number(Type type, std::string_view text) {
  const ParsedText parsed = ParseScalar(type, text);
  EXPECT_TRUE(parsed.value) << text;
  return parsed.value ? std::get<std::uint64_t>(*parsed.value) : 0;
}

TextError ErrorOf(Type type, std::string_view text) {
  const ParsedText parsed = ParseScalar(type, text);
  EXPECT_FALSE(parsed.value) << text;
  return parsed.error;
}

TEST(CimTest, NamesAreFoundWithoutCase) {
  ASSERT_NE(FindProperty(BitsClientJob(), "PRIORITY"), nullptr);
  EXPECT_EQ(FindProperty(BitsClientJob(), "priority")->name, "Priority");
  const Method* add_file = FindMethod(BitsClientJob(), "addfile");
  ASSERT_NE(add_file, nullptr);
  EXPECT_EQ(FindParameter(*add_file, "RemoteUrl")->name, "remoteUrl");
}

TEST(CimTest, UnknownNamesAreNotFound) {
  EXPECT_EQ(FindProperty(BitsClientJob(), "Prioritx"), nullptr);
  EXPECT_EQ(FindProperty(BitsClientJob(), "Priorit"), nullptr);
  EXPECT_EQ(FindMethod(BitsClientJob(), ""), nullptr);
}

TEST(CimTest, IntegersHaveTheRangeOfTheirType) {
  EXPECT_EQ(Number(Type::kUint8, "255"), 255u);
  EXPECT_EQ(ErrorOf(Type::kUint8, "256"), TextError::kOutOfRange);
  EXPECT_EQ(Number(Type::kUint16, "65535"), 65535u);
  EXPECT_EQ(ErrorOf(Type::kUint16, "65536"), TextError::kOutOfRange);
  EXPECT_EQ(Number(Type::kUint32, "4294967295"), 4294967295u);
  EXPECT_EQ(ErrorOf(Type::kUint32, "4294967296"), TextError::kOutOfRange);
  EXPECT_EQ(Number(Type::kUint64, "18446744073709551615"), 18446744073709551615u);
  EXPECT_EQ(ErrorOf(Type::kUint64, "18446744073709551616"), TextError::kOutOfRange);
  EXPECT_EQ(ErrorOf(Type::kUint32, "-1"), TextError::kOutOfRange);
}

TEST(CimTest, IntegersMayHaveSpaceAroundASignAndLeadingZeros) {
  EXPECT_EQ(Number(Type::kUint32, " \t\r\n7 "), 7u);
  EXPECT_EQ(Number(Type::kUint32, "+7"), 7u);
  EXPECT_EQ(Number(Type::kUint32, "0000000000000000000000007"), 7u);
}

TEST(CimTest, TextThatIsNotAnIntegerIsOfAnotherType) {
  for (const std::string_view text :
       {"", " ", "high", "1.5", "0x10", "1 2", "+", "-", "++1", "1e3", "\xEF\xBC\x91"})
    EXPECT_EQ(ErrorOf(Type::kUint32, text), TextError::kNotThisType) << text;
}

TEST(CimTest, BooleansAreReadInAnyCase) {
  for (const std::string_view text : {"true", "True", "TRUE", "1", " true "})
    EXPECT_EQ(ParseScalar(Type::kBoolean, text).value, Value(true)) << text;
  for (const std::string_view text : {"false", "False", "FALSE", "0"})
    EXPECT_EQ(ParseScalar(Type::kBoolean, text).value, Value(false)) << text;
  for (const std::string_view text : {"", "yes", "2", "tru"})
    EXPECT_EQ(ErrorOf(Type::kBoolean, text), TextError::kNotThisType) << text;
}

TEST(CimTest, StringsAreKeptAsTheyAre) {
  EXPECT_EQ(ParseScalar(Type::kString, " a\n").value, Value(std::string(" a\n")));
  EXPECT_EQ(ParseScalar(Type::kString, "").value, Value(std::string()));
}

TEST(CimTest, AnInstanceIsNotAScalar) {
  EXPECT_EQ(ErrorOf(Type::kInstance, "x"), TextError::kNotThisType);
}

TEST(CimTest, ScalarsPrintAsTheyAreWritten) {
  EXPECT_EQ(ToText(Value(std::uint64_t{18446744073709551615u})), "18446744073709551615");
  EXPECT_EQ(ToText(Value(true)), "true");
  EXPECT_EQ(ToText(Value(false)), "false");
  EXPECT_EQ(ToText(Value(std::string(" x "))), " x ");
  EXPECT_EQ(ToText(Value()), "");
}

TEST(CimTest, ValuesAreFoundByPropertyName) {
  Instance file{&BitsClientFile(), std::vector<Value>(BitsClientFile().properties.size())};
  file.values[1] = std::string("C:\\f");
  EXPECT_EQ(ValueOf(file, "localfile"), Value(std::string("C:\\f")));
  EXPECT_TRUE(IsNull(ValueOf(file, "RemoteUrl")));
  EXPECT_TRUE(IsNull(ValueOf(file, "NoSuchProperty")));
  EXPECT_TRUE(IsNull(ValueOf(Instance{}, "RemoteUrl")));
}

}  // namespace
}  // namespace schema
