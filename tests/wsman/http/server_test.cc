// What a client sees on a connection: replies, keep-alive, order.
#include "wsman/http/server.h"

#include <thread>

#include "tests/wsman/http/server_fixture.h"
#include "wsman/http/date_text.h"

namespace wsman::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST_F(ServerTest, AVerifiedRequestIsAnsweredOverHttpAndHttps) {
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    const auto reply = client.Ask(Post("<x/>"));
    ASSERT_TRUE(reply) << endpoint;
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "<x/>");
    EXPECT_TRUE(reply->Has("Content-Length: 4"));
    EXPECT_TRUE(reply->Has("Content-Type: application/soap+xml;charset=UTF-8"));
    EXPECT_EQ(reply->head.find("Server:"), std::string::npos);
  }
  EXPECT_EQ(handler_.last_caller(), "alice");
  EXPECT_EQ(server_->Statistics().requests_handled, 2U);
  EXPECT_EQ(server_->Statistics().connections_accepted, 2U);
}

TEST_F(ServerTest, ARefusalIsEmptyNamesTheSchemesAndKeepsTheConnection) {
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    for (const char* headers : {"", kWrong}) {
      const auto reply = client.Ask(Post("<x/>", headers));
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->HeadWithoutDate(),
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"WSMAN\"\r\n"
                "Content-Length: 0\r\n\r\n");
    }
    const auto reply = client.Ask(Post("<x/>"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
  }
  EXPECT_EQ(server_->Statistics().requests_rejected, 4U);
}

TEST_F(ServerTest, EveryReplySaysWhenItWasMade) {
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    for (const std::string& request :
         {Post("<x/>"), Post("<x/>", ""), std::string("\r\rX\r\n\r\n")}) {
      DateText clock;
      const std::time_t before = std::time(nullptr);
      const auto reply = client.Ask(request);
      ASSERT_TRUE(reply);
      bool said = false;
      for (std::time_t now = before; now <= std::time(nullptr); ++now) {
        said = said || reply->Has("Date: " + clock.At(now));
      }
      EXPECT_TRUE(said) << reply->head;
    }
  }
}

