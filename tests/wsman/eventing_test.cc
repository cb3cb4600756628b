#include "wsman/eventing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "service_fixture.h"

namespace wsman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kPullMode = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull";
constexpr std::string_view kWql = "http://schemas.microsoft.com/wbem/wsman/1/WQL";

// A responder whose answer comes from another thread.
class LateResponder : public http::Responder {
 public:
  void Send(http::Reply sent) override {
    const std::lock_guard lock(mutex_);
    if (reply_) return;
    reply_ = std::move(sent);
    changed_.notify_all();
  }
  void SetDeadline(std::chrono::steady_clock::time_point at,
                   std::function<http::Reply()> on_expiry) override {
    wait = std::chrono::round<seconds>(at - std::chrono::steady_clock::now());
    expire_ = std::move(on_expiry);
  }

  bool IsAnswered() {
    const std::lock_guard lock(mutex_);
    return reply_.has_value();
  }
  http::Reply Wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds(10), [this] { return reply_.has_value(); }));
    return reply_.value_or(http::Reply{0, {}, {}});
  }
  // What the server does at the deadline.
  http::Reply Expire() {
    http::Reply reply = expire_();
    Send(reply);
    return reply;
  }

  seconds wait{0};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<http::Reply> reply_;  // guarded by mutex_
  std::function<http::Reply()> expire_;
};

DispatcherOptions SmallLimits() {
  DispatcherOptions options;
  options.eventing.subscriptions_per_principal = 3;
  options.eventing.subscriptions = 4;
  options.eventing.events = 3;
  return options;
}

Message Eventing(std::string_view verb, std::string inner, std::string_view name = {}) {
  const std::string e = "http://schemas.xmlsoap.org/ws/2004/08/eventing";
  Message message;
  message.action = e + "/" + std::string(verb);
  if (!inner.empty()) {
    message.body = "<e:" + std::string(verb) + " xmlns:e=\"" + e + "\">" + inner +
                   "</e:" + std::string(verb) + ">";
  }
  if (!name.empty()) {
    message.headers =
        "<e:Identifier xmlns:e=\"" + e + "\">" + std::string(name) + "</e:Identifier>";
  }
  return message;
}

std::string Delivery(std::string_view inner = {}, std::string_view mode = kPullMode) {
  return "<e:Delivery Mode=\"" + std::string(mode) + "\">" + std::string(inner) + "</e:Delivery>";
}

std::string Filter(std::string_view query, std::string_view dialect = kWql) {
  return "<w:Filter Dialect=\"" + std::string(dialect) + "\">" + std::string(query) + "</w:Filter>";
}

Message Subscription(std::string_view query = {}, std::string_view more = {}) {
  return Eventing("Subscribe",
                  Delivery() + (query.empty() ? std::string() : Filter(query)) + std::string(more));
}

Message PullOf(const std::string& context, std::string_view more = {}) {
  return Enumeration("Pull", "<n:Pull><n:EnumerationContext>" + context +
                                 "</n:EnumerationContext>" + std::string(more) + "</n:Pull>");
}

constexpr std::string_view kMany = "<n:MaxElements>100</n:MaxElements>";

std::string ContextIn(const std::string& reply) {
  return Between(reply, "<n:EnumerationContext>", "<");
}

