// Enumerations that select: selector filters, queries, associations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "enumeration_fixture.h"

namespace wsman {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(EnumerationTest, ASelectorFilterComparesTypedValues) {
  sensors_.instances[2].values[3] = schema::Value(std::uint64_t{9});
  EXPECT_EQ(Sensors(ExpectSuccess(Optimized(SelectorFilter("Level", " 09 ")))), 1U);
  EXPECT_EQ(Sensors(ExpectSuccess(Optimized(SelectorFilter("level", "7")))), 4U);
  EXPECT_EQ(Sensors(ExpectSuccess(Optimized(SelectorFilter("Name", "SENSOR 3")))), 1U);
  EXPECT_EQ(Sensors(ExpectSuccess(Optimized(SelectorFilter("Active", "True")))), 5U);
  const std::string both =
      "<w:SelectorSet>" + SelectorXml("Level", "7") + SelectorXml("Id", "3") + "</w:SelectorSet>";
  EXPECT_EQ(Sensors(ExpectSuccess(Optimized(Filter(kSelectorFilter, both)))), 0U);
}

TEST_F(EnumerationTest, ABadSelectorFilterCannotBeProcessed) {
  for (const std::string& filter :
       {SelectorFilter("Nope", "1"), SelectorFilter("Level", "high"), SelectorFilter("Parts", "1"),
        Filter(kSelectorFilter, "text"), Filter(kSelectorFilter, ""),
        Filter(kSelectorFilter, "<w:SelectorSet><w:Selector>1</w:Selector></w:SelectorSet>"),
        SelectorFilter("Level", "7") + "<n:Filter/>"})
    ExpectFault(Optimized(filter), "n:CannotProcessFilter", "", "2150858778");
}

TEST_F(EnumerationTest, AnotherDialectIsAFaultThatNamesTheOnesThereAre) {
  for (const std::string& filter : {Filter("http://schemas.dmtf.org/wbem/cql/1/dsp0202.pdf", "x"),
                                    std::string("<w:Filter>x</w:Filter>")}) {
    ExpectFault(Optimized(filter), "n:FilterDialectRequestedUnavailable", "", "2150858777");
    EXPECT_THAT(Send(Optimized(filter)).body,
                HasSubstr("<n:SupportedDialect>http://schemas.microsoft.com/wbem/wsman/1/WQL<"));
    const std::string reply = Send(Optimized(filter)).body;
    EXPECT_THAT(reply, HasSubstr(std::string(kSelectorFilter)));
    EXPECT_THAT(reply, HasSubstr("http://schemas.microsoft.com/wbem/wsman/1/WQL,"));
    EXPECT_THAT(reply, HasSubstr("wsman/1/cimbinding/associationFilter."));
  }
}

constexpr std::string_view kWmiWildcard =
    "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/*";

Message Query(std::string_view uri, std::string_view wql, std::string_view more = "") {
  Message message = Optimized(std::string(more) + Filter(kWql, wql));
  message.uri = uri;
  return message;
}

TEST_F(EnumerationTest, AQuerySelectsInstances) {
  sensors_.instances[2].values[3] = schema::Value(std::uint64_t{9});
  for (const std::string_view uri :
       {kWmiWildcard, kSensorUri, kSensorDmtfUri,
        std::string_view("http://schemas.dmtf.org/wbem/wscim/1/*"),
        std::string_view("http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/*")}) {
    EXPECT_EQ(Sensors(ExpectSuccess(Query(uri, "select * from testsensor where Level = 9"))), 1U);
    EXPECT_EQ(Sensors(ExpectSuccess(Query(uri, " SELECT * FROM TestSensor "))), 5U);
    EXPECT_THAT(ExpectSuccess(Query(uri, "SELECT * FROM TestSensor WHERE Id &gt; 5")),
                HasSubstr("<w:Items></w:Items><w:EndOfSequence/>"));
  }
}

TEST_F(EnumerationTest, ItemsOfAWildcardQueryAreWrittenUnderTheirClass) {
  const std::string query = "SELECT * FROM TESTSENSOR WHERE Id = 3";
  EXPECT_THAT(ExpectSuccess(Query(kWmiWildcard, query)),
              HasSubstr(" xmlns:p=\"" + std::string(kSensorUri) + "\""));
  const std::string typed = ExpectSuccess(Query("http://schemas.dmtf.org/wbem/wscim/1/*", query));
  EXPECT_THAT(typed, HasSubstr(" xmlns:p=\"" + std::string(kSensorDmtfUri) + "\""));
  EXPECT_THAT(typed, HasSubstr("<p:Id xsi:type=\"cim:cimUnsignedInt\">3</p:Id>"));
}

TEST_F(EnumerationTest, QueriesGiveAddressesAsWell) {
  const std::string query = "SELECT * FROM TestSensor WHERE Id = 3";
  const std::string epr = ExpectSuccess(
      Query(kWmiWildcard, query, "<w:EnumerationMode>EnumerateEPR</w:EnumerationMode>"));
  EXPECT_EQ(Count(epr, "<a:EndpointReference "), 1U);
  EXPECT_THAT(epr, HasSubstr(std::string(kSensorUri) + "</w:ResourceURI>"));
  EXPECT_THAT(epr, HasSubstr("<w:Selector Name=\"Id\">3</w:Selector>"));
  const std::string both =
      ExpectSuccess(Query("http://schemas.dmtf.org/wbem/wscim/1/*", query,
                          "<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>"));
  EXPECT_EQ(Count(both, "<w:Item "), 1U);
  EXPECT_THAT(both, HasSubstr("<w:Selector Name=\"__cimnamespace\">root/test</w:Selector>"));
}

TEST_F(EnumerationTest, ListedPropertiesComeAsFragments) {
  const std::string reply =
      ExpectSuccess(Query(kWmiWildcard, "SELECT name, Id, Parts FROM TestSensor WHERE Id = 3"));
  EXPECT_EQ(Sensors(reply), 0U);
  const std::string item = Between(reply, "<w:Items><w:XmlFragment ", "</w:XmlFragment>");
  EXPECT_THAT(item, HasSubstr(" xmlns:p=\"" + std::string(kSensorUri) + "\""));
  EXPECT_THAT(item, HasSubstr("><p:Id>3</p:Id><p:Name>"));
  EXPECT_THAT(item, Not(HasSubstr("Level")));
  const std::string both =
      ExpectSuccess(Query(kSensorDmtfUri, "SELECT Id FROM TestSensor",
                          "<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>"));
  EXPECT_EQ(Count(both, "<w:Item "), 5U);
  EXPECT_EQ(Count(both, "</w:XmlFragment><a:EndpointReference "), 5U);
}

TEST_F(EnumerationTest, QueriesArePulledInBatches) {
  Message query = Enumeration("Enumerate", "<n:Enumerate>" +
                                               Filter(kWql,
                                                      "SELECT * FROM TestSensor "
                                                      "WHERE Id &lt;&gt; 3") +
                                               "</n:Enumerate>");
  query.uri = kWmiWildcard;
  Message pull = Pull(ContextIn(ExpectSuccess(query)), "<n:MaxElements>3</n:MaxElements>");
  pull.uri = kWmiWildcard;
  const std::string first = ExpectSuccess(pull);
  EXPECT_EQ(Sensors(first), 3U);
  pull = Pull(ContextIn(first), "<n:MaxElements>3</n:MaxElements>");
  pull.uri = kWmiWildcard;
  const std::string last = ExpectSuccess(pull);
  EXPECT_EQ(Sensors(last), 1U);
  EXPECT_THAT(last, HasSubstr("<n:EndOfSequence/>"));
}

TEST_F(EnumerationTest, EmbeddedClassesHaveNoInstancesOfTheirOwn) {
  EXPECT_THAT(ExpectSuccess(Query(kWmiWildcard, "SELECT * FROM TestPart WHERE Weight > 1")),
              HasSubstr("<w:Items></w:Items><w:EndOfSequence/>"));
}

TEST_F(EnumerationTest, ABadQueryCannotBeProcessed) {
  for (const char* query :
       {"", "SELEKT * FROM TestSensor", "SELECT * FROM TestSensor WHERE", "<w:x/>",
        "SELECT * FROM Nope", "SELECT Nope FROM TestSensor",
        "SELECT * FROM TestSensor WHERE Nope = 1", "SELECT * FROM TestSensor WHERE Name = 1",
        "SELECT * FROM TestSensor; DROP TABLE jobs", "SELECT * FROM BitsClientJob"}) {
    ExpectFault(Query(kWmiWildcard, query), "n:CannotProcessFilter", "", "2150858778");
    ExpectFault(Query(kSensorUri, query), "n:CannotProcessFilter", "", "2150858778");
  }
  EXPECT_THAT(Send(Query(kSensorUri, "SELECT * FROM BitsClientJob")).body,
              HasSubstr("but the resource URI names TestSensor."));
}

TEST_F(EnumerationTest, AFilteredEnumerationTakesNoKeys) {
  Message message = Query(kSensorUri, "SELECT * FROM TestSensor");
  message.selectors = SelectorXml("Id", "1");
  ExpectFault(message, "w:InvalidSelectors", "UnexpectedSelectors", "2150858843");
  message.selectors = SelectorXml("__cimnamespace", "root\\test");
  ExpectSuccess(message);
}

TEST_F(EnumerationTest, NothingIsAssociated) {
  const std::string filter =
      Filter("http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter",
             "<b:AssociatedInstances><b:Object/></b:AssociatedInstances>");
  for (const char* uri : {"http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/*",
                          "http://schemas.dmtf.org/wbem/wscim/1/*"}) {
    Message message = Optimized(filter);
    message.uri = uri;
    EXPECT_THAT(ExpectSuccess(message), HasSubstr("<w:Items></w:Items><w:EndOfSequence/>"));
  }
  EXPECT_EQ(Sensors(ExpectSuccess(Optimized(filter))), 0U);
}

TEST_F(EnumerationTest, AWildcardNeedsAFilter) {
  Message message = Optimized();
  message.uri = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/*";
  ExpectFault(message, "n:CannotProcessFilter", "", "2150859003");
}

}  // namespace
}  // namespace wsman
