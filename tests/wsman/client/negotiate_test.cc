// The client against this project's own server, with NTLM and every message
// sealed.
#include <gmock/gmock.h>

#include <stdlib.h>

#include "tests/wsman/http/server_fixture.h"
#include "wsman/client/client.h"
#include "wsman/fault.h"
#include "wsman/xml/soap_codec.h"

namespace wsman::client {
namespace {

using ::testing::HasSubstr;
using Kind = ClientError::Kind;

constexpr char kUri[] = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/Thing";

class NegotiateClientTest : public http::ServerTest {
 protected:
  NegotiateClientTest() {
    ::setenv("KRB5CCNAME", "FILE:/nonexistent/ccache", 1);
    ::setenv("KRB5_CONFIG", "/dev/null", 1);
    AddUser("alice", "secret");
    options_.allow_unencrypted = false;
    options_.http = {"127.0.0.1:0"};
    auth_options_.allow_unencrypted = false;
    negotiate_ = true;
    handler_.on_request = [](http::Request request,
                             const std::shared_ptr<http::Responder>& responder) {
      responder->Send(Echo(request.body));
    };
  }

  void AddUser(const std::string& name, const std::string& password) {
    EXPECT_TRUE(auth::SetPassword(users_file_, name, password, auth::NtHashChoice::kWrite));
  }

  // The body as it came, in a reply that belongs to the request.
  static http::Reply Echo(const std::string& text) {
    const auto request = xml::ParseEnvelope(text);
    if (!request) return {.status = 400, .content_type = {}, .body = {}};
    http::Reply reply{
        .status = 200, .content_type = "application/soap+xml;charset=UTF-8", .body = {}};
    const std::string id = request->message_id.value_or("");
    if (request->action.value_or("").ends_with("/Fail")) {
      reply.status = 500;
      reply.body =
          xml::WriteFault(id, Fault{FaultCode::kInvalidParameter, "no such thing", 7, {}, {}});
      return reply;
    }
    std::string value = "got";
    if (request->body && !request->body->children.empty()) {
      value = request->body->children[0].text;
    }
    ReplyHeader header;
    header.action = "urn:reply";
    header.relates_to = id;
    reply.body = xml::WriteEnvelope(
        header, "<p:Thing xmlns:p=\"urn:x\"><p:Value>" + value + "</p:Value></p:Thing>");
    return reply;
  }