std::size_t Count(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

class EventingTest : public ServiceTest {
 protected:
  EventingTest() : ServiceTest(SmallLimits()) {}

  std::string Subscribed(std::string_view query = {}, std::string_view more = {}) {
    return ContextIn(ExpectSuccess(Subscription(query, more)));
  }

  std::shared_ptr<LateResponder> StartPull(const Message& message) {
    auto responder = std::make_shared<LateResponder>();
    dispatcher_->Handle(auth::PrincipalForTest::Make("alice"),
                        {"application/soap+xml;charset=UTF-8", message.Text()}, responder);
    return responder;
  }

  // The next items, once there are some.
  std::string Items(const std::string& context, std::string_view more = kMany) {
    const http::Reply reply = StartPull(PullOf(context, more))->Wait();
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Between(reply.body, "<n:Items>", "</n:Items>");
  }

  // Returns when everything told so far has reached the subscriptions. Tells
  // one more event, of a sensor that no test looks at.
  void Settle() {
    const http::Reply reply = SendAs("settler", Subscription());
    const std::string context = ContextIn(reply.body);
    sensors_.events.Deleted(MakeSensor(999));
    auto responder = std::make_shared<LateResponder>();
    const auto pull = [&](const Message& message) {
      dispatcher_->Handle(auth::PrincipalForTest::Make("settler"),
                          {"application/soap+xml;charset=UTF-8", message.Text()}, responder);
    };
    pull(PullOf(context));
    responder->Wait();
    SendAs("settler", Eventing("Unsubscribe", "", context));
  }
};

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
  const auto pull = StartPull(PullOf(context));
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

std::string SelectorFilter(std::string_view name, std::string_view value) {
  return Filter("<w:SelectorSet><w:Selector Name=\"" + std::string(name) + "\">" +
                    std::string(value) + "</w:Selector></w:SelectorSet>",
                "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter");
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
  const auto small = StartPull(PullOf(context, "<n:MaxCharacters>10</n:MaxCharacters>"));
  EXPECT_THAT(small->Wait().body, HasSubstr("faultDetail/MaxEnvelopeSize"));
  EXPECT_THAT(Items(context), HasSubstr("__InstanceCreationEvent"));
}

TEST_F(EventingTest, APullWithoutNewsTimesOutAndTheNextOneGetsTheEvent) {
  const std::string context = Subscribed();
  const auto pull = StartPull(PullOf(context, "<n:MaxTime>PT7S</n:MaxTime>"));
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
  Message message = PullOf(context, "<n:MaxTime>PT100S</n:MaxTime>");
  message.headers = "<w:OperationTimeout>PT3S</w:OperationTimeout>";
  const auto pull = StartPull(message);
  EXPECT_EQ(pull->wait, seconds(3));
  pull->Expire();
  const auto endless = StartPull(PullOf(context));
  EXPECT_EQ(endless->wait, seconds(60));
  endless->Expire();
}

TEST_F(EventingTest, AHeartbeatIsAReplyWithoutEvents) {
  const std::string context = ContextIn(
      ExpectSuccess(Eventing("Subscribe", Delivery("<w:Heartbeats>PT10.000000S</w:Heartbeats>"))));
  const auto pull = StartPull(PullOf(context));
  EXPECT_EQ(pull->wait, seconds(10));
  const http::Reply reply = pull->Expire();
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("<n:Items></n:Items></n:PullResponse>"));
  const auto shorter = StartPull(PullOf(context, "<n:MaxTime>PT9S</n:MaxTime>"));
  EXPECT_EQ(shorter->Expire().status, 500);
}

