// Whatever a stranger sends, no handler sees it.
#include <array>
#include <random>

#include "tests/wsman/http/server_fixture.h"

namespace wsman::http {
namespace {

constexpr std::array kMethods = {"POST",  "GET",   "HEAD",    "PUT",  "DELETE",   "OPTIONS",
                                 "TRACE", "PATCH", "CONNECT", "post", "PROPFIND", "M-POST"};
constexpr std::array kPaths = {"/wsman",
                               "/wsman/",
                               "/wsman?x=1",
                               "/WSMAN",
                               "/wsman/../wsman",
                               "//wsman",
                               "/wsman/anon",
                               "/wsman-anon",
                               "/wsman-anon/identify",
                               "/wsman%00",
                               "/",
                               "*",
                               "/wsman;v=1",
                               "/wsman/subscriptions/1",
                               "/%77sman",
                               "http://localhost:5985/wsman",
                               "https://other/wsman",
                               "/wsman/SubscriptionManager",
                               "/wsman//",
                               "/../wsman",
                               "/index.html",
                               "localhost:5985",
                               "/wsman?a=/wsman",
                               "/admin",
                               "http://h"};
constexpr std::array kTypes = {"application/soap+xml;charset=UTF-8",
                               "application/soap+xml",
                               "application/soap+xml;charset=UTF-16",
                               "text/xml",
                               "application/xml",
                               "multipart/encrypted",
                               "multipart/x-multi-encrypted;boundary=x",
                               "application/json",
                               "text/plain",
                               "application/x-www-form-urlencoded",
                               "multipart/form-data;boundary=x",
                               "",
                               "garbage",
                               "application/octet-stream"};
constexpr std::array kAuthorizations = {
    "",
    "Authorization: \r\n",
    "Authorization: Basic OnA=\r\n",
    "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n",
    "Authorization: Negotiate TlRMTVNTUAAD\r\n",
    "Authorization: Basic YWxpY2U6c2VjcmV0\r\nAuthorization: Basic YWxpY2U6c2VjcmV0\r\n"};

struct Sampler {
  template <typename Options>
  std::string Pick(const Options& options) {
    return options[engine() % options.size()];
  }
  std::mt19937 engine{20'240'607};
};

std::string Request(Sampler& sampler) {
  std::string request =
      sampler.Pick(kMethods) + " " + sampler.Pick(kPaths) + " HTTP/1.1\r\nHost: h\r\n";
  if (const std::string type = sampler.Pick(kTypes); !type.empty()) {
    request += "Content-Type: " + type + "\r\n";
  }
  request += sampler.Pick(kAuthorizations);
  const std::string body(sampler.engine() % 3 * 700, '<');
  return request + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

constexpr char kRefusal[] =
    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"WSMAN\"\r\n"
    "Content-Length: 0\r\n\r\n";

TEST_F(ServerTest, AStrangerIsAnsweredTheSameWhateverIsAsked) {
  // Keeps the test from measuring the throttle.
  auth_options_.per_source = {.burst = 100'000, .per_minute = 0, .keys = 10};
  Start();
  for (const std::string& endpoint : {http(), https()}) {
    Sampler sampler;
    RawClient client(endpoint);
    for (int i = 0; i < 750; ++i) {
      const std::string request = Request(sampler);
      const auto reply = client.Ask(request);
      ASSERT_TRUE(reply) << request;
      ASSERT_EQ(reply->HeadWithoutDate(), kRefusal) << request;
    }
  }
  EXPECT_EQ(handler_.requests(), 0);
  EXPECT_EQ(server_->Statistics().requests_handled, 0U);
  EXPECT_EQ(server_->Statistics().requests_rejected, 1'500U);
}

TEST_F(ServerTest, BytesThatAreNotHttpAreRefusedWhateverCredentialsTheyCarry) {
  Start();
  const std::string good = Post("<x/>");
  std::mt19937 engine(7);
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    std::string mutated = good;
    // Inside the request line and the Host line, where every one of these bytes
    // breaks the head.
    char& byte = mutated[engine() % 40];
    const char replacement = "\0\n\r\x7F\x01"[engine() % 5];
    if (std::exchange(byte, replacement) == replacement) continue;
    RawClient client(http());
    const auto reply = client.Ask(mutated);
    ASSERT_TRUE(reply) << mutated;
    ASSERT_EQ(reply->status, 400) << mutated;
    EXPECT_TRUE(client.IsClosed());
    ++refused;
  }
  EXPECT_GE(refused, 180);
  EXPECT_EQ(handler_.requests(), 0);
}

TEST_F(ServerTest, GuessingIsRefusedWithoutHashing) {
  auth_options_.per_source = {.burst = 5, .per_minute = 0, .keys = 10};
  Start();
  RawClient client(http());
  for (int i = 0; i < 50; ++i) ASSERT_EQ(client.Ask(Post("<x/>", kWrong))->status, 401);
  EXPECT_EQ(verifier_->checks(), 5U);
}

}  // namespace
}  // namespace wsman::http
