#include "schema/mof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>

#include "schema/bits_classes.h"
#include "schema/bitsd_classes.h"

namespace schema {
namespace {

using testing::HasSubstr;

std::string CheckedIn(std::string_view class_name) {
  const std::string path =
      std::string(BITSD_SOURCE_DIR) + "/schema/mof/" + std::string(class_name) + ".mof";
  const std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(MofTest, CheckedInFilesAreWhatTheTablesSay) {
  EXPECT_EQ(CheckedIn("BitsClientJob"), ToMof(BitsClientJob()));
  EXPECT_EQ(CheckedIn("BitsClientFile"), ToMof(BitsClientFile()));
  EXPECT_EQ(CheckedIn("BitsdJobSettings"), ToMof(BitsdJobSettings()));
}

TEST(MofTest, QualifiersSayWhatAPropertyIs) {
  const std::string mof = ToMof(BitsClientJob());
  EXPECT_THAT(mof, HasSubstr("[Key, Read, Description"));
  EXPECT_THAT(mof, HasSubstr("Read, Write, Description"));
  EXPECT_THAT(mof, HasSubstr("EmbeddedInstance ( \"BitsClientFile\" )"));
  EXPECT_THAT(mof, HasSubstr("string Files[];"));
  EXPECT_THAT(mof, HasSubstr("Values { \"Foreground\", \"High\", \"Normal\", \"Low\" }"));
}

TEST(MofTest, QualifiersSayWhatAParameterIs) {
  const std::string mof = ToMof(BitsClientJob());
  EXPECT_THAT(mof, HasSubstr("[Static, Description ( \"Makes a job with one file.\" )]\n"
                             "  uint32 CreateJob("));
  EXPECT_THAT(mof, HasSubstr("[In, Optional, Description"));
  EXPECT_THAT(mof, HasSubstr("[In ( false ), Out, Description"));
  EXPECT_THAT(mof, HasSubstr("uint32 RemoveClientCertificate();"));
}

TEST(MofTest, QuotesAndBackslashesInTextsAreEscaped) {
  static constexpr std::array<Property, 1> kProperties = {
      {{.name = "A", .type = Type::kString, .description = "say \"C:\\\""}}};
  const Class type{"T", "root", "", kProperties, {}};
  EXPECT_THAT(ToMof(type), HasSubstr(R"(Description ( "say \"C:\\\"" ))"));
}

}  // namespace
}  // namespace schema