TEST_F(EventingTest, ASecondPullTakesThePlaceOfTheFirst) {
  const std::string context = Subscribed();
  const auto first = StartPull(PullOf(context));
  const auto second = StartPull(PullOf(context));
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

TEST_F(EventingTest, SubscriptionsAreCountedForEachPrincipal) {
  std::string last;
  for (int i = 0; i < 3; ++i) last = Subscribed();
  ExpectFault(Subscription(), "w:QuotaLimit", "", "2150858815");
  ExpectSuccess(Eventing("Unsubscribe", "", last));
  Subscribed();
}

TEST_F(EventingTest, SubscriptionsAreCountedInAll) {
  for (int i = 0; i < 3; ++i) Subscribed();
  EXPECT_EQ(SendAs("bob", Subscription()).status, 200);
  EXPECT_THAT(SendAs("carol", Subscription()).body, HasSubstr("w:QuotaLimit"));
}

TEST(EventingLimitsTest, TheDefaultsAreThoseOfTheDocumentation) {
  const EventingLimits limits;
  EXPECT_EQ(limits.subscriptions_per_principal, 16U);
  EXPECT_EQ(limits.subscriptions, 256U);
  EXPECT_EQ(limits.events, 1'000U);
  EXPECT_EQ(limits.life, std::chrono::minutes(10));
  EXPECT_EQ(limits.longest_life, std::chrono::hours(24));
}

TEST_F(EventingTest, LivesAreGrantedUpToADay) {
  const auto granted = [this](std::string_view expires) {
    return Between(
        ExpectSuccess(Subscription({}, "<e:Expires>" + std::string(expires) + "</e:Expires>")),
        "<e:Expires>", "<");
  };
  EXPECT_EQ(granted("PT600.000000S"), "PT600S");
  EXPECT_EQ(granted("P1D"), "PT86400S");
  EXPECT_EQ(granted("P1DT0.001S"), "PT86400S");
}

TEST_F(EventingTest, AnExpiredSubscriptionIsGone) {
  const std::string context = Subscribed({}, "<e:Expires>PT5S</e:Expires>");
  now_ += milliseconds(4'999);
  EXPECT_THAT(ExpectSuccess(Eventing("GetStatus", "", context)), HasSubstr("PT0.001S"));
  const auto pull = StartPull(PullOf(context));
  now_ += milliseconds(1);
  ExpectFault(Eventing("GetStatus", "", context), "e:InvalidMessage", "", "2150858789");
  EXPECT_THAT(pull->Wait().body, HasSubstr("n:InvalidEnumerationContext"));
  ExpectFault(PullOf(context), "n:InvalidEnumerationContext", "", "2150858779");
}

TEST_F(EventingTest, RenewGivesANewLife) {
  const std::string context = Subscribed({}, "<e:Expires>PT5S</e:Expires>");
  now_ += seconds(4);
  EXPECT_THAT(ExpectSuccess(Eventing("Renew", "<e:Expires>PT30S</e:Expires>", context)),
              HasSubstr("<e:RenewResponse><e:Expires>PT30S</e:Expires></e:RenewResponse>"));
  now_ += seconds(29);
  ExpectSuccess(Eventing("GetStatus", "", context));
  EXPECT_THAT(ExpectSuccess(Eventing("Renew", " ", context)), HasSubstr("PT600S"));
  now_ += seconds(600);
  ExpectFault(Eventing("Renew", " ", context), "e:UnableToRenew", "", "2150858788");
}

TEST_F(EventingTest, UnsubscribeRefusesThePullThatWaits) {
  const std::string context = Subscribed();
  const auto pull = StartPull(PullOf(context));
  ExpectSuccess(Eventing("Unsubscribe", "", context));
  EXPECT_THAT(pull->Wait().body, HasSubstr("n:InvalidEnumerationContext"));
  ExpectFault(Eventing("Unsubscribe", "", context), "e:InvalidMessage", "", "2150858789");
}

TEST_F(EventingTest, ReleaseEndsASubscriptionToo) {
  const std::string context = Subscribed();
  ExpectSuccess(Enumeration("Release", "<n:Release><n:EnumerationContext>" + context +
                                           "</n:EnumerationContext></n:Release>"));
  ExpectFault(PullOf(context), "n:InvalidEnumerationContext", "", "2150858779");
}

TEST_F(EventingTest, AStrangersSubscriptionLooksLikeNone) {
  const std::string context = Subscribed();
  const std::string none = "uuid:00000000-0000-0000-0000-000000000000";
  const auto fault = [](const http::Reply& reply) {
    return Between(reply.body, "<s:Fault>", "</s:Fault>");
  };
  for (const char* verb : {"Unsubscribe", "GetStatus", "Renew"}) {
    EXPECT_EQ(fault(SendAs("bob", Eventing(verb, " ", context))),
              fault(SendAs("bob", Eventing(verb, " ", none))));
  }
  EXPECT_EQ(fault(SendAs("bob", PullOf(context))), fault(SendAs("bob", PullOf(none))));
  ExpectSuccess(Eventing("GetStatus", "", context));
}

TEST_F(EventingTest, TheClassIsWatchedOnlyWhileItHasSubscriptions) {
  EXPECT_EQ(sensors_.events.watches(), 0U);
  const std::string first = Subscribed();
  const std::string second = Subscribed();
  EXPECT_EQ(sensors_.events.watches(), 1U);
  ExpectSuccess(Eventing("Unsubscribe", "", first));
  EXPECT_EQ(sensors_.events.watches(), 1U);
  ExpectSuccess(Eventing("Unsubscribe", "", second));
  EXPECT_EQ(sensors_.events.watches(), 0U);
}

TEST_F(EventingTest, EndingAllSubscriptionsAnswersWhoWaits) {
  const auto pull = StartPull(PullOf(Subscribed()));
  dispatcher_->EndSubscriptions();
  EXPECT_THAT(pull->Wait().body, HasSubstr("a:EndpointUnavailable"));
  ExpectFault(Subscription(), "a:EndpointUnavailable", "", "2150858772");
}

TEST_F(EventingTest, EveryModeButPullIsRefusedAndPullIsNamed) {
  const std::string base = "http://schemas.dmtf.org/wbem/wsman/1/wsman/";
  for (const std::string& mode :
       {base + "PushWithAck", base + "Events", std::string("http://example.org/pigeon"),
        std::string("http://schemas.xmlsoap.org/ws/2004/08/eventing/DeliveryModes/Push")}) {
    const Message message = Eventing("Subscribe", Delivery({}, mode));
    ExpectFault(message, "e:DeliveryModeRequestedUnavailable", "", "2150858782");
    EXPECT_THAT(Send(message).body, HasSubstr("<e:SupportedDeliveryMode>" + std::string(kPullMode) +
                                              "</e:SupportedDeliveryMode>"));
  }
  ExpectFault(Eventing("Subscribe", " "), "e:DeliveryModeRequestedUnavailable", "", "2150858782");
}

TEST_F(EventingTest, WrongRequestsSayWhatIsWrong) {
  const auto subscribe = [](const std::string& more) {
    return Eventing("Subscribe", Delivery() + more);
  };
  ExpectFault(subscribe(Filter("SELECT * FROM __InstanceCreationEvent") + "<e:Filter/>"),
              "e:InvalidMessage", "", "2150858789");
  ExpectFault(subscribe(Filter("*", "http://example.org/dialect")),
              "e:FilteringRequestedUnavailable", "", "2150858786");
  ExpectFault(Subscription("SELECT * FROM TestSensor"), "e:FilteringRequestedUnavailable", "",
              "2150858786");
  ExpectFault(Subscription("SELECT"), "e:FilteringRequestedUnavailable", "", "2150858786");
  ExpectFault(subscribe("<e:Expires>PT0S</e:Expires>"), "e:InvalidExpirationTime", "",
              "2150858783");
  ExpectFault(subscribe("<e:Expires>2030-01-01T00:00:00Z</e:Expires>"),
              "e:UnsupportedExpirationType", "", "2150858784");
  ExpectSuccess(Eventing("Subscribe", Delivery("<w:ContentEncoding>utf-16</w:ContentEncoding>")));
  ExpectFault(Eventing("Subscribe", Delivery("<w:ContentEncoding>EBCDIC</w:ContentEncoding>")),
              "w:EncodingLimit", "CharacterSet", "2150858828");
  ExpectFault(Eventing("Subscribe", Delivery("<w:Heartbeats>often</w:Heartbeats>")),
              "w:UnsupportedFeature", "Heartbeats", "2150858858");
  ExpectFault(subscribe("<w:SendBookmarks/>"), "w:UnsupportedFeature", "Bookmarks", "2150858859");
  ExpectFault(subscribe("<e:EndTo/>"), "w:UnsupportedFeature", "AddressingMode", "2150858870");
  ExpectFault(Eventing("Unsubscribe", ""), "a:MessageInformationHeaderRequired", "", "2150858769");
}

TEST_F(EventingTest, TheFilterMayStandInTheEventingNamespace) {
  ExpectSuccess(Eventing("Subscribe", Delivery() + "<e:Filter Dialect=\"" + std::string(kWql) +
                                          "\">SELECT * FROM __InstanceCreationEvent</e:Filter>"));
}

TEST_F(EventingTest, TheWildcardNeedsTheClassInTheQuery) {
  Message message =
      Subscription("SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'TestSensor'");
  message.uri = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/*";
  ExpectSuccess(message);
  Message other = Subscription("SELECT * FROM __InstanceCreationEvent");
  other.uri = message.uri;
  ExpectFault(other, "e:FilteringRequestedUnavailable", "FilteringRequired", "2150858831");
  other.body = Subscription().body;
  ExpectFault(other, "e:FilteringRequestedUnavailable", "FilteringRequired", "2150858831");
}

TEST_F(EventingTest, AClassWithoutEventsCannotBeSubscribedTo) {
  sensors_.tells_events = false;
  ExpectFault(Subscription(), "a:ActionNotSupported", "", "2150858771");
}

TEST_F(EventingTest, SubscribingNeedsARole) {
  authorizer_.forbidden = {Operation::kSubscribe};
  ExpectFault(Subscription(), "w:AccessDenied", "", "5");
}

}  // namespace
}  // namespace wsman
