#include "schema/bitsd_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/bits_classes.h"

namespace schema {
namespace {

using testing::ElementsAre;

// "uint32 NotifyFlags" for each property; with "+" when it can be written.
std::vector<std::string> Properties() {
  std::vector<std::string> rows;
  for (const Property& property : BitsdJobSettings().properties) {
    rows.push_back(std::string(MofName(property.type)) + " " + std::string(property.name) +
                   (property.access == Access::kReadWrite ? "+" : ""));
  }
  return rows;
}

// "Method(uint32 FileIndex, …)"; all parameters are required, those that come out have
// a ">".
std::vector<std::string> Methods() {
  std::vector<std::string> rows;
  for (const Method& method : BitsdJobSettings().methods) {
    std::string row = std::string(method.name) + "(";
    for (const Parameter& parameter : method.parameters) {
      EXPECT_EQ(parameter.presence, Presence::kRequired) << parameter.name;
      if (!row.ends_with("(")) row += ", ";
      if (parameter.direction == Direction::kOut) row += ">";
      row += std::string(MofName(parameter.type)) + " " + std::string(parameter.name);
    }
    EXPECT_FALSE(method.is_static) << method.name;
    rows.push_back(row + ")");
  }
  return rows;
}

TEST(BitsdClassesTest, SettingsAreInTheNamespaceOfTheJobs) {
  EXPECT_EQ(BitsdJobSettings().name, "BitsdJobSettings");
  EXPECT_EQ(BitsdJobSettings().name_space, BitsClientJob().name_space);
}

TEST(BitsdClassesTest, SettingsHaveElevenPropertiesThatCanBeWritten) {
  EXPECT_THAT(
      Properties(),
      ElementsAre("string JobId", "uint32 NotifyFlags+", "string CustomHeaders+",
                  "boolean CustomHeadersWriteOnly+", "string HttpMethod+", "uint32 SecurityFlags+",
                  "uint32 MaximumDownloadTime+", "uint64 MaximumDownloadSize+",
                  "boolean DynamicContent+", "boolean HighPerformance+", "uint32 CostFlags+",
                  "uint16 Type", "string ReplyFileName+", "uint64 ReplyBytesTotal",
                  "uint64 ReplyBytesTransferred"));
}

TEST(BitsdClassesTest, TheKeyIsThatOfTheJobAndOnlyTheHeadersMayBeHidden) {
  for (const Property& property : BitsdJobSettings().properties) {
    EXPECT_EQ(property.is_key, property.name == "JobId") << property.name;
    EXPECT_EQ(property.is_hidden, property.name == "CustomHeaders") << property.name;
  }
  for (const Class* type : {&BitsClientJob(), &BitsClientFile()})
    for (const Property& property : type->properties) EXPECT_FALSE(property.is_hidden);
}

TEST(BitsdClassesTest, MethodsAreAboutTheFilesOfTheJob) {
  EXPECT_THAT(Methods(),
              ElementsAre("AddFileWithRanges(string RemoteUrl, string LocalFile, string Ranges)",
                          "ReplaceRemotePrefix(string OldPrefix, string NewPrefix)",
                          "SetRemoteName(uint32 FileIndex, string RemoteUrl)",
                          "SetValidationState(uint32 FileIndex, boolean Valid)",
                          "GetReplyData(uint32 Offset, >string Data)"));
}

}  // namespace
}  // namespace schema
