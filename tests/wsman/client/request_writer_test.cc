#include "wsman/client/request_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsman/xml/xml_guard.h"

namespace wsman::client {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(RequestWriterTest, MessageIdsAreUpperCaseGuidsAndDiffer) {
  EXPECT_THAT(NewUuid(), MatchesRegex("uuid:[0-9A-F]+-[0-9A-F]+-[0-9A-F]+-[0-9A-F]+-[0-9A-F]+"));
  EXPECT_NE(NewUuid(), NewUuid());
}

TEST(RequestWriterTest, DurationsHaveThreeDecimals) {
  EXPECT_EQ(ToDuration(std::chrono::milliseconds(60'000)), "PT60.000S");
  EXPECT_EQ(ToDuration(std::chrono::milliseconds(1'005)), "PT1.005S");
}

TEST(RequestWriterTest, EveryTextIsEscaped) {
  RequestHeader header;
  header.to = "http://h/?a=1&b=2";
  header.resource_uri = "http://x/<y>";
  header.action = "urn:\"&";
  header.message_id = NewUuid();
  header.session_id = NewUuid();
  header.selectors = {{"a\"<b", "c&<d>"}};
  const std::string xml =
      WriteRequest(header, WriteValues("X", "http://x/\"&", {{"Name", "]]><&"}}));
  EXPECT_TRUE(xml::CheckDocument(xml)) << xml;
  EXPECT_TRUE(xml::CheckDocument(WriteRequest(header, WriteEnumerate("SELECT * WHERE a<'&'"))));
  EXPECT_TRUE(xml::CheckDocument(WriteRequest(header, WritePull("<&>"))));
}

TEST(RequestWriterTest, AFilterIsSentAsWql) {
  EXPECT_THAT(WriteEnumerate("SELECT * FROM X"), HasSubstr("/WQL\">SELECT * FROM X</w:Filter>"));
  EXPECT_THAT(WriteEnumerate(""), Not(HasSubstr("Filter")));
}

TEST(RequestWriterTest, ElementNamesAreAsciiNames) {
  for (const char* name : {"a", "_x", "Job-Id.2"}) EXPECT_TRUE(IsElementName(name)) << name;
  for (const char* name : {"", "1a", "-a", "a b", "a:b", "ä", "a>"}) {
    EXPECT_FALSE(IsElementName(name)) << name;
  }
}

}  // namespace
}  // namespace wsman::client