TEST_F(ServerTest, AClearTextListenerWithoutPermissionOffersNoScheme) {
  options_.allow_unencrypted = false;
  auth_options_.allow_unencrypted = false;
  Start();
  RawClient client(http());
  EXPECT_EQ(client.Ask(Post("<x/>"))->HeadWithoutDate(),
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
  RawClient encrypted(https());
  EXPECT_EQ(encrypted.Ask(Post("<x/>"))->status, 200);
  EXPECT_EQ(handler_.requests(), 1);
}

TEST_F(ServerTest, TwoAuthorizationHeadersAreARefusal) {
  Start();
  RawClient client(http());
  EXPECT_EQ(client.Ask(Post("<x/>", std::string(kAlice) + kAlice))->status, 401);
  EXPECT_EQ(client.Ask(Post("<x/>", std::string(kWrong) + kAlice))->status, 401);
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(ServerTest, ASuccessIsRememberedWithoutHashing) {
  Start();
  RawClient client(http());
  for (int i = 0; i < 10; ++i) ASSERT_EQ(client.Ask(Post("<x/>"))->status, 200);
  RawClient other(https());
  EXPECT_EQ(other.Ask(Post("<x/>"))->status, 200);
  EXPECT_EQ(verifier_->checks(), 1U);
}

TEST_F(ServerTest, EachRequestOfAConnectionShowsItsOwnCredentials) {
  Start();
  RawClient client(http());
  EXPECT_EQ(client.Ask(Post("<x/>"))->status, 200);
  EXPECT_EQ(client.Ask(Post("<x/>", ""))->status, 401);
  EXPECT_EQ(client.Ask(Post("<x/>", kWrong))->status, 401);
  EXPECT_EQ(client.Ask(Post("<x/>"))->status, 200);
  EXPECT_EQ(handler_.requests(), 2);
}

TEST_F(ServerTest, AChangedPasswordCountsAtOnceOnAnOpenConnection) {
  Start();
  RawClient client(http());
  ASSERT_EQ(client.Ask(Post("<x/>"))->status, 200);
  ASSERT_TRUE(auth::SetPassword(users_file_, "alice", "other"));
  EXPECT_EQ(client.Ask(Post("<x/>"))->status, 401);
  ASSERT_TRUE(auth::SetPassword(users_file_, "alice", "secret"));
  EXPECT_EQ(client.Ask(Post("<x/>"))->status, 200);
}

TEST_F(ServerTest, VerifiedCallersLearnWhatIsWrong) {
  Start();
  RawClient client(http());
  const std::string head = std::string(" HTTP/1.1\r\nHost: x\r\n") + kAlice;
  const auto get = client.Ask("GET /wsman" + head + "\r\n");
  EXPECT_EQ(get->status, 405);
  EXPECT_TRUE(get->Has("Allow: POST"));
  EXPECT_EQ(client.Ask(Post("<x/>", kAlice, "/other"))->status, 404);
  EXPECT_EQ(
      client.Ask("POST /wsman" + head + "Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx")
          ->status,
      415);
  EXPECT_EQ(client.Ask(Post("<x/>", std::string(kAlice) + "Content-Encoding: gzip\r\n"))->status,
            415);
  EXPECT_EQ(client.Ask("POST /wsman" + head + kSoap + "\r\n")->status, 411);
  EXPECT_EQ(client.Ask(Post(""))->status, 400);
  EXPECT_EQ(client.Ask(Post("<x/>", std::string(kAlice) + "Origin: http://evil\r\n"))->status, 403);
  EXPECT_EQ(client.Ask(Post("<x/>", std::string(kAlice) + "Sec-Fetch-Mode: cors\r\n"))->status,
            403);
  EXPECT_EQ(handler_.requests(), 0);
  EXPECT_EQ(client.Ask(Post("<x/>", kAlice, "/wsman/?x=1"))->status, 200);
  EXPECT_EQ(client.Ask(Post("<x/>", kAlice, "http://other:5985/wsman"))->status, 200);
}

TEST_F(ServerTest, AnotherExpectationIsRefusedAndEndsTheConnection) {
  Start();
  RawClient client(http());
  EXPECT_EQ(client.Ask(Post("<x/>", std::string(kAlice) + "Expect: miracles\r\n"))->status, 417);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerTest, ContinueIsSaidToVerifiedCallersOnly) {
  Start();
  const std::string expect = "Expect: 100-continue\r\n";
  const std::string whole = Post("<x/>", kAlice + expect);
  const std::string head = whole.substr(0, whole.size() - 4);
  RawClient client(http());
  EXPECT_EQ(client.Ask(head)->status, 100);
  EXPECT_EQ(client.Ask("<x/>")->status, 200);
  EXPECT_EQ(client.Ask(whole)->status, 200);  // it did not wait: nothing to continue

  RawClient stranger(http());
  const std::string refused = Post("<x/>", kWrong + expect);
  const auto reply = stranger.Ask(refused.substr(0, refused.size() - 4));
  EXPECT_EQ(reply->status, 401);
  EXPECT_TRUE(reply->Has("Connection: close"));
  EXPECT_TRUE(stranger.IsClosed());
}

TEST_F(ServerTest, ChunkedBodiesArriveWhole) {
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    const std::string head = std::string("POST /wsman HTTP/1.1\r\nHost: x\r\n") + kSoap + kAlice +
                             "Transfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(client.Ask(head + "2\r\n<x\r\n2;e=v\r\n/>\r\n0\r\nA: b\r\n\r\n")->body, "<x/>");
    EXPECT_EQ(client.Ask(head + "0\r\n\r\n")->status, 400);  // nothing in it
    EXPECT_EQ(client.Ask(head + "2\r\n<x/>\r\n0\r\n\r\n")->status, 400);
    EXPECT_TRUE(client.IsClosed());
  }
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  RawClient client(http());
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += Post("<x>" + std::to_string(i) + "</x>");
  client.Send(requests);
  for (int i = 0; i < 50; ++i) {
    const auto reply = client.Receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "<x>" + std::to_string(i) + "</x>");
  }
}

