#include "wsman/http/reply_text.h"

#include <gtest/gtest.h>

namespace wsman::http {
namespace {

TEST(ReplyTextTest, AReplyAlwaysSaysItsLength) {
  EXPECT_EQ(ReplyText({.status = 200, .content_type = "text/xml", .content_length = 7}),
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 7\r\n\r\n");
}

TEST(ReplyTextTest, TheDateIsSaidWhereItIsKnown) {
  EXPECT_EQ(ReplyText({.status = 200, .date = "Sun, 06 Nov 1994 08:49:37 GMT"}),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n");
}

TEST(ReplyTextTest, EachChallengeIsALineOfItsOwn) {
  EXPECT_EQ(ReplyText({.status = 401, .challenges = {"Negotiate", "Basic realm=\"WSMAN\""}}),
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\n"
            "WWW-Authenticate: Basic realm=\"WSMAN\"\r\nContent-Length: 0\r\n\r\n");
}

TEST(ReplyTextTest, OldClientsAreToldThatTheConnectionStays) {
  EXPECT_EQ(ReplyText({.status = 500, .keep_alive = true, .http_1_0 = true}),
            "HTTP/1.1 500 Internal Server Error\r\nConnection: keep-alive\r\n"
            "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(ReplyText({.status = 413, .keep_alive = false, .http_1_0 = true}),
            "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

TEST(ReplyTextTest, AMethodRefusalNamesTheOneThatWorks) {
  EXPECT_NE(ReplyText({.status = 405}).find("\r\nAllow: POST\r\n"), std::string::npos);
}

}  // namespace
}  // namespace wsman::http
