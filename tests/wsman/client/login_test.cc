// The client's login against servers that do exactly what a test says.
#include "wsman/client/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>

#include <set>

#include "tests/wsman/client/ntlm_peer.h"
#include "tests/wsman/client/scripted_server.h"
#include "wsman/auth/base64.h"
#include "wsman/auth/sealed_message.h"
#include "wsman/auth/spnego.h"
#include "wsman/client/client.h"
#include "wsman/fault.h"
#include "wsman/xml/soap_codec.h"

namespace wsman::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = ClientError::Kind;
using Then = Step::Then;

constexpr char kUri[] = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/Thing";

Step Raw(const std::string& bytes, Then then = Then::kKeep) {
  return {[bytes](const ReceivedRequest&) { return bytes; }, then};
}

std::vector<Step> Join(std::initializer_list<std::vector<Step>> parts) {
  std::vector<Step> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

class LoginTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("KRB5CCNAME", "FILE:/nonexistent/ccache", 1);
    ::setenv("KRB5_CONFIG", "/dev/null", 1);
  }

  static ClientOptions Options(const ScriptedServer& server, AuthMode auth) {
    ClientOptions options;
    options.url = server.Url();
    options.user = "alice";
    options.password = "secret";
    options.auth = auth;
    options.timeout = std::chrono::milliseconds(5000);
    return options;
  }
  static Client MakeClient(const ScriptedServer& server, AuthMode auth = AuthMode::kNtlm) {
    return Client(Options(server, auth));
  }

  // "Negotiate" or "Basic", one for each request; "-" without.
  static std::vector<std::string> SchemesIn(const ScriptedServer& server) {
    std::vector<std::string> schemes;
    for (const ReceivedRequest& request : server.requests()) {
      const std::string value(request["Authorization"]);
      schemes.push_back(value.empty() ? "-" : value.substr(0, value.find(' ')));
    }
    return schemes;
  }

  NtlmPeer peer_;
};

TEST_F(LoginTest, ALoginWithoutBodiesIsFollowedBySealedRequestsWithoutAHeader) {
  ScriptedServer server(Join({peer_.LogIn(), {peer_.Answer(), peer_.Answer()}}));
  Client client = MakeClient(server);
  ASSERT_TRUE(client.Get(kUri, {}));
  const auto again = client.Invoke(kUri, "Go", {}, {});
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(ChildText(*again, "Name"), "one");
  EXPECT_THAT(SchemesIn(server), ElementsAre("Negotiate", "Negotiate", "-", "-"));
  EXPECT_EQ(server.connections(), 1);
  for (const std::size_t i : {0U, 1U}) EXPECT_EQ(server.requests().at(i)["Content-Length"], "0");
  for (const std::size_t i : {2U, 3U}) {
    const ReceivedRequest sent = server.requests().at(i);
    EXPECT_EQ(sent["Content-Type"],
              "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";"
              "boundary=\"Encrypted Boundary\"");
    EXPECT_THAT(sent.body(), Not(HasSubstr("Envelope")));
  }
}

TEST_F(LoginTest, AServerThatAnswersNegotiateWithPlainNtlmIsFollowed) {
  ScriptedServer server(Join({peer_.LogIn(), {peer_.Answer()}}));
  Client client = MakeClient(server, AuthMode::kAuto);
  EXPECT_TRUE(client.Get(kUri, {}));
}

TEST_F(LoginTest, AFaultIsReadOutOfItsSeal) {
  ScriptedServer server(Join({peer_.LogIn(), {peer_.Fault(), peer_.Answer()}}));
  Client client = MakeClient(server);
  const auto reply = client.Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kFault);
  EXPECT_EQ(reply.error().http_status, 500);
  EXPECT_EQ(reply.error().text, "say it better");
  EXPECT_TRUE(client.Get(kUri, {}));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(LoginTest, AnAnswerInClearTextIsRefused) {
  for (const int status : {200, 500}) {
    NtlmPeer peer;
    ReplyHeader header;
    header.action = "urn:reply";
    ScriptedServer server(
        Join({peer.LogIn(), {Raw(HttpReplyBytes(status, xml::WriteEnvelope(header, kThing)))}}));
    const auto reply = MakeClient(server).Get(kUri, {});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::kUntrusted);
    EXPECT_THAT(reply.error().text, HasSubstr("clear text"));
  }
}

