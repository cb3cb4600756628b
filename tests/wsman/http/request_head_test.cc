#include "wsman/http/request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace wsman::http {
namespace {

using State = HeadScanner::State;

constexpr char kStart[] = "POST /wsman HTTP/1.1\r\nHost: h\r\n";

// What the server makes of these bytes: scanned whole, then parsed.
std::optional<RequestHead> Read(std::string_view text, const ServerLimits& limits = {}) {
  HeadScanner scanner(limits);
  if (scanner.Scan(text) != State::kComplete || scanner.length() != text.size())
    return std::nullopt;
  return ParseRequestHead(text);
}

std::optional<RequestHead> WithLines(std::string_view lines) {
  static std::string text;  // the views of the result point here
  text = std::string(kStart).append(lines).append("\r\n");
  return Read(text);
}

TEST(RequestHeadTest, AWindowsClientIsUnderstood) {
  const auto head = Read(
      "POST /wsman?PSVersion=5.1 HTTP/1.1\r\nConnection: Keep-Alive\r\n"
      "Content-Type: application/soap+xml;charset=UTF-8\r\nAuthorization: Basic YTpi\r\n"
      "User-Agent: Microsoft WinRM Client\r\nContent-Length: 1510\r\nHost: server:5985\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->path, "/wsman");
  EXPECT_EQ(head->content_type, "application/soap+xml;charset=UTF-8");
  EXPECT_EQ(head->authorization, "Basic YTpi");
  EXPECT_EQ(head->content_length, 1510U);
  EXPECT_TRUE(head->keep_alive);
  EXPECT_FALSE(head->chunked);
  EXPECT_FALSE(head->http_1_0);
}

TEST(RequestHeadTest, TargetsMayBeAbsolute) {
  const auto path = [](const std::string& target) {
    static std::string text;
    text = "POST " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
    const auto head = Read(text);
    return head ? std::string(head->path) : "refused";
  };
  EXPECT_EQ(path("/wsman"), "/wsman");
  EXPECT_EQ(path("/wsman/?a=b?c"), "/wsman/");
  EXPECT_EQ(path("http://h:5985/wsman"), "/wsman");
  EXPECT_EQ(path("HTTPS://h/wsman?x"), "/wsman");
  EXPECT_EQ(path("http://h"), "/");
  EXPECT_EQ(path("http://h?x"), "");
  EXPECT_EQ(path("*"), "*");
  EXPECT_EQ(path("/a#b"), "refused");
  EXPECT_EQ(path("/caf\xC3\xA9"), "refused");
  EXPECT_EQ(path("/a b"), "refused");
  EXPECT_EQ(path(""), "refused");
}

TEST(RequestHeadTest, EveryFormThatTwoServersCouldReadDifferentlyIsRefused) {
  for (const std::string_view lines : {
           "Content-Length: 4\r\nContent-Length: 5\r\n",
           "Content-Length: 4\r\nContent-Length: 4\r\n",
           "Content-Length: 4, 4\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: +4\r\n",
           "Content-Length: 4 4\r\n",
           "Content-Length: 0x4\r\n",
           "Content-Length: 4a\r\n",
           "Content-Length:\r\n",
           "Content-Length: 2147483648\r\n",
           "Content-Length: 18446744073709551620\r\n",
           "Content-Length : 4\r\n",
           "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: chunked, identity\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding:\r\n",
           "Transfer-Encoding: \"chunked\"\r\n",
           "Host: h\r\n",
           "Host: other\r\n",
           " folded: yes\r\n",
           "A: b\r\n folded\r\n",
           "A: b\r\n\tfolded\r\n",
           "NoColon\r\n",
           ": nameless\r\n",
           "A b: c\r\n",
           "A\tb: c\r\n",
           "A(: c\r\n",
           "A\x80: c\r\n",
           "A: b\n",
           "A: b\rC: d\r\n",
           "A: b\r\r\n",
           "A: \x01\r\n",
           "A: \x7F\r\n",
           "Content-Type: a\r\nContent-Type: b\r\n",
           "Expect: 100-continue\r\nExpect: x\r\n",
           "Content-Encoding: gzip\r\nContent-Encoding: identity\r\n",
       }) {
    EXPECT_FALSE(WithLines(lines)) << lines;
  }
  EXPECT_FALSE(WithLines(std::string_view("A: \0\r\n", 6)));
}

TEST(RequestHeadTest, RequestLinesHaveThreePartsAndNothingElse) {
  for (const std::string_view line :
       {"POST /wsman", "POST  /wsman HTTP/1.1", "POST /wsman  HTTP/1.1", "POST /wsman HTTP/1.1 ",
        " POST /wsman HTTP/1.1", "POST\t/wsman\tHTTP/1.1", "POST /wsman HTTP/1.2",
        "POST /wsman HTTP/2.0", "POST /wsman HTTP/0.9", "POST /wsman http/1.1",
        "POST /wsman HTTP/1.1x", "POST /wsman HTTP/01.1", "PO/ST /wsman HTTP/1.1", "", "POST"}) {
    EXPECT_FALSE(Read(std::string(line) + "\r\nHost: h\r\n\r\n")) << line;
  }
}

TEST(RequestHeadTest, Http11NeedsExactlyOneHostThatIsOne) {
  EXPECT_FALSE(Read("POST /wsman HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(Read("POST /wsman HTTP/1.0\r\n\r\n"));
  EXPECT_FALSE(Read("POST /wsman HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"));
  for (const std::string host : {"h:5985", "[::1]:5985", "a-b.example", "10.0.0.1", ""}) {
    EXPECT_TRUE(Read("POST /wsman HTTP/1.1\r\nHost: " + host + "\r\n\r\n")) << host;
  }
  for (const std::string host : {"a b", "a/b", "a,b", "u@h", "a\\b", "\"h\""}) {
    EXPECT_FALSE(Read("POST /wsman HTTP/1.1\r\nHost: " + host + "\r\n\r\n")) << host;
  }
}

TEST(RequestHeadTest, ChunkedCodingBelongsToHttp11) {
  EXPECT_TRUE(WithLines("Transfer-Encoding: ChunKed\r\n")->chunked);
  EXPECT_FALSE(Read("POST /wsman HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST(RequestHeadTest, LengthsReachTheirLimit) {
  EXPECT_EQ(WithLines("Content-Length: 2147483646\r\n")->content_length, 2147483646U);
  EXPECT_EQ(WithLines("Content-Length: 2147483647\r\n")->content_length, 2147483647U);
  EXPECT_FALSE(WithLines("Content-Length: 2147483648\r\n"));
  EXPECT_EQ(WithLines("Content-Length: 0\r\n")->content_length, 0U);
  EXPECT_EQ(WithLines("Content-Length: \t 7 \t\r\n")->content_length, 7U);
}

TEST(RequestHeadTest, ConnectionIsAListOfTokens) {
  EXPECT_FALSE(WithLines("Connection: TE, Close\r\n")->keep_alive);
  EXPECT_FALSE(WithLines("Connection: keep-alive\r\nConnection: close\r\n")->keep_alive);
  EXPECT_TRUE(WithLines("Connection: closed\r\n")->keep_alive);
  EXPECT_FALSE(Read("POST / HTTP/1.0\r\n\r\n")->keep_alive);
  EXPECT_TRUE(Read("POST / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->keep_alive);
}

TEST(RequestHeadTest, ARepeatedAuthorizationIsNoneAtAll) {
  EXPECT_FALSE(WithLines("")->authorization_present);
  EXPECT_EQ(WithLines("authorization:Basic x\r\n")->authorization, "Basic x");
  for (const int count : {2, 3}) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "Authorization: Basic x\r\n";
    EXPECT_TRUE(WithLines(lines)->authorization_present);
    EXPECT_FALSE(WithLines(lines)->authorization);
  }
}

TEST(RequestHeadTest, BrowsersAndIdentifyAreNoticed) {
  EXPECT_TRUE(WithLines("Origin: null\r\n")->from_browser);
  EXPECT_TRUE(WithLines("sec-fetch-site: none\r\n")->from_browser);
  EXPECT_FALSE(WithLines("Sec-Fetc: none\r\n")->from_browser);
  EXPECT_TRUE(WithLines("wsmanidentify: unauthenticated\r\n")->identify);
}

TEST(HeadScannerTest, EverySplitGivesTheSameResult) {
  const std::string good = std::string(kStart) + "Content-Length: 4\r\n\r\nbody";
  const std::string bad = std::string(kStart) + "A: b\nC: d\r\n\r\n";
  const ServerLimits limits;
  for (const std::string& text : {good, bad}) {
    HeadScanner whole(limits);
    const State expected = whole.Scan(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      HeadScanner scanner(limits);
      State state = scanner.Scan(std::string_view(text).substr(0, cut));
      if (state == State::kIncomplete) state = scanner.Scan(text);
      ASSERT_EQ(state, expected) << cut;
      if (state == State::kComplete) {
        ASSERT_EQ(scanner.length(), whole.length());
      }
    }
  }
}

TEST(HeadScannerTest, WhatCannotBecomeARequestIsNoticedAtOnce) {
  const ServerLimits limits;
  for (const std::string_view text :
       {"<", "\r", "\n", " ", "\x16", "\xEF\xBB\xBF", "{", "P\n", "P\r "}) {
    HeadScanner scanner(limits);
    const State state = scanner.Scan(text);
    EXPECT_TRUE(state == State::kBad || text == "\r") << text;
  }
  HeadScanner empty_line(limits);
  EXPECT_EQ(empty_line.Scan("\r\n"), State::kBad);
}

std::string Line(std::string_view name, std::size_t bytes) {
  std::string line(name);
  line.append(": ").resize(bytes, 'x');
  return line + "\r\n";
}

TEST(HeadScannerTest, RequestLinesHaveALargestLength) {
  const auto accepted = [](std::size_t bytes) {
    const std::size_t rest = std::string_view("POST  HTTP/1.1").size();
    return Read("POST /" + std::string(bytes - rest - 1, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n")
        .has_value();
  };
  EXPECT_TRUE(accepted(2'047));
  EXPECT_TRUE(accepted(2'048));
  EXPECT_FALSE(accepted(2'049));
}

TEST(HeadScannerTest, HeaderLinesHaveALargestLengthAndAuthorizationALargerOne) {
  EXPECT_TRUE(WithLines(Line("A", 8'191)));
  EXPECT_TRUE(WithLines(Line("A", 8'192)));
  EXPECT_FALSE(WithLines(Line("A", 8'193)));
  EXPECT_TRUE(WithLines(Line("Authorization", 88 * 1024 - 1)));
  EXPECT_TRUE(WithLines(Line("authorization", 88 * 1024)));
  EXPECT_FALSE(WithLines(Line("Authorization", 88 * 1024 + 1)));
  EXPECT_FALSE(WithLines(Line("Authorizatiom", 8'193)));
}

TEST(HeadScannerTest, HeadersAreCounted) {
  const auto accepted = [](std::size_t count) {
    std::string lines;
    for (std::size_t i = 1; i < count; ++i) lines += "A: b\r\n";  // and Host
    return WithLines(lines).has_value();
  };
  EXPECT_TRUE(accepted(63));
  EXPECT_TRUE(accepted(64));
  EXPECT_FALSE(accepted(65));
}

TEST(HeadScannerTest, TheWholeHeadHasALargestLength) {
  const auto accepted = [](std::size_t bytes) {
    const std::size_t fixed = std::string_view(kStart).size() + 2;
    std::string lines;
    while (fixed + lines.size() + 16 * 1024 < bytes) lines += Line("A", 8'000);
    std::size_t left = bytes - fixed - lines.size();
    lines += Line("A", left / 3 - 2);
    lines += Line("A", left / 3 - 2);
    left = bytes - fixed - lines.size();
    lines += Line("A", left - 2);
    return WithLines(lines).has_value();
  };
  EXPECT_TRUE(accepted(112 * 1024 - 1));
  EXPECT_TRUE(accepted(112 * 1024));
  EXPECT_FALSE(accepted(112 * 1024 + 1));
}

}  // namespace
}  // namespace wsman::http
