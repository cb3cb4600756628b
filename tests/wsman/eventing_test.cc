// What subscribers get: which events, when, and how many.
#include "wsman/eventing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "eventing_fixture.h"

namespace wsman {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

TEST_F(EventingTest, SubscribeTellsTheManagerTheLifeAndTheContext) {
  const std::string reply = ExpectSuccess(Subscription());
  EXPECT_THAT(reply, HasSubstr("eventing/SubscribeResponse</a:Action>"));
  EXPECT_THAT(reply, HasSubstr("<e:SubscribeResponse><e:SubscriptionManager><a:Address>"
                               "http://host:5985/wsman</a:Address><a:ReferenceParameters>"
                               "<w:ResourceURI>" +
                               std::string(kSensorUri)));
  EXPECT_THAT(reply, HasSubstr("<e:Expires>PT600S</e:Expires>"));
  EXPECT_EQ(Between(reply, "<e:Identifier>", "<"), ContextIn(reply));
  EXPECT_EQ(ContextIn(reply).size(), std::string("uuid:").size() + 36);
}

TEST_F(EventingTest, TheDmtfFamilyNamesItsNamespaceInTheManager) {
  Message message = Subscription();
  message.uri = kSensorDmtfUri;
  EXPECT_THAT(ExpectSuccess(message),
              HasSubstr("<w:Selector Name=\"__cimnamespace\">root/test</w:Selector>"));
}

TEST_F(EventingTest, AWaitingPullIsAnsweredByTheNextEvent) {
  const std::string context = Subscribed();
  const auto pull = StartPull(Pull(context));
  EXPECT_FALSE(pull->IsAnswered());
  sensors_.events.Changed(MakeSensor(1), MakeSensor(2));
  const std::string reply = pull->Wait().body;
  EXPECT_EQ(ContextIn(reply), context);
  EXPECT_THAT(reply, HasSubstr("enumeration/PullResponse</a:Action>"));
  const std::string name_space = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/";
  EXPECT_THAT(reply, HasSubstr("<n:Items><p:__InstanceModificationEvent "));
  EXPECT_THAT(reply, HasSubstr("xmlns:p=\"" + name_space + "__InstanceModificationEvent\""));
  EXPECT_THAT(reply, HasSubstr("<p:PreviousInstance xmlns:p1=\"" + name_space +
                               "TestSensor\" xsi:type=\"p1:TestSensor_Type\">"));
  EXPECT_THAT(Between(reply, "<p:PreviousInstance ", "</p:PreviousInstance>"),
              HasSubstr("<p1:Id>1</p1:Id>"));
  EXPECT_THAT(Between(reply, "<p:TargetInstance ", "</p:TargetInstance>"),
              HasSubstr("<p1:Id>2</p1:Id>"));
  EXPECT_THAT(reply, HasSubstr("<p:TIME_CREATED>116444736000000000</p:TIME_CREATED>"));
}

TEST_F(EventingTest, EventsReachOnlySubscribersWhoMaySeeThem) {
  const std::string context = Subscribed();
  sensors_.events.is_visible_to = [](const Caller& caller) {
    return caller.principal.name() != "alice";
  };
  sensors_.events.Created(MakeSensor(1));
  sensors_.events.is_visible_to = nullptr;
  sensors_.events.Created(MakeSensor(2));
  const std::string items = Items(context);
  EXPECT_EQ(Count(items, "<p:__InstanceCreationEvent "), 1u);
  EXPECT_THAT(items, HasSubstr("<p1:Id>2</p1:Id>"));
  EXPECT_THAT(items, Not(HasSubstr("DroppedEvents")));
}

TEST_F(EventingTest, EventsWaitForAPullInTheirOrder) {
  const std::string context = Subscribed();
  sensors_.events.Created(MakeSensor(1));
  sensors_.events.Changed(MakeSensor(1), MakeSensor(2));
  sensors_.events.Deleted(MakeSensor(2));
  EXPECT_THAT(Items(context, ""), HasSubstr("<p:__InstanceCreationEvent "));
  EXPECT_THAT(Items(context, ""), HasSubstr("<p:__InstanceModificationEvent "));
  EXPECT_THAT(Items(context, ""), HasSubstr("<p:__InstanceDeletionEvent "));
}

TEST_F(EventingTest, QueriesSelectKindsAndInstances) {
  const std::string changes = Subscribed(
      "SELECT * FROM __InstanceModificationEvent WITHIN 5 WHERE TargetInstance ISA "
      "'TestSensor' AND TargetInstance.Id &gt; 3");
  sensors_.events.Created(MakeSensor(7));
  sensors_.events.Changed(MakeSensor(1), MakeSensor(2));
  sensors_.events.Changed(MakeSensor(1), MakeSensor(4));
  sensors_.events.Deleted(MakeSensor(7));
  Settle();
  const std::string items = Items(changes);
  EXPECT_EQ(Count(items, "<p:__Instance"), 1U);
  EXPECT_THAT(items, HasSubstr("<p1:Id>4</p1:Id>"));
}

TEST_F(EventingTest, SelectorsSelectInstancesInEventsOfEveryKind) {
  const std::string context = Subscribed({}, SelectorFilter("name", "SENSOR 4"));
  sensors_.events.Created(MakeSensor(3));
  sensors_.events.Created(MakeSensor(4));
  sensors_.events.Changed(MakeSensor(4), MakeSensor(5));
  sensors_.events.Changed(MakeSensor(5), MakeSensor(4));
  sensors_.events.Deleted(MakeSensor(4));
  Settle();
  const std::string items = Items(context);
  EXPECT_EQ(Count(items, "<p:__InstanceCreationEvent "), 1U);
  EXPECT_EQ(Count(items, "<p:__InstanceModificationEvent "), 1U);
  EXPECT_EQ(Count(items, "<p:__InstanceDeletionEvent "), 1U);
}

TEST_F(EventingTest, ASelectorFilterThatCannotBeUsedSaysWhy) {
  for (const auto& [name, value] : {std::pair("Colour", "red"), {"Level", "high"}, {"", "x"}}) {
    const Message message = Subscription({}, SelectorFilter(name, value));
    ExpectFault(message, "e:FilteringRequestedUnavailable", "", "2150858786");
    EXPECT_THAT(Send(message).body, HasSubstr(*name == '\0' ? "with a Name" : name));
  }
  Message everywhere = Subscription({}, SelectorFilter("Id", "1"));
  everywhere.uri = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/*";
  ExpectFault(everywhere, "e:FilteringRequestedUnavailable", "FilteringRequired", "2150858831");
  sensors_.tells_events = false;
  ExpectFault(Subscription({}, SelectorFilter("Id", "1")), "a:ActionNotSupported", "",
              "2150858771");
}

TEST_F(EventingTest, AChangeThatNoPropertyShowsIsNoEvent) {
  const std::string context = Subscribed();
  sensors_.events.Changed(MakeSensor(1), MakeSensor(1));
  sensors_.events.Created(MakeSensor(2));
  Settle();
  EXPECT_THAT(Items(context), Not(HasSubstr("__InstanceModificationEvent")));
}

TEST_F(EventingTest, OnePullGivesOneEventUnlessItAsksForMore) {
  const std::string context = Subscribed();
  sensors_.events.Created(MakeSensor(1));
  sensors_.events.Created(MakeSensor(2));
  Settle();
  EXPECT_EQ(Count(Items(context, ""), "<p:__Instance"), 1U);
  EXPECT_EQ(Count(Items(context), "<p:__Instance"), 2U);  // with the one of Settle
}

TEST_F(EventingTest, AnEventThatDoesNotFitStaysForAPullThatTakesMore) {
  const std::string context = Subscribed();
  sensors_.events.Created(MakeSensor(1));
  const auto small = StartPull(Pull(context, "<n:MaxCharacters>10</n:MaxCharacters>"));
  EXPECT_THAT(small->Wait().body, HasSubstr("faultDetail/MaxEnvelopeSize"));
  EXPECT_THAT(Items(context), HasSubstr("__InstanceCreationEvent"));
}

TEST_F(EventingTest, APullWithoutNewsTimesOutAndTheNextOneGetsTheEvent) {
  const std::string context = Subscribed();
  const auto pull = StartPull(Pull(context, "<n:MaxTime>PT7S</n:MaxTime>"));
  EXPECT_EQ(pull->wait, seconds(7));
  const http::Reply reply = pull->Expire();
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("<s:Value>s:Receiver</s:Value>"));
  EXPECT_THAT(reply.body, HasSubstr("w:TimedOut"));
  EXPECT_THAT(reply.body, HasSubstr("Code=\"2150858793\""));
  sensors_.events.Created(MakeSensor(1));
  EXPECT_THAT(Items(context), HasSubstr("__InstanceCreationEvent"));
}

TEST_F(EventingTest, APullWaitsNoLongerThanItsOperationTimeout) {
  const std::string context = Subscribed();
  Message message = Pull(context, "<n:MaxTime>PT100S</n:MaxTime>");
  message.headers = "<w:OperationTimeout>PT3S</w:OperationTimeout>";
  const auto pull = StartPull(message);
  EXPECT_EQ(pull->wait, seconds(3));
  pull->Expire();
  const auto endless = StartPull(Pull(context));
  EXPECT_EQ(endless->wait, seconds(60));
  endless->Expire();
}

TEST_F(EventingTest, AHeartbeatIsAReplyWithoutEvents) {
  const std::string context = ContextIn(
      ExpectSuccess(Eventing("Subscribe", Delivery("<w:Heartbeats>PT10.000000S</w:Heartbeats>"))));
  const auto pull = StartPull(Pull(context));
  EXPECT_EQ(pull->wait, seconds(10));
  const http::Reply reply = pull->Expire();
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("<n:Items></n:Items></n:PullResponse>"));
  const auto shorter = StartPull(Pull(context, "<n:MaxTime>PT9S</n:MaxTime>"));
  EXPECT_EQ(shorter->Expire().status, 500);
}

TEST_F(EventingTest, ASecondPullTakesThePlaceOfTheFirst) {
  const std::string context = Subscribed();
  const auto first = StartPull(Pull(context));
  const auto second = StartPull(Pull(context));
  EXPECT_THAT(first->Wait().body, HasSubstr("w:Concurrency"));
  sensors_.events.Created(MakeSensor(1));
  EXPECT_EQ(second->Wait().status, 200);
}

class DroppedEventsTest : public EventingTest, public testing::WithParamInterface<int> {};

TEST_P(DroppedEventsTest, TheOldestBeyondTheLimitAreDroppedAndReported) {
  const std::string context = Subscribed("SELECT * FROM __InstanceCreationEvent");
  for (int i = 1; i <= GetParam(); ++i)
    sensors_.events.Created(MakeSensor(static_cast<std::uint64_t>(i)));
  Settle();
  const std::string items = Items(context);
  const int dropped = std::max(0, GetParam() - 3);
  EXPECT_EQ(Count(items, "<p:__InstanceCreationEvent "),
            static_cast<std::size_t>(GetParam() - dropped));
  EXPECT_EQ(Between(items, "wsman/DroppedEvents\">", "<"),
            dropped == 0 ? "" : std::to_string(dropped));
  EXPECT_EQ(items.starts_with("<w:DroppedEvents "), dropped > 0);
}

INSTANTIATE_TEST_SUITE_P(AroundTheLimit, DroppedEventsTest, testing::Values(2, 3, 4, 6));

}  // namespace
}  // namespace wsman