TEST_F(LoginTest, AStatusInClearTextSaysWhatItMeansAndItsBodyNothing) {
  ScriptedServer server(
      Join({peer_.LogIn(), {Raw(HttpReplyBytes(503, "<lies/>")), Raw(HttpReplyBytes(413, ""))}}));
  Client client = MakeClient(server);
  for (const int status : {503, 413}) {
    const auto reply = client.Get(kUri, {});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::kHttp);
    EXPECT_EQ(reply.error().http_status, status);
  }
}

TEST_F(LoginTest, ASealedReplyThatWasTamperedWithIsRefused) {
  const std::vector<std::function<void(std::string&)>> changes = {
      [](std::string& body) { body[body.size() - 30] ^= 1; },
      [](std::string& body) { body.resize(body.size() / 2); },
      [](std::string& body) { body.replace(body.find("SPNEGO"), 6, "Basics"); },
      [](std::string& body) {
        const std::size_t length = body.find("Length=");
        body.replace(length + 7, 1, "9");
      },
  };
  for (const auto& change : changes) {
    NtlmPeer peer;
    ScriptedServer server(
        Join({peer.LogIn(), {peer.Altered(change)}, peer.LogIn(), {peer.Answer()}}));
    Client client = MakeClient(server);
    const auto reply = client.Get(kUri, {});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::kUntrusted) << reply.error().text;
    EXPECT_TRUE(client.Get(kUri, {})) << "the next request begins on another connection";
  }
}

TEST_F(LoginTest, AWrongPasswordIsToldFromAWrongScheme) {
  ScriptedServer server(Join({peer_.LogIn()}));
  ClientOptions options = Options(server, AuthMode::kNtlm);
  options.password = "wrong";
  const auto reply = Client(options).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kUnauthorized);
  EXPECT_EQ(reply.error().login, ClientError::Login::kRefused);
  EXPECT_EQ(reply.error().text, "the host refused the user name or password of 'alice'");
}

TEST_F(LoginTest, ASchemeThatIsNotAllowedIsNotTriedWhateverIsOffered) {
  for (const AuthMode auth : {AuthMode::kNegotiate, AuthMode::kNtlm}) {
    ScriptedServer server({Raw(Unauthorized("Basic Digest"))});
    const auto reply = MakeClient(server, auth).Get(kUri, {});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().login, ClientError::Login::kNotOffered);
    EXPECT_THAT(reply.error().text, HasSubstr("offers Basic, Digest to log in with"));
    EXPECT_THAT(SchemesIn(server), ElementsAre("Negotiate"));
  }
}

TEST_F(LoginTest, AutomaticallyBasicFollowsWhereNegotiateIsNotOffered) {
  const Step answer{[](const ReceivedRequest& request) {
                      ReplyHeader reply;
                      reply.relates_to =
                          xml::ParseEnvelope(request.body())->message_id.value_or("");
                      return HttpReplyBytes(200, xml::WriteEnvelope(reply, kThing));
                    },
                    Then::kClose};
  ScriptedServer server({Raw(Unauthorized("Basic")), answer, answer});
  Client client = MakeClient(server, AuthMode::kAuto);
  EXPECT_TRUE(client.Get(kUri, {}));
  ASSERT_TRUE(server.WaitForClosed(1));
  EXPECT_TRUE(client.Get(kUri, {}));
  EXPECT_THAT(SchemesIn(server), ElementsAre("Negotiate", "Basic", "Basic"))
      << "what worked once is begun with";
}

TEST_F(LoginTest, AutomaticallyBasicFollowsWhereTheHostRefusesNtlm) {
  ScriptedServer server(
      {peer_.Challenge(), peer_.Judge("Negotiate Basic"), Raw(Unauthorized("Negotiate Basic"))});
  ClientOptions options = Options(server, AuthMode::kAuto);
  options.password = "wrong";
  const auto reply = Client(options).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().login, ClientError::Login::kRefused);
  EXPECT_THAT(SchemesIn(server), ElementsAre("Negotiate", "Negotiate", "Basic"));
}