TEST_F(ServerTest, NothingIsReadBehindAnError) {
  Start();
  RawClient client(http());
  client.Send("BAD\r\n\r\n" + Post("<x/>"));
  EXPECT_EQ(client.Receive()->status, 400);
  EXPECT_TRUE(client.IsClosed());
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(ServerTest, XmlWithoutHttpIsRefusedAtItsFirstByte) {
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    EXPECT_EQ(client.Ask("<s:Envelope")->status, 400);
    EXPECT_TRUE(client.IsClosed());
  }
  RawClient confused(http());
  EXPECT_EQ(confused.Ask("\x16\x03\x01\x02")->status, 400);  // TLS on the wrong port
}

TEST_F(ServerTest, ConnectionsEndWhenTheClientWantsItSo) {
  Start();
  RawClient client(http());
  const auto reply = client.Ask(Post("<x/>", std::string(kAlice) + "Connection: close\r\n"));
  EXPECT_TRUE(reply->Has("Connection: close"));
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerTest, Http10ConnectionsStayOnRequestOnly) {
  Start();
  const std::string head =
      std::string("POST /wsman HTTP/1.0\r\n") + kSoap + kAlice + "Content-Length: 4\r\n";
  RawClient client(http());
  const auto kept = client.Ask(head + "Connection: Keep-Alive\r\n\r\n<x/>");
  EXPECT_EQ(kept->status, 200);
  EXPECT_TRUE(kept->Has("Connection: keep-alive"));
  EXPECT_TRUE(client.Ask(head + "\r\n<x/>")->Has("Connection: close"));
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerTest, StrangersMayAskWhoIsThere) {
  Start();
  RawClient client(http());
  const auto reply = client.Ask(Post("<identify/>", "WSMANIDENTIFY: unauthenticated\r\n"));
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "<identified/>");
  EXPECT_EQ(client.Ask(Post("<identify/>", "", "/wsman-anon/identify"))->status, 200);
  EXPECT_EQ(client.Ask(Post("<identify/>", "", "/wsman-anon"))->status, 200);
  EXPECT_EQ(handler_.identifies(), 3);
  EXPECT_EQ(client.Ask(Post("<other/>", "WSMANIDENTIFY: x\r\n"))->status, 401);
  EXPECT_EQ(client.Ask(Post("<identify/>", std::string("WSMANIDENTIFY: x\r\n") + kWrong))->status,
            401);
  EXPECT_EQ(handler_.identifies(), 3);
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(ServerTest, RepliesMayComeFromAnotherThreadLater) {
  std::vector<std::jthread> threads;
  std::mutex mutex;
  handler_.on_request = [&](Request request, std::shared_ptr<Responder> responder) {
    const std::lock_guard lock(mutex);
    threads.emplace_back([body = std::move(request.body), responder] {
      responder->Send({.status = 500, .content_type = "text/xml", .body = body});
      responder->Send({.status = 200, .content_type = "text/xml", .body = "second"});
    });
  };
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    for (int i = 0; i < 20; ++i) {
      const auto reply = client.Ask(Post("<x/>"));
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->status, 500);
      EXPECT_EQ(reply->body, "<x/>");
    }
  }
  server_->Stop(milliseconds(1000));
}

