#include "wsman/client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "tests/wsman/client/scripted_server.h"
#include "wsman/fault.h"
#include "wsman/namespaces.h"
#include "wsman/xml/soap_codec.h"

namespace wsman::client {
namespace {

using ::testing::HasSubstr;
using Kind = ClientError::Kind;
using Then = Step::Then;

constexpr char kUri[] = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/Thing";

std::string MessageIdOf(const ReceivedRequest& request) {
  return xml::ParseEnvelope(request.body())->message_id.value_or("");
}

// A 200 reply to whatever was asked, with `body` inside s:Body.
Step Answer(const std::string& body, Then then = Then::kKeep) {
  return {[body](const ReceivedRequest& request) {
            ReplyHeader header;
            header.action = "urn:reply";
            header.relates_to = MessageIdOf(request);
            return HttpReplyBytes(200, xml::WriteEnvelope(header, body));
          },
          then};
}

Step Raw(const std::string& bytes, Then then = Then::kClose) {
  return {[bytes](const ReceivedRequest&) { return bytes; }, then};
}

Step Silence(Then then = Then::kClose) { return {nullptr, then}; }

std::string Thing(const std::string& name) {
  return fmt::format(R"(<p:Thing xmlns:p="{}"><p:Name>{}</p:Name></p:Thing>)", kUri, name);
}

Client MakeClient(const ScriptedServer& server) {
  ClientOptions options;
  options.url = server.Url();
  options.user = "alice";
  options.password = "secret";
  options.auth = AuthMode::kBasic;
  options.timeout = std::chrono::milliseconds(5000);
  return Client(options);
}

TEST(ClientTest, GetReturnsTheElementInTheBody) {
  ScriptedServer server({Answer(Thing("one"))});
  Client client = MakeClient(server);
  const auto element = client.Get(kUri, {{"Id", "<1>"}});
  ASSERT_TRUE(element) << element.error().text;
  EXPECT_EQ(element->name, "Thing");
  EXPECT_EQ(ChildText(*element, "name"), "one");
}

TEST(ClientTest, RequestsCarryTheHeadersOfAWindowsClient) {
  ScriptedServer server({Answer(Thing("one"))});
  Client client = MakeClient(server);
  ASSERT_TRUE(client.Get(kUri, {{"Id", "<1>"}}));
  const ReceivedRequest sent = server.requests().at(0);
  EXPECT_EQ(sent["Authorization"], "Basic YWxpY2U6c2VjcmV0");
  EXPECT_EQ(sent["Content-Type"], "application/soap+xml;charset=UTF-8");
  const auto request = xml::ParseEnvelope(sent.body());
  ASSERT_TRUE(request);
  EXPECT_EQ(request->to, server.Url());
  EXPECT_EQ(request->action, "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get");
  EXPECT_EQ(request->resource_uri, kUri);
  EXPECT_EQ(request->reply_to, ns::kAnonymous);
  EXPECT_EQ(request->max_envelope_size->value, "512000");
  EXPECT_EQ(request->operation_timeout->value, "PT5.000S");
  ASSERT_EQ(request->selectors.size(), 1U);
  EXPECT_EQ(request->selectors[0].value, "<1>");
  EXPECT_TRUE(request->not_understood.empty());
  EXPECT_EQ(request->body_children, 0U);
}

TEST(ClientTest, PutAndInvokeSendTheirValuesInTheResourcesNamespace) {
  ScriptedServer server({Answer(Thing("new")), Answer("<p:Go_OUTPUT xmlns:p=\"urn:x\"/>")});
  Client client = MakeClient(server);
  ASSERT_TRUE(client.Put(kUri, {}, {{"Name", "a&b"}}));
  ASSERT_TRUE(client.Invoke(kUri, "Go", {}, {{"Arg", "1"}, {"Arg", "2"}}));
  const auto put = xml::ParseEnvelope(server.requests().at(0).body());
  EXPECT_EQ(put->body->name, "Thing");
  EXPECT_EQ(put->body->name_space, kUri);
  EXPECT_EQ(ChildText(*put->body, "Name"), "a&b");
  const auto invoke = xml::ParseEnvelope(server.requests().at(1).body());
  EXPECT_EQ(invoke->action, std::string(kUri) + "/Go");
  EXPECT_EQ(invoke->body->name, "Go_INPUT");
  EXPECT_EQ(invoke->body->children.size(), 2U);
}

TEST(ClientTest, AnArgumentWhoseNameIsNoElementNameIsNotSent) {
  ScriptedServer server({});
  Client client = MakeClient(server);
  const auto reply = client.Invoke(kUri, "Go", {}, {{"a><b", "1"}});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kProtocol);
  EXPECT_EQ(server.connections(), 0);
}

TEST(ClientTest, TheConnectionIsKeptBetweenCalls) {
  ScriptedServer server({Answer(Thing("one")), Answer(Thing("two"))});
  Client client = MakeClient(server);
  ASSERT_TRUE(client.Get(kUri, {}));
  ASSERT_TRUE(client.Invoke(kUri, "Go", {}, {}));
  EXPECT_EQ(server.connections(), 1);
}

TEST(ClientTest, AConnectionThatTheServerClosedWhileIdleIsReplacedBeforeAnythingIsSent) {
  ScriptedServer server({Answer(Thing("one"), Then::kClose), Answer(Thing("two"))});
  Client client = MakeClient(server);
  ASSERT_TRUE(client.Get(kUri, {}));
  ASSERT_TRUE(server.WaitForClosed(1));
  const auto reply = client.Invoke(kUri, "Go", {}, {});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(ClientTest, AGetWhoseReplyWasLostOnAnOldConnectionIsSentAgain) {
  ScriptedServer server({Answer(Thing("one")), Silence(), Answer(Thing("two"))});
  Client client = MakeClient(server);
  ASSERT_TRUE(client.Get(kUri, {}));
  const auto reply = client.Get(kUri, {});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(ChildText(*reply, "Name"), "two");
}

TEST(ClientTest, AnInvokeWhoseReplyWasLostIsNotSentAgain) {
  ScriptedServer server({Answer(Thing("one")), Silence(), Answer(Thing("two"))});
  Client client = MakeClient(server);
  ASSERT_TRUE(client.Get(kUri, {}));
  const auto reply = client.Invoke(kUri, "Go", {}, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kConnect);
  EXPECT_THAT(reply.error().text, HasSubstr("not known"));
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(ClientTest, AReplyLostOnAFreshConnectionIsAnErrorForEveryOperation) {
  ScriptedServer server({Silence(), Answer(Thing("two"))});
  Client client = MakeClient(server);
  const auto reply = client.Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kConnect);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(ClientTest, AFaultIsAnErrorWithCodeSubcodeAndText) {
  ScriptedServer server(
      {{[](const ReceivedRequest& request) {
          const Fault fault{FaultCode::kInvalidParameter, "say it better", 0x80070057, {}, {}};
          return HttpReplyBytes(500, xml::WriteFault(MessageIdOf(request), fault));
        },
        Then::kKeep},
       Answer(Thing("one"))});
  Client client = MakeClient(server);
  const auto reply = client.Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kFault);
  EXPECT_EQ(reply.error().subcode, "InvalidParameter");
  EXPECT_EQ(reply.error().code, 0x80070057U);
  EXPECT_EQ(reply.error().text, "say it better");
  EXPECT_EQ(reply.error().http_status, 500);
  EXPECT_TRUE(client.Get(kUri, {}));
  EXPECT_EQ(server.connections(), 1);
}

TEST(ClientTest, A401SaysWhetherThePasswordOrTheConnectionIsWrong) {
  ScriptedServer server(
      {Raw(HttpReplyBytes(401, "", "WWW-Authenticate: Basic realm=\"WSMAN\"\r\n"), Then::kKeep),
       Raw(HttpReplyBytes(401, "", "WWW-Authenticate: Negotiate\r\n"), Then::kKeep)});
  Client client = MakeClient(server);
  const auto password = client.Get(kUri, {});
  ASSERT_FALSE(password);
  EXPECT_EQ(password.error().kind, Kind::kUnauthorized);
  EXPECT_THAT(password.error().text, HasSubstr("'alice'"));
  const auto scheme = client.Get(kUri, {});
  ASSERT_FALSE(scheme);
  EXPECT_EQ(scheme.error().login, ClientError::Login::kNotOffered);
  EXPECT_EQ(scheme.error().text,
            "the host offers Negotiate to log in with on this connection, and not Basic");
}

TEST(ClientTest, AReplyToAnotherRequestIsRefused) {
  ScriptedServer server({{[](const ReceivedRequest&) {
    ReplyHeader header;
    header.action = "urn:reply";
    header.relates_to = "uuid:00000000-0000-0000-0000-000000000000";
    return HttpReplyBytes(200, xml::WriteEnvelope(header, Thing("other")));
  }}});
  Client client = MakeClient(server);
  const auto reply = client.Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kProtocol);
  EXPECT_THAT(reply.error().text, HasSubstr("does not belong"));
}

TEST(ClientTest, ATruncatedReplyIsALostConnection) {
  ScriptedServer server({Raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<s:Env")});
  Client client = MakeClient(server);
  const auto reply = client.Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kConnect);
}

TEST(ClientTest, AReplyMayBeAsLargeAsTheLimitAndNotLarger) {
  for (const int over : {-1, 0, 1}) {
    const std::string document = xml::WriteEnvelope({"urn:x", "", {}, {}}, Thing("big"));
    const std::size_t limit = document.size() - static_cast<std::size_t>(over);
    ScriptedServer server({Raw(HttpReplyBytes(200, document), Then::kKeep)});
    ClientOptions options;
    options.url = server.Url();
    options.max_reply_bytes = limit;
    Client client(options);
    const auto reply = client.Identify();
    EXPECT_EQ(reply.has_value(), over <= 0) << over;
    if (!reply) {
      EXPECT_THAT(reply.error().text, HasSubstr("larger"));
    }
  }
}

TEST(ClientTest, RepliesInChunksAndRepliesUntilTheEndOfTheConnectionAreRead) {
  const std::string document = xml::WriteEnvelope({"urn:x", "", {}, {}}, Thing("one"));
  const std::string type = "Content-Type: application/soap+xml;charset=UTF-8\r\n";
  ScriptedServer server(
      {Raw(fmt::format("HTTP/1.1 200 OK\r\n{}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n"
                       "0\r\n\r\n",
                       type, document.size(), document),
           Then::kKeep),
       Raw("HTTP/1.1 200 OK\r\n" + type + "\r\n" + document)});
  Client client = MakeClient(server);
  EXPECT_TRUE(client.Identify());
  EXPECT_TRUE(client.Identify());
}

TEST(ClientTest, AHostThatDoesNotAnswerIsGivenUpAfterTheTimeout) {
  ScriptedServer server({Silence(Then::kKeep)});
  ClientOptions options;
  options.url = server.Url();
  options.timeout = std::chrono::milliseconds(50);
  Client client(options);
  const auto reply = client.Identify();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kConnect);
  EXPECT_THAT(reply.error().text, HasSubstr("did not answer"));
}

TEST(ClientTest, AnswersThatAreNotWsManagementAreToldApart) {
  ScriptedServer server({Raw("220 mail.example ESMTP\r\n"),
                         Raw("HTTP/1.1 404 X\r\nContent-Type: text/html\r\nContent-Length: "
                             "4\r\n\r\n<p/>"),
                         Raw(HttpReplyBytes(200, "<html></html>"))});
  Client client = MakeClient(server);
  EXPECT_EQ(client.Get(kUri, {}).error().kind, Kind::kProtocol);
  const auto missing = client.Get(kUri, {});
  EXPECT_EQ(missing.error().kind, Kind::kHttp);
  EXPECT_EQ(missing.error().http_status, 404);
  EXPECT_EQ(client.Get(kUri, {}).error().kind, Kind::kProtocol);
}

TEST(ClientTest, EnumeratePullsUntilTheEnd) {
  const auto response = [](const char* name, const char* prefix, const std::string& context,
                           const std::string& items, const std::string& end) {
    return fmt::format(
        R"(<n:{0} xmlns:n="{1}" xmlns:w="{2}"><n:EnumerationContext>{3}</n:EnumerationContext>)"
        R"(<{4}:Items>{5}</{4}:Items>{6}</n:{0}>)",
        name, ns::kEnumeration, ns::kWsman, context, prefix, items, end);
  };
  ScriptedServer server(
      {Answer(response("EnumerateResponse", "w", "c1", Thing("1") + Thing("2"), "")),
       Answer(response("PullResponse", "n", "c2", Thing("3"), "")),
       Answer(response("PullResponse", "n", "c2", Thing("4"), "<n:EndOfSequence/>"))});
  Client client = MakeClient(server);
  const auto items = client.Enumerate(kUri);
  ASSERT_TRUE(items) << items.error().text;
  ASSERT_EQ(items->size(), 4U);
  EXPECT_EQ(ChildText(items->at(3), "Name"), "4");
  EXPECT_THAT(server.requests().at(1).body(), HasSubstr("c1"));
  EXPECT_THAT(server.requests().at(2).body(), HasSubstr("c2"));
}

TEST(ClientTest, EventsAreSubscribedToPulledAndLeft) {
  const std::string e = "http://schemas.xmlsoap.org/ws/2004/08/eventing";
  const Fault nothing{FaultCode::kTimedOut, "Nothing.", 0, {}, {}};
  ScriptedServer server(
      {Answer("<e:SubscribeResponse><n:EnumerationContext>uuid:1</n:EnumerationContext>"
              "</e:SubscribeResponse>"),
       {[&nothing](const ReceivedRequest& request) {
          return HttpReplyBytes(500, xml::WriteFault(MessageIdOf(request), nothing));
        },
        Then::kKeep},
       Answer("<n:PullResponse><n:EnumerationContext>uuid:1</n:EnumerationContext><n:Items>" +
              Thing("new") + "</n:Items></n:PullResponse>"),
       Answer("")});
  Client client = MakeClient(server);
  EXPECT_EQ(client.Subscribe(kUri, "SELECT * FROM X"), "uuid:1");
  EXPECT_TRUE(client.PullEvents(kUri, "uuid:1", std::chrono::seconds(2))->empty());
  EXPECT_EQ(client.PullEvents(kUri, "uuid:1", std::chrono::seconds(2))->size(), 1U);
  EXPECT_TRUE(client.Unsubscribe(kUri, "uuid:1"));
  const auto sent = [&server](std::size_t i) {
    return *xml::ParseEnvelope(server.requests().at(i).body());
  };
  EXPECT_EQ(sent(0).action, e + "/Subscribe");
  EXPECT_EQ(ChildText(*sent(0).body, "Filter"), "SELECT * FROM X");
  EXPECT_EQ(ChildText(*sent(1).body, "MaxTime"), "PT2.000S");
  EXPECT_EQ(sent(3).action, e + "/Unsubscribe");
  EXPECT_EQ(sent(3).subscription, "uuid:1");
}

TEST(ClientTest, DeleteAcceptsAnEmptyBody) {
  ScriptedServer server({Answer("")});
  EXPECT_TRUE(MakeClient(server).Delete(kUri, {}));
}

TEST(ClientTest, IdentifyWithoutAUserAsksToBeUnauthenticated) {
  ScriptedServer server({Raw(HttpReplyBytes(200, xml::WriteIdentity({"v", "us", "1", {}})))});
  ClientOptions options;
  options.url = server.Url();
  Client client(options);
  const auto identity = client.Identify();
  ASSERT_TRUE(identity) << identity.error().text;
  EXPECT_EQ(ChildText(*identity, "ProductVendor"), "us");
  EXPECT_EQ(server.requests().at(0)["WSMANIDENTIFY"], "unauthenticated");
  EXPECT_EQ(server.requests().at(0).count("Authorization"), 0U);
}

TEST(ClientTest, APortWhereNobodyListensCannotBeConnectedTo) {
  std::string url;
  {
    ScriptedServer gone({});
    url = gone.Url();
  }
  ClientOptions options;
  options.url = url;
  Client client(options);
  EXPECT_EQ(client.Identify().error().kind, Kind::kConnect);
}

TEST(ClientTest, APasswordIsNotSentOverHttpToAnotherMachine) {
  ClientOptions options;
  options.url = "http://192.0.2.1:5985/wsman";
  options.user = "alice";
  options.auth = AuthMode::kBasic;
  Client client(options);
  const auto reply = client.Identify();
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().text, HasSubstr("in the clear"));
}

}  // namespace
}  // namespace wsman::client