TEST_F(LoginTest, TheSchemesThatMayShowAPasswordAreThoseTheUserAllowed) {
  const Url far{.tls = false, .host = "192.0.2.1", .port = "5985", .target = "/wsman"};
  Url tls = far;
  tls.tls = true;
  const Url here{.tls = false, .host = "localhost", .port = "5985", .target = "/wsman"};
  ClientOptions options;
  options.user = "alice";
  const auto shows = [&options](const Url& url) {
    const auto schemes = AllowedSchemes(options, url);
    return std::set(schemes.begin(), schemes.end()).contains(Scheme::kBasic);
  };
  EXPECT_FALSE(shows(far));
  EXPECT_TRUE(shows(tls));
  EXPECT_TRUE(shows(here));
  options.allow_unencrypted = true;
  EXPECT_TRUE(shows(far));
  options.auth = AuthMode::kNegotiate;
  EXPECT_FALSE(shows(tls));
  options.auth = AuthMode::kKerberos;
  EXPECT_THAT(AllowedSchemes(options, tls), ElementsAre(Scheme::kNegotiate, Scheme::kKerberos));
}

TEST_F(LoginTest, AServerThatAcceptsWithoutTheLastTokenIsNotTrusted) {
  const auto challenge = [this](const ReceivedRequest& request) {
    const std::string raw = peer_.Challenge().reply(request);
    const std::size_t start = raw.find("Negotiate ") + 10;
    const auto token = auth::DecodeBase64(raw.substr(start, raw.find('\r', start) - start));
    return HttpReplyBytes(401, "",
                          TokenHeader(auth::spnego::Write(auth::spnego::Response{
                              .state = auth::spnego::State::kAcceptIncomplete,
                              .mechanism = std::string(auth::spnego::kNtlmOid),
                              .token = token,
                              .mic = std::nullopt})));
  };
  const std::string unsigned_end = auth::spnego::Write(auth::spnego::Response{
      .state = auth::spnego::State::kAcceptCompleted, .mechanism = {}, .token = {}, .mic = {}});
  for (const std::string& headers : {std::string(), TokenHeader(unsigned_end)}) {
    ScriptedServer server({{challenge, Then::kKeep}, Raw(HttpReplyBytes(200, "", headers))});
    const auto reply = MakeClient(server, AuthMode::kNegotiate).Get(kUri, {});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::kUntrusted) << reply.error().text;
    EXPECT_EQ(server.requests().size(), 2U) << "no request follows";
  }
}

TEST_F(LoginTest, AServerThatAcceptsAtOnceIsNotTrusted) {
  ScriptedServer server({Raw(HttpReplyBytes(200, ""))});
  const auto reply = MakeClient(server).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kUntrusted);
}

TEST_F(LoginTest, AServerThatNeverEndsTheLoginIsLeft) {
  ScriptedServer server({peer_.Challenge(), Raw(HttpReplyBytes(401, "", TokenHeader("again")))});
  const auto reply = MakeClient(server).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kUntrusted);
}

TEST_F(LoginTest, AServerThatClosesBetweenTheTokensIsAnError) {
  ScriptedServer server({peer_.Challenge("Connection: close\r\n")});
  const auto reply = MakeClient(server).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kConnect);
  EXPECT_THAT(reply.error().text, HasSubstr("during the login"));
}

TEST_F(LoginTest, OtherAnswersToTheLoginKeepTheirMeaning) {
  ScriptedServer server({Raw(HttpReplyBytes(404, ""))});
  const auto reply = MakeClient(server).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kHttp);
  EXPECT_EQ(reply.error().http_status, 404);
}

TEST_F(LoginTest, AClosedConnectionMeansAnotherLogin) {
  ScriptedServer server(
      Join({peer_.LogIn(), {peer_.Answer(kThing, Then::kClose)}, peer_.LogIn(), {peer_.Answer()}}));
  Client client = MakeClient(server);
  ASSERT_TRUE(client.Get(kUri, {}));
  ASSERT_TRUE(server.WaitForClosed(1));
  const auto reply = client.Invoke(kUri, "Go", {}, {});
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(server.connections(), 2);
}

