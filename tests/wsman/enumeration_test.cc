#include "wsman/enumeration.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "enumeration_fixture.h"

namespace wsman {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(EnumerationTest, EverythingFitsIntoOneReply) {
  const std::string reply = ExpectSuccess(Optimized("<w:MaxElements>32000</w:MaxElements>"));
  EXPECT_THAT(reply, HasSubstr("<n:EnumerateResponse><n:EnumerationContext></n:EnumerationContext>"
                               "<w:Items><p:TestSensor "));
  EXPECT_THAT(reply, HasSubstr("</w:Items><w:EndOfSequence/></n:EnumerateResponse>"));
  EXPECT_EQ(Sensors(reply), 5U);
}

TEST_F(EnumerationTest, NoInstancesAreAnEmptyListAndNoFault) {
  sensors_.instances.clear();
  EXPECT_THAT(ExpectSuccess(Optimized()), HasSubstr("<w:Items></w:Items><w:EndOfSequence/>"));
}

TEST_F(EnumerationTest, WithoutOptimizationOnlyAContextComes) {
  const std::string reply = ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>"));
  EXPECT_THAT(reply, Not(HasSubstr("Items")));
  EXPECT_THAT(reply, Not(HasSubstr("EndOfSequence")));
  EXPECT_FALSE(ContextIn(reply).empty());
}

TEST_F(EnumerationTest, PullsGiveExactlyWhatIsAskedUntilTheEnd) {
  std::string reply = ExpectSuccess(Optimized("<w:MaxElements>2</w:MaxElements>"));
  EXPECT_EQ(Sensors(reply), 2U);
  EXPECT_THAT(reply, Not(HasSubstr("EndOfSequence")));

  reply = ExpectSuccess(Pull(ContextIn(reply), "<n:MaxElements>2</n:MaxElements>"));
  EXPECT_EQ(Sensors(reply), 2U);
  EXPECT_THAT(reply, HasSubstr("</n:EnumerationContext><n:Items>"));
  EXPECT_THAT(reply, Not(HasSubstr("EndOfSequence")));

  const std::string last = ContextIn(reply);
  reply = ExpectSuccess(Pull(last, "<n:MaxElements>2</n:MaxElements>"));
  EXPECT_EQ(Sensors(reply), 1U);
  EXPECT_THAT(reply, HasSubstr("</n:Items><n:EndOfSequence/></n:PullResponse>"));
  EXPECT_THAT(reply, Not(HasSubstr("EnumerationContext")));
  ExpectFault(Pull(last), "n:InvalidEnumerationContext", "", "2150858779");
}

TEST_F(EnumerationTest, APullThatTakesTheLastItemSaysSo) {
  const std::string reply = ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>"));
  const std::string all = ExpectSuccess(Pull(ContextIn(reply), "<n:MaxElements>5</n:MaxElements>"));
  EXPECT_EQ(Sensors(all), 5U);
  EXPECT_THAT(all, HasSubstr("<n:EndOfSequence/>"));
}

TEST_F(EnumerationTest, WithoutMaxElementsAPullGivesOneItem) {
  const std::string reply = ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>"));
  EXPECT_EQ(Sensors(ExpectSuccess(Pull(ContextIn(reply)))), 1U);
}

TEST_F(EnumerationTest, EachContextIsGoodForOnePull) {
  const std::string first = ContextIn(ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>")));
  const std::string second = ContextIn(ExpectSuccess(Pull(first)));
  EXPECT_NE(first, second);
  ExpectFault(Pull(first), "n:InvalidEnumerationContext", "", "2150858779");
  ExpectSuccess(Pull(second));
}

TEST_F(EnumerationTest, AContextBelongsToItsCallerAndItsClass) {
  const std::string context = ContextIn(ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>")));
  EXPECT_THAT(SendAs("mallory", Pull(context)).body, HasSubstr("n:InvalidEnumerationContext"));
  Message other = Pull(context);
  other.uri = kJobUri;
  EXPECT_THAT(Send(other).body, HasSubstr("n:InvalidEnumerationContext"));
  ExpectSuccess(Pull(context));
}

TEST_F(EnumerationTest, AContextExpires) {
  const std::string context = ContextIn(ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>")));
  now_ += std::chrono::seconds(60);
  ExpectFault(Pull(context), "n:InvalidEnumerationContext", "", "2150858779");
}

TEST_F(EnumerationTest, ReleaseEndsAnEnumeration) {
  const std::string context = ContextIn(ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>")));
  const Message release = Enumeration("Release", "<n:Release><n:EnumerationContext>" + context +
                                                     "</n:EnumerationContext></n:Release>");
  const std::string reply = ExpectSuccess(release);
  EXPECT_THAT(reply, HasSubstr("enumeration/ReleaseResponse</a:Action>"));
  EXPECT_THAT(reply, HasSubstr("<s:Body></s:Body>"));
  ExpectFault(release, "n:InvalidEnumerationContext", "", "2150858779");
  ExpectFault(Pull(context), "n:InvalidEnumerationContext", "", "2150858779");
}

TEST_F(EnumerationTest, The65thContextIsRefused) {
  for (int i = 0; i < 64; ++i) ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>"));
  ExpectFault(Enumeration("Enumerate", "<n:Enumerate/>"), "w:QuotaLimit", "", "2150858815");
  EXPECT_EQ(SendAs("bob", Enumeration("Enumerate", "<n:Enumerate/>")).status, 200);
}

TEST_F(EnumerationTest, ItemsCanBeAddressesOrBoth) {
  const std::string epr =
      ExpectSuccess(Optimized("<w:EnumerationMode>EnumerateEPR</w:EnumerationMode>"));
  EXPECT_EQ(Count(epr, "<a:EndpointReference "), 5U);
  EXPECT_EQ(Sensors(epr), 0U);
  const std::string both =
      ExpectSuccess(Optimized("<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>"));
  EXPECT_EQ(Count(both, "<w:Item "), 5U);
  EXPECT_EQ(Count(both, "<a:EndpointReference "), 5U);
  EXPECT_EQ(Sensors(both), 5U);
}

TEST_F(EnumerationTest, AnotherModeIsAFault) {
  ExpectFault(Optimized("<w:EnumerationMode>EnumerateAll</w:EnumerationMode>"),
              "w:UnsupportedFeature", "EnumerationMode", "2150858886");
}

TEST_F(EnumerationTest, AllPolymorphismModesMeanTheSame) {
  for (const char* mode : {"None", "IncludeSubClassProperties", "ExcludeSubClassProperties"}) {
    ExpectSuccess(Optimized("<b:PolymorphismMode>" + std::string(mode) + "</b:PolymorphismMode>"));
  }
  ExpectFault(Optimized("<b:PolymorphismMode>All</b:PolymorphismMode>"),
              "b:PolymorphismModeNotSupported", "", "2150859063");
}

TEST_F(EnumerationTest, TheTotalIsEstimatedOnRequest) {
  Message message = Optimized("<w:MaxElements>1</w:MaxElements>");
  message.headers = "<w:RequestTotalItemsCountEstimate/>";
  EXPECT_THAT(ExpectSuccess(message),
              HasSubstr("<w:TotalItemsCountEstimate>5</w:TotalItemsCountEstimate>"));
}

TEST_F(EnumerationTest, LargeResultsAreSplitAtTheClientsLimit) {
  sensors_.instances.clear();
  for (std::uint64_t id = 1; id <= 100; ++id) sensors_.instances.push_back(MakeSensor(id));
  Message message = Optimized();
  message.headers = "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>";
  std::string reply = ExpectSuccess(message);
  std::size_t total = Sensors(reply);
  while (!ContextIn(reply).empty()) {
    EXPECT_LE(reply.size(), 8'192U);
    EXPECT_GE(Sensors(reply), 1U);
    Message pull = Pull(ContextIn(reply), "<n:MaxElements>32000</n:MaxElements>");
    pull.headers = message.headers;
    reply = ExpectSuccess(pull);
    total += Sensors(reply);
  }
  EXPECT_EQ(total, 100U);
}

TEST_F(EnumerationTest, AnItemThatDoesNotFitIsAFaultAndCanBePulledWithMoreRoom) {
  sensors_.instances[0].values[1] = schema::Value(std::string(9'000, 'x'));
  Message message = Optimized();
  message.headers = "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>";
  ExpectFault(message, "w:EncodingLimit", "MaxEnvelopeSize", "2150858823");

  const std::string context = ContextIn(ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>")));
  Message pull = Pull(context);
  pull.headers = message.headers;
  ExpectFault(pull, "w:EncodingLimit", "MaxEnvelopeSize", "2150858823");
  EXPECT_EQ(Sensors(ExpectSuccess(Pull(context))), 1U);
}

TEST_F(EnumerationTest, MaxCharactersLimitsTheItems) {
  const std::string one =
      ExpectSuccess(Pull(ContextIn(ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>")))));
  const std::size_t item = Between(one, "<n:Items>", "</n:Items>").size();
  const auto pulled = [this](std::size_t characters) {
    const std::string context =
        ContextIn(ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate/>")));
    return Pull(context, "<n:MaxElements>5</n:MaxElements><n:MaxCharacters>" +
                             std::to_string(characters) + "</n:MaxCharacters>");
  };
  EXPECT_EQ(Sensors(ExpectSuccess(pulled(2 * item))), 2U);
  EXPECT_EQ(Sensors(ExpectSuccess(pulled(2 * item - 1))), 1U);
  EXPECT_EQ(Sensors(ExpectSuccess(pulled(item))), 1U);
  ExpectFault(pulled(item - 1), "w:EncodingLimit", "MaxEnvelopeSize", "2150858823");
}

TEST_F(EnumerationTest, UnknownChildrenAreIgnored) {
  const std::string context = ContextIn(
      ExpectSuccess(Enumeration("Enumerate", "<n:Enumerate><x xmlns=\"urn:x\"/></n:Enumerate>")));
  ExpectSuccess(Pull(context, "<w:OptimizeEnumeration/><x xmlns=\"urn:x\"/>"));
}

TEST_F(EnumerationTest, ExpiresIsADuration) {
  ExpectSuccess(Optimized("<n:Expires>PT10M</n:Expires>"));
  ExpectFault(Optimized("<n:Expires>PT0S</n:Expires>"), "n:InvalidExpirationTime", "",
              "2150858774");
  ExpectFault(Optimized("<n:Expires>soon</n:Expires>"), "n:InvalidExpirationTime", "",
              "2150858774");
  ExpectFault(Optimized("<n:Expires>2030-01-01T00:00:00Z</n:Expires>"),
              "n:UnsupportedExpirationType", "", "2150859036");
}

TEST_F(EnumerationTest, TheEndIsAnnouncedToNobody) {
  ExpectFault(Optimized("<n:EndTo><a:Address>http://x/</a:Address></n:EndTo>"),
              "w:UnsupportedFeature", "AddressingMode", "2150858870");
}

TEST_F(EnumerationTest, BodiesThatDoNotFitTheActionAreFaults) {
  ExpectFault(Enumeration("Enumerate", ""), "w:SchemaValidationError", "", "2150858817");
  ExpectFault(Enumeration("Enumerate", "<n:Pull/>"), "a:ActionNotSupported", "ActionMismatch",
              "2150858801");
  ExpectFault(Enumeration("Pull", "<n:Pull/>"), "w:SchemaValidationError", "", "2150858817");
  for (const char* count : {"0", "-1", "x", ""}) {
    ExpectFault(Pull("uuid:0", "<n:MaxElements>" + std::string(count) + "</n:MaxElements>"),
                "w:SchemaValidationError", "", "2150858817");
  }
  ExpectFault(Pull("uuid:0", "<n:MaxTime>x</n:MaxTime>"), "w:SchemaValidationError", "",
              "2150858817");
}

TEST_F(EnumerationTest, AnEnumerationTakesNoKeys) {
  Message message = Optimized();
  message.selectors = SelectorXml("Id", "1");
  ExpectFault(message, "w:InvalidSelectors", "UnexpectedSelectors", "2150858843");
  message.selectors = SelectorXml("__cimnamespace", "root/test");
  ExpectSuccess(message);
}

TEST_F(EnumerationTest, ManyThreadsEnumerateAtATime) {
  std::vector<std::thread> threads;
  std::atomic<std::size_t> items = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, &items] {
      for (int round = 0; round < 20; ++round) {
        std::string reply = Send(Enumeration("Enumerate", "<n:Enumerate/>")).body;
        for (int pull = 0; pull < 6 && !ContextIn(reply).empty(); ++pull) {
          reply = Send(Pull(ContextIn(reply))).body;
          items += Sensors(reply);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(items, 4U * 20U * 5U);
}

TEST_F(EnumerationTest, Utf16RepliesStayWithinTheLimitToo) {
  sensors_.instances.clear();
  for (std::uint64_t id = 1; id <= 30; ++id) sensors_.instances.push_back(MakeSensor(id));
  Message message = Optimized();
  message.headers = "<w:MaxEnvelopeSize>20000</w:MaxEnvelopeSize>";
  std::string wide;
  for (const char c : message.Text()) wide += {c, '\0'};
  const http::Reply reply = SendBytes(wide, "application/soap+xml;charset=UTF-16");
  EXPECT_EQ(reply.status, 200);
  EXPECT_LE(reply.body.size(), 20'000U);
  EXPECT_GT(reply.body.size(), 15'000U);
}

}  // namespace
}  // namespace wsman
