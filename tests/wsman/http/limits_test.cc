// The limits of the endpoint as clients meet them.
#include "tests/wsman/http/server_fixture.h"

namespace wsman::http {
namespace {

using std::chrono::milliseconds;

std::string Spaces(std::size_t count) { return std::string(count, ' '); }

TEST_F(ServerTest, ABodyAboveTheEnvelopeLimitIsTooLarge) {
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    for (const std::size_t bytes : {511'999U, 512'000U}) {
      RawClient client(endpoint);
      EXPECT_EQ(client.Ask(Post(Spaces(bytes)))->body.size(), bytes);
    }
    RawClient client(endpoint);
    const auto reply = client.Ask(Post(Spaces(512'001)));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 413);
    EXPECT_TRUE(reply->Has("Connection: close"));
    EXPECT_TRUE(client.IsClosed());
  }
}

TEST_F(ServerTest, AChunkedBodyIsMeasuredWhileItArrives) {
  options_.limits.body_bytes = 10;
  Start();
  const std::string head = std::string("POST /wsman HTTP/1.1\r\nHost: x\r\n") + kSoap + kAlice +
                           "Transfer-Encoding: chunked\r\n\r\n";
  RawClient client(http());
  EXPECT_EQ(client.Ask(head + "5\r\n     \r\n4\r\n    \r\n0\r\n\r\n")->status, 200);
  EXPECT_EQ(client.Ask(head + "5\r\n     \r\n5\r\n     \r\n0\r\n\r\n")->status, 200);
  EXPECT_EQ(client.Ask(head + "5\r\n     \r\n6\r\n")->status, 413);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerTest, ARefusedBodyIsThrownAwayUpToALimit) {
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    for (const std::size_t bytes : {65'535U, 65'536U}) {
      const auto reply = client.Ask(Post(Spaces(bytes), kWrong));
      ASSERT_TRUE(reply);
      EXPECT_FALSE(reply->Has("Connection: close")) << bytes;
    }
    const auto reply = client.Ask(Post(Spaces(65'537), kWrong));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 401);
    EXPECT_TRUE(reply->Has("Connection: close"));
    EXPECT_TRUE(client.IsClosed());
  }
}

TEST_F(ServerTest, AStrangersIdentifyIsSmall) {
  Start();
  RawClient client(http());
  const std::string identify = "WSMANIDENTIFY: x\r\n";
  for (const std::size_t bytes : {4'095U, 4'096U, 4'097U}) {
    EXPECT_EQ(client.Ask(Post(Spaces(bytes), identify))->status, 401) << bytes;
  }
  const std::string chunked = std::string("POST /wsman HTTP/1.1\r\nHost: x\r\n") + kSoap +
                              identify + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(client.Ask(chunked + "b\r\n<identify/>\r\n0\r\n\r\n")->status, 200);
  EXPECT_EQ(client.Ask(chunked + "1001\r\n")->status, 401);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(ServerTest, WhereAllAreKnownTheNextOneWaitsForOneToEnd) {
  options_.limits.connections = 3;
  Start();
  auto first = std::make_unique<RawClient>(http());
  RawClient second(http());
  RawClient third(https());
  for (RawClient* client : {first.get(), &second, &third}) {
    ASSERT_EQ(client->Ask(Post("<x/>"))->status, 200);
  }
  RawClient waiting(http());
  waiting.Send(Post("<x/>"));
  EXPECT_FALSE(waiting.HasBytes(milliseconds(300)));
  EXPECT_EQ(server_->Statistics().connections_open, 4U);
  first.reset();
  const auto reply = waiting.Receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
}

// More of a head than is looked at before there is a place for it.
std::string LongHalfHead() {
  std::string head = "POST /wsman HTTP/1.1\r\n";
  for (int i = 0; i < 5; ++i) head += "X: " + std::string(4'000, 'x') + "\r\n";
  return head;
}

TEST_F(ServerTest, AtTheLimitAStrangerMakesRoomForWhoeverComes) {
  options_.limits.unauthenticated_connections = 3;
  Start();
  RawClient silent(http());
  RawClient refused(http());
  ASSERT_EQ(refused.Ask(Post("<x/>", ""))->status, 401);
  RawClient slow(http());
  slow.Send(LongHalfHead());
  EXPECT_FALSE(slow.HasBytes(milliseconds(400))) << "there is room for all of them";

  RawClient known(https());
  EXPECT_EQ(known.Ask(Post("<x/>"))->status, 200);
  RawClient next(http());
  EXPECT_EQ(next.Ask(Post("<x/>", ""))->status, 401) << "the known one is no stranger";
  EXPECT_FALSE(slow.HasBytes(milliseconds(200)));
  RawClient last(http());
  EXPECT_EQ(last.Ask(Post("<x/>", ""))->status, 401);
  EXPECT_TRUE(slow.IsClosed());
  RawClient another(http());
  EXPECT_EQ(another.Ask(Post("<x/>", ""))->status, 401);
  EXPECT_TRUE(refused.IsClosed());
  EXPECT_EQ(known.Ask(Post("<x/>"))->status, 200);
  EXPECT_FALSE(silent.HasBytes(milliseconds(0))) << "who has said nothing has no place";
}

TEST_F(ServerTest, InAFullWaitingRoomTheOldestEndsAtOnce) {
  options_.limits.waiting_connections = 2;
  Start();
  RawClient first(http());
  ASSERT_TRUE(WaitForConnections(1));
  RawClient second(https_in_clear());
  ASSERT_TRUE(WaitForConnections(2));
  EXPECT_FALSE(first.HasBytes(milliseconds(200)));
  const auto began = std::chrono::steady_clock::now();
  RawClient third(http());
  EXPECT_TRUE(first.IsClosed());
  EXPECT_LE(std::chrono::steady_clock::now() - began, milliseconds(5'000));
  EXPECT_EQ(third.Ask(Post("<x/>"))->status, 200);
  EXPECT_FALSE(second.HasBytes(milliseconds(0)));
  EXPECT_EQ(server_->Statistics().connections_open, 2U);
}

TEST_F(ServerTest, HalfAFirstMessageTakesNoPlace) {
  options_.limits.unauthenticated_connections = 1;
  Start();
  const std::string request = Post("<x/>");
  RawClient half(http());
  half.Send(request.substr(0, 30));
  RawClient half_hello(https_in_clear());
  half_hello.Send(std::string_view("\x16\x03\x01\x00\xC8\x01\x00", 7));
  for (const std::string& endpoint : {http(), https(), http(), https()}) {
    RawClient client(endpoint);
    const auto reply = client.Ask(request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
  }
  half.Send(request.substr(30, 20));
  EXPECT_FALSE(half.HasBytes(milliseconds(50)));
  const auto reply = half.Ask(request.substr(50));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "<x/>");
  EXPECT_EQ(half.Ask(request)->status, 200);
  EXPECT_FALSE(half_hello.HasBytes(milliseconds(0)));
}

TEST_F(ServerTest, WithSixteenKilobytesOfAHeadItTakesAPlace) {
  options_.limits.unauthenticated_connections = 1;
  Start();
  const auto serve_another = [this] {
    RawClient client(http());
    const auto reply = client.Ask(Post("<x/>"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
  };
  const std::string head = LongHalfHead();
  RawClient half(http());
  half.Send(head.substr(0, 16 * 1024 - 1));
  for (int i = 0; i < 5; ++i) serve_another();
  EXPECT_FALSE(half.HasBytes(milliseconds(300)));
  serve_another();
  EXPECT_FALSE(half.HasBytes(milliseconds(0)));
  half.Send(head.substr(16 * 1024 - 1, 1));
  EXPECT_FALSE(half.HasBytes(milliseconds(300)));
  serve_another();
  EXPECT_TRUE(half.IsClosed());
}

TEST_F(ServerTest, WhoeverLeavesTheWaitingRoomGivesItsPlaceBack) {
  Start();
  for (const std::string& endpoint : {http(), https_in_clear()}) {
    auto silent = std::make_unique<RawClient>(endpoint);
    auto half = std::make_unique<RawClient>(endpoint);
    half->Send("\x16\x03");
    ASSERT_TRUE(WaitForConnections(endpoint == http() ? 1 : 2)) << "two bytes of TLS are no head";
    silent.reset();
    half.reset();
    ASSERT_TRUE(WaitForConnections(0));
  }
}

TEST_F(ServerTest, ThreeHundredConnectionsThatSayNothingKeepNobodyOut) {
  Start();
  RawClient known(http());
  ASSERT_EQ(known.Ask(Post("<x/>"))->status, 200);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 300; ++i) silent.push_back(std::make_unique<RawClient>(http()));
  const auto began = std::chrono::steady_clock::now();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    const auto reply = client.Ask(Post("<x/>"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
  }
  EXPECT_LE(std::chrono::steady_clock::now() - began, milliseconds(5'000)) << "below the deadline";
  EXPECT_EQ(known.Ask(Post("<x/>"))->status, 200);
}

TEST_F(ServerTest, ARequestUnderWayIsNotEndedForAnother) {
  options_.limits.unauthenticated_connections = 1;
  std::shared_ptr<Responder> waiting;
  handler_.on_request = [&](Request request, std::shared_ptr<Responder> responder) {
    if (request.body == "<wait/>") {
      waiting = std::move(responder);
    } else {
      responder->Send({.status = 200, .content_type = "x", .body = std::move(request.body)});
    }
  };
  Start();
  RawClient working(http());
  working.Send(Post("<wait/>"));
  ASSERT_TRUE(handler_.WaitForRequests(1));
  for (int i = 0; i < 5; ++i) {
    RawClient stranger(http());
    ASSERT_EQ(stranger.Ask(Post("<x/>", ""))->status, 401);
  }
  waiting->Send({.status = 200, .content_type = "x", .body = "<done/>"});
  const auto reply = working.Receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "<done/>");
}

}  // namespace
}  // namespace wsman::http