// What was sealed for one connection must not appear on another.
void ExpectDifferentBodies(const ScriptedServer& server) {
  std::set<std::string> bodies;
  std::size_t sent = 0;
  for (const ReceivedRequest& request : server.requests()) {
    if (request.body().empty()) continue;
    bodies.insert(request.body());
    ++sent;
  }
  EXPECT_EQ(bodies.size(), sent);
}

TEST_F(LoginTest, AGetIsSealedAnewWhenTheConnectionOrTheLoginWasLost) {
  for (const Step& loss : {Step{nullptr, Then::kClose}, Raw(Unauthorized("Negotiate"))}) {
    NtlmPeer peer;
    ScriptedServer server(
        Join({peer.LogIn(), {peer.Answer(), loss}, peer.LogIn(), {peer.Answer()}}));
    Client client = MakeClient(server);
    ASSERT_TRUE(client.Get(kUri, {}));
    const auto reply = client.Get(kUri, {});
    ASSERT_TRUE(reply) << reply.error().text;
    EXPECT_EQ(server.connections(), 2);
    ExpectDifferentBodies(server);
  }
}

TEST_F(LoginTest, AnInvokeIsNotRepeatedWhateverSomebodyOnTheWaySays) {
  for (const Step& loss : {Step{nullptr, Then::kClose}, Raw(Unauthorized("Negotiate"))}) {
    NtlmPeer peer;
    ScriptedServer server(
        Join({peer.LogIn(), {peer.Answer(), loss}, peer.LogIn(), {peer.Answer()}}));
    Client client = MakeClient(server);
    ASSERT_TRUE(client.Get(kUri, {}));
    const auto reply = client.Invoke(kUri, "Go", {}, {});
    ASSERT_FALSE(reply);
    EXPECT_THAT(reply.error().text, HasSubstr("not known"));
    EXPECT_EQ(server.requests().size(), 4U);
    EXPECT_TRUE(client.Get(kUri, {})) << "the next request logs in again";
  }
}

TEST_F(LoginTest, ARequestThatIsRefusedAfterAFreshLoginIsNotRepeated) {
  ScriptedServer server(Join({peer_.LogIn(), {Raw(Unauthorized("Negotiate"))}}));
  const auto reply = MakeClient(server).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kUnauthorized);
  EXPECT_THAT(reply.error().text, HasSubstr("accepted the login"));
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(LoginTest, ASealedReplyMayBeAsLargeAsTheLimitAndNotLarger) {
  ReplyHeader header;
  header.action = "urn:reply";
  header.relates_to = "uuid:00000000-0000-0000-0000-000000000000";  // as long as any
  const std::size_t size = xml::WriteEnvelope(header, kThing).size();
  for (const int over : {-1, 0, 1}) {
    NtlmPeer peer;
    ScriptedServer server(Join({peer.LogIn(), {peer.Answer()}}));
    ClientOptions options = Options(server, AuthMode::kNtlm);
    options.max_reply_bytes = size - static_cast<std::size_t>(over);
    const auto reply = Client(options).Get(kUri, {});
    EXPECT_EQ(reply.has_value(), over <= 0) << over;
    if (!reply) {
      EXPECT_THAT(reply.error().text, HasSubstr("larger"));
    }
  }
}

TEST_F(LoginTest, WithoutATicketKerberosIsAnErrorBeforeAnythingIsSent) {
  ScriptedServer server({});
  const auto reply = MakeClient(server, AuthMode::kKerberos).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, Kind::kUnauthorized);
  EXPECT_EQ(reply.error().login, ClientError::Login::kNoTicket);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(LoginTest, WithoutAUserAndATicketThereIsNothingToLogInWith) {
  ScriptedServer server({});
  for (const AuthMode auth : {AuthMode::kAuto, AuthMode::kNegotiate, AuthMode::kNtlm}) {
    ClientOptions options = Options(server, auth);
    options.user.clear();
    const auto reply = Client(options).Get(kUri, {});
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().login, ClientError::Login::kNoCredentials) << reply.error().text;
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(LoginTest, APasswordThatNtlmCannotCarryIsNotSent) {
  ScriptedServer server({});
  ClientOptions options = Options(server, AuthMode::kNegotiate);
  options.password = "\xFF";
  const auto reply = Client(options).Get(kUri, {});
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().text, HasSubstr("UTF-8"));
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace wsman::client
