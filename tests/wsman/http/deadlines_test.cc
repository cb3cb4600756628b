// No peer holds a connection by being slow.
#include "tests/wsman/http/server_fixture.h"

namespace wsman::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class DeadlineTest : public ServerTest {
 protected:
  DeadlineTest() {
    const milliseconds long_time(60'000);
    options_.deadlines = {.tls_handshake = long_time,
                          .header = long_time,
                          .body = long_time,
                          .body_grace = long_time,
                          .body_bytes_per_second = 1'024,
                          .write = long_time,
                          .idle = long_time};
  }

  // Sends one byte after the other until the server ends it; the time it took.
  static milliseconds Trickle(RawClient& client, std::string_view bytes) {
    const auto began = steady_clock::now();
    for (const char c : bytes) {
      client.Send(std::string_view(&c, 1));
      if (client.HasBytes(milliseconds(20))) break;
    }
    EXPECT_TRUE(client.IsClosed());
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
  }
};

constexpr milliseconds kShort(300);
constexpr milliseconds kNotYet(290);
constexpr milliseconds kTooLate(3'000);

TEST_F(DeadlineTest, ASlowHeadEndsAtADeadlineThatNoByteExtends) {
  options_.deadlines.header = kShort;
  Start();
  RawClient client(http());
  const milliseconds took =
      Trickle(client, "POST /wsman HTTP/1.1\r\nA: " + std::string(1'000, 'x'));
  EXPECT_GE(took, kNotYet);
  EXPECT_LE(took, kTooLate);
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(DeadlineTest, AConnectionThatSaysNothingEnds) {
  options_.deadlines.header = kShort;
  Start();
  RawClient client(http());
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(DeadlineTest, AnIdleConnectionEnds) {
  options_.deadlines.idle = kShort;
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    RawClient client(endpoint);
    ASSERT_EQ(client.Ask(Post("<x/>"))->status, 200);
    const auto began = steady_clock::now();
    EXPECT_TRUE(client.IsClosed());
    EXPECT_LE(steady_clock::now() - began, kTooLate);
  }
}

TEST_F(DeadlineTest, ASlowBodyEndsAtItsDeadline) {
  options_.deadlines.body = kShort;
  Start();
  for (const char* headers : {kAlice, kWrong}) {
    RawClient client(http());
    const std::string whole = Post(std::string(1'000, ' '), headers);
    client.Send(whole.substr(0, whole.size() - 1'000));
    EXPECT_LE(Trickle(client, std::string(999, ' ')), kTooLate);
  }
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(DeadlineTest, ABodyBelowTheSmallestRateEndsEarlier) {
  options_.deadlines.body_grace = milliseconds(1'000);
  options_.deadlines.body_bytes_per_second = 500;
  Start();
  RawClient client(http());
  const std::string whole = Post(std::string(5'000, ' '));
  client.Send(whole.substr(0, whole.size() - 5'000));
  const milliseconds took = Trickle(client, std::string(4'999, ' '));
  EXPECT_GE(took, milliseconds(990));
  EXPECT_LE(took, kTooLate);
}

TEST_F(DeadlineTest, AHandshakeThatStallsEnds) {
  options_.deadlines.tls_handshake = kShort;
  Start();
  // Speaks no TLS: the record is announced and never comes.
  RawClient client(https_in_clear());
  client.Send(std::string_view("\x16\x03\x01\x02\x00", 5));
  const auto began = steady_clock::now();
  EXPECT_TRUE(client.IsClosed());
  EXPECT_LE(steady_clock::now() - began, kTooLate);
}

TEST_F(DeadlineTest, APeerThatDoesNotReadIsDropped) {
  options_.deadlines.write = kShort;
  // Larger than what the two sockets buffer.
  handler_.on_request = [](Request, std::shared_ptr<Responder> responder) {
    responder->Send({.status = 200, .content_type = "x", .body = std::string(32 << 20, 'x')});
  };
  Start();
  RawClient client(http());
  client.Send(Post("<x/>"));
  ASSERT_TRUE(handler_.WaitForRequests(1));
  EXPECT_TRUE(WaitForConnections(0));
}

TEST_F(DeadlineTest, OthersAreServedMeanwhile) {
  options_.deadlines.header = std::chrono::minutes(1);
  Start();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(std::make_unique<RawClient>(http()));
    slow.back()->Send("POST /wsman HT");
  }
  RawClient client(http());
  ASSERT_EQ(client.Ask(Post("<x/>"))->status, 200);
  EXPECT_TRUE(WaitForConnections(51));
}

}  // namespace
}  // namespace wsman::http
