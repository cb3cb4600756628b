// Subscriptions: who may have how many, how long they live, and what cannot be had.
#include "wsman/eventing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "eventing_fixture.h"

namespace wsman {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

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
  const auto pull = StartPull(Pull(context));
  now_ += milliseconds(1);
  ExpectFault(Eventing("GetStatus", "", context), "e:InvalidMessage", "", "2150858789");
  EXPECT_THAT(pull->Wait().body, HasSubstr("n:InvalidEnumerationContext"));
  ExpectFault(Pull(context), "n:InvalidEnumerationContext", "", "2150858779");
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
  const auto pull = StartPull(Pull(context));
  ExpectSuccess(Eventing("Unsubscribe", "", context));
  EXPECT_THAT(pull->Wait().body, HasSubstr("n:InvalidEnumerationContext"));
  ExpectFault(Eventing("Unsubscribe", "", context), "e:InvalidMessage", "", "2150858789");
}

TEST_F(EventingTest, ReleaseEndsASubscriptionToo) {
  const std::string context = Subscribed();
  ExpectSuccess(Enumeration("Release", "<n:Release><n:EnumerationContext>" + context +
                                           "</n:EnumerationContext></n:Release>"));
  ExpectFault(Pull(context), "n:InvalidEnumerationContext", "", "2150858779");
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
  EXPECT_EQ(fault(SendAs("bob", Pull(context))), fault(SendAs("bob", Pull(none))));
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
  const auto pull = StartPull(Pull(Subscribed()));
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
  ExpectFault(subscribe(Filter(kWql, "SELECT * FROM __InstanceCreationEvent") + "<e:Filter/>"),
              "e:InvalidMessage", "", "2150858789");
  ExpectFault(subscribe(Filter("http://example.org/dialect", "*")),
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
