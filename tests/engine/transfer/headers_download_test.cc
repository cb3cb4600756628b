// The custom headers of a job: where they go and where they never do.
#include <random>
#include <sstream>

#include "engine/custom_headers.h"
#include "engine/transfer/http_fields.h"
#include "tests/engine/transfer/settings_download_fixture.h"

namespace engine::transfer {
namespace {

using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(SettingsDownloadTest, CustomHeadersGoWithEveryRequestToTheJobsOrigin) {
  const OriginFile file = FileOf(100);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/moved") {
      return reply.Head(302, {"Location: /file", "Content-Length: 0"});
    }
    support::ServeFile(file, request, reply);
  });
  RunToFinish(
      WithHeaders("X-Secret: hunter2\r\nX-Empty:\r\nAccept: text/plain\r\n"
                  "User-Agent: mine\r\nAuthorization: Bearer b\r\n",
                  origin.Url("/moved")));
  ASSERT_EQ(origin.requests().size(), 2u);
  for (const OriginRequest& request : origin.requests()) {
    EXPECT_EQ(request.Header("x-secret"), "hunter2");
    EXPECT_EQ(request.headers.count("x-empty"), 1u);
    EXPECT_EQ(request.Header("x-empty"), "");
    EXPECT_EQ(request.Header("accept"), "text/plain");
    EXPECT_EQ(request.Header("user-agent"), "mine");
    EXPECT_EQ(request.Header("authorization"), "Bearer b");
    EXPECT_EQ(request.Header("accept-encoding"), "identity");
  }
}

TEST_F(SettingsDownloadTest, CustomHeadersNeverGoToAnotherOrigin) {
  const OriginFile file = FileOf(100);
  OriginServer home([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  });
  OriginServer elsewhere([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(307, {"Location: " + home.Url("/file"), "Content-Length: 0"});
  });
  OriginServer start([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(307, {"Location: " + elsewhere.Url("/moved"), "Content-Length: 0"});
  });
  const Download download =
      WithHeaders("X-Secret: hunter2\r\nCookie: a=b\r\n", start.Url("/start"));
  RunToFinish(download);
  EXPECT_EQ(start.requests().front().Header("x-secret"), "hunter2");
  for (const OriginServer* other : {&elsewhere, &home}) {
    ASSERT_EQ(other->requests().size(), 1u);
    EXPECT_EQ(other->requests().front().headers.count("x-secret"), 0u);
    EXPECT_EQ(other->requests().front().headers.count("cookie"), 0u);
  }
}

TEST_F(SettingsDownloadTest, CustomHeadersComeBackWithTheJobsOrigin) {
  const OriginFile file = FileOf(100);
  std::string back;
  OriginServer elsewhere([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(307, {"Location: " + back, "Content-Length: 0"});
  });
  OriginServer start([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/file") return support::ServeFile(file, request, reply);
    reply.Head(307, {"Location: " + elsewhere.Url("/moved"), "Content-Length: 0"});
  });
  back = start.Url("/file");
  RunToFinish(WithHeaders("X-Secret: hunter2\r\n", start.Url("/start")));
  EXPECT_EQ(start.requests().back().Header("x-secret"), "hunter2");
}

// Names and values of any bytes, mostly such that much of them is right.
std::string GeneratedHeader(std::mt19937& random) {
  const auto below = [&random](std::size_t n) { return random() % n; };
  constexpr std::string_view kName = "abcXYZ019-_.!#$%&'*+^`|~";
  constexpr std::string_view kOdd("\r\n\0 :\t\x7f\xff\x1b", 9);
  const auto text = [&](std::size_t length, bool name) {
    std::string made;
    for (std::size_t i = 0; i < length; ++i) {
      if (below(200) == 0)
        made += kOdd[below(kOdd.size())];
      else if (name)
        made += kName[below(kName.size())];
      else
        made += static_cast<char>(' ' + below(95));
    }
    return made;
  };
  // "H": none of those that libcurl or the transfer writes.
  std::string name = "H" + text(1 + below(12), true);
  std::string value = text(below(60), false);
  if (below(10) == 0) value = std::string(below(4), " \t;:"[below(4)]);
  return std::move(name) + (below(4) == 0 ? ":" : ": ") + std::move(value);
}

// As a header line may be written on the wire: blanks around the value do not count.
std::string Normal(std::string_view line) {
  const std::size_t colon = line.find(':');
  return std::string(line.substr(0, colon)) + ": " +
         std::string(TrimBlanks(line.substr(colon + 1)));
}

std::vector<std::string> HeadersOnTheWire(const OriginRequest& request) {
  std::vector<std::string> lines;
  std::istringstream head(request.head);
  for (std::string line; std::getline(head, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.starts_with('H') && !line.starts_with("Host:")) lines.push_back(Normal(line));
  }
  return lines;
}

TEST_F(SettingsDownloadTest, OfTenThousandGeneratedHeadersTheWireHasWhatWasAcceptedAndNothingElse) {
  constexpr int kRequests = 100;
  constexpr int kHeaders = 100;
  const OriginFile file = FileOf(10);
  OriginServer origin(Serving(file));
  std::mt19937 random(20'240'229);
  int refused = 0;
  for (int request = 0; request < kRequests; ++request) {
    std::string text;
    std::vector<std::string> expected;
    for (int i = 0; i < kHeaders; ++i) {
      const std::string line = GeneratedHeader(random);
      const bool accepted = CheckCustomHeaders(line, LimitOptions()).has_value() &&
                            CheckHeaderPolicy(line, options()).has_value();
      if (!accepted) ++refused;
      if (!accepted || line.find('\r') != line.npos) continue;
      text += line + "\r\n";
      expected.push_back(Normal(line));
    }
    RunToFinish(WithHeaders(text, origin.Url("/file")));
    ASSERT_EQ(HeadersOnTheWire(origin.requests().back()), expected);
    ASSERT_EQ(origin.requests().size(), static_cast<std::size_t>(request + 1));
  }
  EXPECT_GT(refused, kRequests);
  EXPECT_LT(refused, kRequests * kHeaders / 2);
}

TEST_F(SettingsDownloadTest, ARefusalSaysNothingOfTheHeaders) {
  OriginServer origin(
      [&](const OriginRequest&, OriginReply& reply) { reply.Head(403, {"Content-Length: 0"}); });
  const Failed failed = RunToFailure(WithHeaders("X-Secret: hunter2\r\n", origin.Url("/file")));
  EXPECT_THAT(failed.error.message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace engine::transfer