TEST_F(ServerTest, TheDeadlineAnswersWhatNobodyElseDid) {
  std::shared_ptr<Responder> kept;
  handler_.on_request = [&kept](Request, std::shared_ptr<Responder> responder) {
    kept = responder;
    responder->SetDeadline(steady_clock::now() + milliseconds(150), [responder] {
      return Reply{.status = 500, .content_type = "text/xml", .body = "<late/>"};
    });
  };
  options_.threads = 1;
  Start();
  RawClient client(http());
  const auto began = steady_clock::now();
  const auto reply = client.Ask(Post("<x/>"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "<late/>");
  EXPECT_GE(steady_clock::now() - began, milliseconds(150));
  EXPECT_LE(steady_clock::now() - began, milliseconds(3'000));
  kept->Send({.status = 200, .content_type = "text/xml", .body = "<tooLate/>"});
  EXPECT_EQ(client.Ask(Post("<x/>"))->body, "<late/>");
}

TEST_F(ServerTest, AResponderOutlivesItsConnectionAndItsServer) {
  std::vector<std::shared_ptr<Responder>> kept;
  handler_.on_request = [&kept](Request, std::shared_ptr<Responder> responder) {
    kept.push_back(std::move(responder));
  };
  options_.threads = 1;
  Start();
  {
    RawClient client(http());
    client.Send(Post("<x/>"));
    ASSERT_TRUE(handler_.WaitForRequests(1));
  }
  RawClient client(http());
  client.Send(Post("<x/>"));
  ASSERT_TRUE(handler_.WaitForRequests(2));
  kept[0]->Send({.status = 200, .content_type = "", .body = ""});
  server_.reset();
  EXPECT_TRUE(client.IsClosed());
  kept[1]->Send({.status = 200, .content_type = "", .body = ""});
}

TEST_F(ServerTest, StopLetsRunningRequestsFinish) {
  std::shared_ptr<Responder> kept;
  handler_.on_request = [&kept](Request, std::shared_ptr<Responder> responder) {
    kept = responder;
  };
  Start();
  RawClient idle(http());
  ASSERT_EQ(idle.Ask(Post("<x/>", ""))->status, 401);
  RawClient busy(https());
  busy.Send(Post("<x/>"));
  ASSERT_TRUE(handler_.WaitForRequests(1));
  std::jthread stop([this] { server_->Stop(std::chrono::seconds(10)); });
  EXPECT_TRUE(idle.IsClosed());
  kept->Send({.status = 200, .content_type = "text/xml", .body = "<done/>"});
  const auto reply = busy.Receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "<done/>");
  EXPECT_TRUE(reply->Has("Connection: close"));
  EXPECT_TRUE(busy.IsClosed());
  stop.join();
  EXPECT_EQ(server_->Statistics().connections_open, 0U);
}

TEST_F(ServerTest, StopEndsWhatTakesLongerThanItsGrace) {
  handler_.on_request = [](Request, std::shared_ptr<Responder>) {};
  Start();
  RawClient busy(http());
  busy.Send(Post("<x/>"));
  ASSERT_TRUE(handler_.WaitForRequests(1));
  const auto began = steady_clock::now();
  server_->Stop(milliseconds(100));
  EXPECT_LE(steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_TRUE(busy.IsClosed());
  server_->Stop(milliseconds(100));
}

TEST_F(ServerTest, TwoHundredConnectionsAreServedSideBySide) {
  options_.limits.unauthenticated_connections = 200;
  Start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<RawClient>(http()));
  for (int round = 0; round < 3; ++round) {
    for (const auto& client : clients) client->Send(Post("<x/>"));
    for (const auto& client : clients) {
      const auto reply = client->Receive();
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->status, 200);
    }
  }
  EXPECT_EQ(verifier_->checks(), 1U);
  EXPECT_EQ(server_->Statistics().connections_open, 200U);
}

TEST_F(ServerTest, StartSaysWhichAddressOrFileIsAtFault) {
  const auto error = [this] {
    auto verifier = auth::PasswordVerifier::Start(users_file_);
    auth::Authenticator authenticator({}, {.verifier = *std::move(verifier)});
    const auto server = Server::Start(options_, authenticator, handler_);
    return server ? std::string() : server.error();
  };
  Start();
  const ServerOptions good = options_;
  options_.http = {http().substr(7, http().rfind('/') - 7)};
  EXPECT_EQ(error(), "cannot listen on " + options_.http[0] + ": Address already in use");
  options_.http = {"localhost"};
  EXPECT_NE(error().find("\"localhost\" is not a listening address"), std::string::npos);
  options_ = good;
  options_.tls_certificate = folder_ / "missing.crt";
  EXPECT_NE(error().find("missing.crt does not exist"), std::string::npos);
  options_ = good;
  options_.tls_certificate = users_file_;
  EXPECT_NE(error().find("cannot use TLS certificate " + users_file_.string()), std::string::npos);
  options_ = good;
  options_.tls_key = users_file_;
  EXPECT_NE(error().find("cannot use TLS key " + users_file_.string()), std::string::npos);
  options_ = good;
  options_.tls_key.clear();
  EXPECT_EQ(error(), "HTTPS needs a TLS key: set its file");
}

}  // namespace
}  // namespace wsman::http
