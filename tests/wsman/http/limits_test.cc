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

TEST_F(ServerTest, AtTheLimitConnectionsWaitForOneToEnd) {
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
  EXPECT_EQ(server_->Statistics().connections_open, 3U);
  first.reset();
  const auto reply = waiting.Receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
}

TEST_F(ServerTest, StrangersCannotTakeEveryConnection) {
  options_.limits.unauthenticated_connections = 2;
  Start();
  RawClient first(http());
  RawClient second(http());
  ASSERT_EQ(first.Ask(Post("<x/>", ""))->status, 401);
  ASSERT_EQ(second.Ask(Post("<x/>", ""))->status, 401);
  RawClient waiting(http());
  waiting.Send(Post("<x/>"));
  EXPECT_FALSE(waiting.HasBytes(milliseconds(300)));
  ASSERT_EQ(first.Ask(Post("<x/>"))->status, 200);  // a stranger no more
  EXPECT_EQ(waiting.Receive()->status, 200);
}

}  // namespace
}  // namespace wsman::http