  Client MakeClient(AuthMode auth = AuthMode::kAuto, const std::string& user = "alice",
                    const std::string& password = "secret") const {
    ClientOptions options;
    options.url = http();
    options.user = user;
    options.password = password;
    options.auth = auth;
    options.timeout = std::chrono::seconds(20);
    options.max_envelope_bytes = 2'000'000;
    return Client(options);
  }
};

TEST_F(NegotiateClientTest, ManyRequestsShareOneConnectionAndItsLogin) {
  Start();
  for (const AuthMode auth : {AuthMode::kAuto, AuthMode::kNegotiate, AuthMode::kNtlm}) {
    Client client = MakeClient(auth);
    for (int i = 0; i < 100; ++i) {
      const auto reply = client.Invoke(kUri, "Say", {}, {{"Text", std::to_string(i)}});
      ASSERT_TRUE(reply) << reply.error().text;
      EXPECT_EQ(ChildText(*reply, "Value"), std::to_string(i));
    }
    EXPECT_EQ(server_->Statistics().connections_open, 1U);
    client = MakeClient();
    ASSERT_TRUE(WaitForConnections(0));
  }
  EXPECT_EQ(handler_.last_caller(), "alice");
}

TEST_F(NegotiateClientTest, LargeBodiesAreSealedInOnePiece) {
  options_.limits.body_bytes = 1'000'000;
  Start();
  Client client = MakeClient();
  for (const std::size_t size : {0U, 1U, 16'384U, 500'000U}) {
    const std::string text(size, 'x');
    const auto reply = client.Invoke(kUri, "Say", {}, {{"Text", text}});
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(ChildText(*reply, "Value"), text);
  }
}

TEST_F(NegotiateClientTest, NamesAndPasswordsMayBeOfAnyScript) {
  AddUser("jörg", "pässwörd 鍵 🔑");
  Start();
  Client client = MakeClient(AuthMode::kNtlm, "jörg", "pässwörd 鍵 🔑");
  const auto reply = client.Invoke(kUri, "Say", {}, {{"Text", "grüße 鍵"}});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(ChildText(*reply, "Value"), "grüße 鍵");
  EXPECT_EQ(handler_.last_caller(), "jörg");
}

TEST_F(NegotiateClientTest, AUserMayBeWrittenInEveryWay) {
  AddUser("carol@corp.example", "secret");
  Start();
  for (const char* user : {"alice", "DOM\\alice", ".\\alice", "alice@dom.example"}) {
    EXPECT_TRUE(MakeClient(AuthMode::kAuto, user).Get(kUri, {})) << user;
    EXPECT_EQ(handler_.last_caller(), "alice");
  }
  EXPECT_TRUE(MakeClient(AuthMode::kAuto, "carol@corp.example").Get(kUri, {}));
  EXPECT_EQ(handler_.last_caller(), "carol@corp.example");
}

TEST_F(NegotiateClientTest, AFaultArrivesAndTheConnectionStays) {
  Start();
  Client client = MakeClient();
  const auto fault = client.Invoke(kUri, "Fail", {}, {});
  ASSERT_FALSE(fault);
  EXPECT_EQ(fault.error().kind, Kind::kFault);
  EXPECT_EQ(fault.error().text, "no such thing");
  EXPECT_EQ(fault.error().http_status, 500);
  EXPECT_TRUE(client.Get(kUri, {}));
  EXPECT_EQ(server_->Statistics().connections_open, 1U);
}

TEST_F(NegotiateClientTest, AWrongPasswordIsRefusedAndNeverSentInTheClear) {
  Start();
  for (const AuthMode auth : {AuthMode::kAuto, AuthMode::kNegotiate, AuthMode::kNtlm}) {
    const auto reply = MakeClient(auth, "alice", "wrong").Get(kUri, {});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::kUnauthorized);
    EXPECT_EQ(reply.error().login, ClientError::Login::kRefused);
    EXPECT_THAT(reply.error().text, HasSubstr("user name or password of 'alice'"));
  }
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(NegotiateClientTest, BasicIsNotOfferedOnPlainHttp) {
  Start();
  const auto reply = MakeClient(AuthMode::kBasic).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().login, ClientError::Login::kNotOffered);
}

TEST_F(NegotiateClientTest, AServerThatWasStartedAgainIsLoggedInToAgain) {
  Start();
  Client client = MakeClient();
  ASSERT_TRUE(client.Invoke(kUri, "Say", {}, {}));
  const std::string address = http().substr(http().find("//") + 2);
  options_.http = {address.substr(0, address.find('/'))};
  server_.reset();
  authenticator_.reset();
  Start();
  const auto reply = client.Invoke(kUri, "Say", {}, {});
  ASSERT_TRUE(reply) << reply.error().text;
}

TEST_F(NegotiateClientTest, ALoginThatTheServerForgotIsRenewedForWhatMayBeRepeated) {
  Start();
  Client client = MakeClient();
  ASSERT_TRUE(client.Get(kUri, {}));
  AddUser("alice", "changed");
  const auto reply = client.Get(kUri, {});
  ASSERT_FALSE(reply) << "the password of the options is wrong by then";
  EXPECT_EQ(reply.error().login, ClientError::Login::kRefused);
  AddUser("alice", "secret");
  EXPECT_TRUE(client.Get(kUri, {}));
}

TEST_F(NegotiateClientTest, OverHttpsTheLoginIsBoundToTheConnection) {
  auth_options_.channel_binding = auth::ntlm::BindingPolicy::kStrict;
  Start();
  ClientOptions options;
  options.url = https();
  options.user = "alice";
  options.password = "secret";
  options.ca_file = options_.tls_certificate;
  options.timeout = std::chrono::seconds(20);
  for (const AuthMode auth : {AuthMode::kNegotiate, AuthMode::kNtlm, AuthMode::kBasic}) {
    options.auth = auth;
    Client client(options);
    for (int i = 0; i < 3; ++i) {
      const auto reply = client.Invoke(kUri, "Say", {}, {{"Text", "tls"}});
      ASSERT_TRUE(reply) << reply.error().text;
      EXPECT_EQ(ChildText(*reply, "Value"), "tls");
    }
  }
}

TEST_F(NegotiateClientTest, OverHttpsAUserWithoutAnNtHashFallsBackToBasic) {
  EXPECT_TRUE(auth::SetPassword(users_file_, "bob", "secret"));
  Start();
  ClientOptions options;
  options.url = https();
  options.user = "bob";
  options.password = "secret";
  options.ca_file = options_.tls_certificate;
  EXPECT_TRUE(Client(options).Get(kUri, {}));
  EXPECT_EQ(handler_.last_caller(), "bob");
  options.auth = AuthMode::kNegotiate;
  EXPECT_EQ(Client(options).Get(kUri, {}).error().login, ClientError::Login::kRefused);
}

}  // namespace
}  // namespace wsman::client
