#include "service_fixture.h"

#include <gmock/gmock.h>

#include "schema/bits_classes.h"

namespace wsman {

using testing::HasSubstr;

std::string Message::Text() const {
  std::string text = R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
                     R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
                     R"(xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" )"
                     R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" )"
                     R"(xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd" )"
                     R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><s:Header>)"
                     "<a:To>http://host:5985/wsman</a:To>";
  if (!uri.empty()) text += "<w:ResourceURI>" + uri + "</w:ResourceURI>";
  if (!reply_to.empty()) text += "<a:ReplyTo><a:Address>" + reply_to + "</a:Address></a:ReplyTo>";
  if (!action.empty()) text += "<a:Action>" + action + "</a:Action>";
  if (!message_id.empty()) text += "<a:MessageID>" + message_id + "</a:MessageID>";
  if (!selectors.empty()) text += "<w:SelectorSet>" + selectors + "</w:SelectorSet>";
  return text + headers + "</s:Header><s:Body>" + body + "</s:Body></s:Envelope>";
}

std::string SelectorXml(std::string_view name, std::string_view value) {
  return "<w:Selector Name=\"" + std::string(name) + "\">" + std::string(value) + "</w:Selector>";
}

Message Transfer(std::string_view verb) {
  Message message;
  message.action = "http://schemas.xmlsoap.org/ws/2004/09/transfer/" + std::string(verb);
  message.selectors = SelectorXml("Id", "1");
  return message;
}

Message Enumeration(std::string_view verb, std::string body) {
  Message message;
  message.action = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/" + std::string(verb);
  message.body = std::move(body);
  return message;
}

Message Pull(const std::string& context, std::string_view more) {
  return Enumeration("Pull", "<n:Pull><n:EnumerationContext>" + context +
                                 "</n:EnumerationContext>" + std::string(more) + "</n:Pull>");
}

std::string ContextIn(const std::string& reply) {
  return Between(reply, "<n:EnumerationContext>", "<");
}

std::string Filter(std::string_view dialect, std::string_view content) {
  return "<w:Filter Dialect=\"" + std::string(dialect) + "\">" + std::string(content) +
         "</w:Filter>";
}

std::string SelectorFilter(std::string_view name, std::string_view value) {
  return Filter(kSelectorFilter, "<w:SelectorSet>" + SelectorXml(name, value) + "</w:SelectorSet>");
}

Message Method(std::string_view method, std::string arguments) {
  Message message;
  message.action = std::string(kSensorUri) + "/" + std::string(method);
  message.selectors = SelectorXml("Id", "1");
  message.body = "<p:" + std::string(method) + "_INPUT xmlns:p=\"" + std::string(kSensorUri) +
                 "\">" + arguments + "</p:" + std::string(method) + "_INPUT>";
  return message;
}

std::string Between(std::string_view text, std::string_view open, std::string_view close) {
  const std::size_t begin = text.find(open);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = text.find(close, begin + open.size());
  if (end == std::string_view::npos) return {};
  return std::string(text.substr(begin + open.size(), end - begin - open.size()));
}

std::size_t Count(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

ServiceTest::ServiceTest(DispatcherOptions options) : jobs_(schema::BitsClientJob()) {
  options.clock = [this] { return now_; };
  for (std::uint64_t id = 1; id <= 5; ++id) sensors_.instances.push_back(MakeSensor(id));
  jobs_.instances.push_back(MakeJob(std::string(kJobId)));
  dispatcher_ = std::make_unique<Dispatcher>(std::move(options), authorizer_,
                                             std::vector<ResourceHandler*>{&sensors_, &jobs_});
}

http::Reply ServiceTest::SendBytes(std::string bytes, std::string content_type) {
  const auto responder = std::make_shared<FakeResponder>();
  dispatcher_->Handle(auth::PrincipalForTest::Make("alice"),
                      {std::move(content_type), std::move(bytes)}, responder);
  EXPECT_EQ(responder->sends, 1);
  return responder->reply.value_or(http::Reply{0, {}, {}});
}

http::Reply ServiceTest::SendAs(const std::string& user, const Message& message) {
  const auto responder = std::make_shared<FakeResponder>();
  dispatcher_->Handle(auth::PrincipalForTest::Make(user),
                      {"application/soap+xml;charset=UTF-8", message.Text()}, responder);
  EXPECT_EQ(responder->sends, 1);
  return responder->reply.value_or(http::Reply{0, {}, {}});
}

http::Reply ServiceTest::Send(const Message& message) { return SendAs("alice", message); }

std::shared_ptr<FakeResponder> ServiceTest::Start(const Message& message) {
  auto responder = std::make_shared<FakeResponder>();
  dispatcher_->Handle(auth::PrincipalForTest::Make("alice"),
                      {"application/soap+xml;charset=UTF-8", message.Text()}, responder);
  return responder;
}

void ServiceTest::ExpectFault(const Message& message, std::string_view subcode,
                              std::string_view detail, std::string_view wsman_code) {
  const http::Reply reply = Send(message);
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(Between(reply.body, "<s:Subcode><s:Value>", "<"), subcode) << reply.body;
  if (!detail.empty()) {
    EXPECT_THAT(reply.body, HasSubstr("faultDetail/" + std::string(detail) + "<"));
  }
  EXPECT_THAT(reply.body, HasSubstr("Code=\"" + std::string(wsman_code) + "\""));
  EXPECT_EQ(Between(reply.body, "<a:RelatesTo>", "<"), message.message_id);
}

std::string ServiceTest::ExpectSuccess(const Message& message) {
  const http::Reply reply = Send(message);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(Between(reply.body, "<a:RelatesTo>", "<"), message.message_id);
  return reply.body;
}

}  // namespace wsman
