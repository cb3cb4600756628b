#include "eventing_fixture.h"

#include <utility>

namespace wsman {
namespace {

DispatcherOptions SmallLimits() {
  DispatcherOptions options;
  options.eventing.subscriptions_per_principal = 3;
  options.eventing.subscriptions = 4;
  options.eventing.events = 3;
  return options;
}

}  // namespace

Message Eventing(std::string_view verb, const std::string& inner, std::string_view name) {
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

std::string Delivery(std::string_view inner, std::string_view mode) {
  return "<e:Delivery Mode=\"" + std::string(mode) + "\">" + std::string(inner) + "</e:Delivery>";
}

Message Subscription(std::string_view query, std::string_view more) {
  return Eventing("Subscribe", Delivery() + (query.empty() ? std::string() : Filter(kWql, query)) +
                                   std::string(more));
}

EventingTest::EventingTest() : ServiceTest(SmallLimits()) {}

std::string EventingTest::Subscribed(std::string_view query, std::string_view more) {
  return ContextIn(ExpectSuccess(Subscription(query, more)));
}

std::shared_ptr<LateResponder> EventingTest::StartPull(const Message& message) {
  auto responder = std::make_shared<LateResponder>();
  dispatcher_->Handle(auth::PrincipalForTest::Make("alice"),
                      {"application/soap+xml;charset=UTF-8", message.Text()}, responder);
  return responder;
}

std::string EventingTest::Items(const std::string& context, std::string_view more) {
  const http::Reply reply = StartPull(Pull(context, more))->Wait();
  EXPECT_EQ(reply.status, 200) << reply.body;
  return Between(reply.body, "<n:Items>", "</n:Items>");
}

void EventingTest::Settle() {
  const http::Reply reply = SendAs("settler", Subscription());
  const std::string context = ContextIn(reply.body);
  sensors_.events.Deleted(MakeSensor(999));
  auto responder = std::make_shared<LateResponder>();
  const auto pull = [&](const Message& message) {
    dispatcher_->Handle(auth::PrincipalForTest::Make("settler"),
                        {"application/soap+xml;charset=UTF-8", message.Text()}, responder);
  };
  pull(Pull(context));
  responder->Wait();
  SendAs("settler", Eventing("Unsubscribe", "", context));
}

}  // namespace wsman
