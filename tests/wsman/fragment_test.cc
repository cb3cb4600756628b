#include "wsman/fragment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_resource.h"

namespace wsman {
namespace {

using testing::HasSubstr;
using testing::Not;

ResourceUri Uri() {
  return *ParseResourceUri("http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/TestSensor");
}

std::string Written(std::string_view path) {
  const auto parsed = ParseFragmentPath(Sensor(), path);
  if (!parsed) return "no path";
  const auto text = WriteFragmentOf(MakeSensor(1), *parsed, Uri());
  return text ? *text : text.error().text;
}

TEST(FragmentTest, APropertyIsWrittenAsElementOrText) {
  EXPECT_THAT(Written("Level"), HasSubstr("><p:Level>7</p:Level></w:XmlFragment>"));
  EXPECT_THAT(Written("Level/text()"), HasSubstr(">7</w:XmlFragment>"));
}

TEST(FragmentTest, AnArrayIsWrittenWholeOrByIndex) {
  EXPECT_THAT(Written("Codes"), HasSubstr("<p:Codes>1</p:Codes><p:Codes>2</p:Codes>"));
  EXPECT_THAT(Written("Codes[3]"), HasSubstr("><p:Codes>255</p:Codes></w:XmlFragment>"));
  EXPECT_THAT(Written("Codes[4]"), HasSubstr("no element 4"));
}

TEST(FragmentTest, EmbeddedInstancesAreReachedByIndex) {
  EXPECT_THAT(Written("Parts[2]"), HasSubstr("right"));
  EXPECT_THAT(Written("Parts[2]"), Not(HasSubstr("left")));
  EXPECT_THAT(Written("Parts[1]/Label"), HasSubstr("<p:Label>left</p:Label>"));
  EXPECT_THAT(Written("Parts[1]/Label"), HasSubstr("xmlns:p=\"http://schemas.microsoft.com/wbem/"
                                                   "wsman/1/wmi/root/test/TestPart\""));
  EXPECT_THAT(Written("Parts[1]/Label/text()"), HasSubstr(">left</w:XmlFragment>"));
}

TEST(FragmentTest, OtherPathsAreRefused) {
  for (const char* path : {"",
                           "/",
                           "/Level",
                           "level",
                           "Nope",
                           "Level[1]",
                           "Codes[0]",
                           "Codes[]",
                           "Codes[x]",
                           "Codes[1",
                           "Codes[9999999999]",
                           "Parts/Label",
                           "Parts[1]/label",
                           "Parts[1]/text()",
                           "Parts[1]/Label[1]",
                           "Level/Name",
                           "/TestSensor/Level",
                           "//Level",
                           "*",
                           "text()"}) {
    const auto parsed = ParseFragmentPath(Sensor(), path);
    ASSERT_FALSE(parsed.has_value()) << path;
    EXPECT_EQ(parsed.error().code, FaultCode::kFragmentPath);
  }
}

}  // namespace
}  // namespace wsman
