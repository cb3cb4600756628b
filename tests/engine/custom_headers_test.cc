#include "engine/custom_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace engine {
namespace {

using testing::HasSubstr;
using testing::Not;

const LimitOptions kLimits;

HResult CodeOf(std::string_view text) {
  const Status status = CheckCustomHeaders(text, kLimits);
  return status ? HResult::kOk : status.error().code;
}

TEST(CustomHeadersTest, LinesOfNamesAndValuesAreRight) {
  for (const auto* const text :
       {"", "X-A: b", "X-A: b\r\n", "X-A:\r\nY:b\tc\r\n", "Authorization: Bearer x.y-z\r\n",
        "Cookie: a=b\r\nReferer: http://h/\r\n", "User-Agent: mine\r\n",
        "x!#$%&'*+-.^_`|~9: \xC3\xBC"})
    EXPECT_EQ(CodeOf(text), HResult::kOk) << text;
}

TEST(CustomHeadersTest, NothingCanEndALineOrTheHead) {
  using namespace std::string_literals;
  for (const std::string& text :
       {"X-A: b\nX-B: c"s, "X-A: b\rX-B: c"s, "X-A: b\r\n\r\nbody"s, "\r\nX-A: b"s, "X-A: \0b"s,
        "X-A: b\x7F"s, "X-A: b\r\n X-B: folded"s, "X-A"s, ": b"s, "X A: b"s, "X-A : b"s,
        "X\xC3\xBC: b"s, "X-A: \x1B[2J"s, "X-A: \xFF"s})
    EXPECT_EQ(CodeOf(text), HResult::kInvalidArgument) << testing::PrintToString(text);
}

TEST(CustomHeadersTest, FieldsOfTheTransferItselfAreRefused) {
  for (const std::string name :
       {"Host", "range", "IF-RANGE", "If-Match", "if-unmodified-since", "Content-Length",
        "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect",
        "Accept-Encoding", "Proxy-Authorization", "proxy-connection"})
    EXPECT_EQ(CodeOf(name + ": x\r\n"), HResult::kInvalidArgument) << name;
  EXPECT_EQ(CodeOf("Ranges: x\r\nContent-Type: y\r\nHosts: z"), HResult::kOk);
}

TEST(CustomHeadersTest, WhatSaysWhoAsksWantsAPolicyThatAllowsIt) {
  const auto code_of = [](std::string_view text, bool allowed) {
    TransferOptions policy;
    policy.allow_credential_headers = allowed;
    const Status status = CheckHeaderPolicy(text, policy);
    return status ? HResult::kOk : status.error().code;
  };
  for (const auto* const text : {"Authorization: Bearer b", "X-A: b\r\nauthorization:x\r\n",
                                 "COOKIE:\r\n", "X: y\r\nZ: cookie\r\nCookie: a=b"}) {
    EXPECT_EQ(code_of(text, false), HResult::kAccessDenied) << text;
    EXPECT_EQ(code_of(text, true), HResult::kOk) << text;
  }
  for (const auto* const text : {"", "X-Authorization: b\r\nCookies: c", "X: Cookie: a=b"})
    EXPECT_EQ(code_of(text, false), HResult::kOk) << text;
}

TEST(CustomHeadersTest, ARefusalByPolicyNamesTheWayThatThereIs) {
  const Status status = CheckHeaderPolicy("X-A: b\r\nCookie: SECRET", TransferOptions());
  EXPECT_THAT(status.error().message, HasSubstr("Line 2"));
  EXPECT_THAT(status.error().message, HasSubstr("SetCredentials"));
  EXPECT_THAT(status.error().message, Not(HasSubstr("SECRET")));
}

TEST(CustomHeadersTest, AMessageNamesTheLineAndNoValue) {
  const Status status = CheckCustomHeaders("X-A: fine\r\nX-Key: SECRET\x01", kLimits);
  EXPECT_THAT(status.error().message, HasSubstr("Line 2"));
  EXPECT_THAT(status.error().message, Not(HasSubstr("SECRET")));
}

TEST(CustomHeadersTest, TheLimitCountsUtf16Units) {
  const std::string head = "X: ";
  const std::size_t most = kLimits.custom_headers_characters;
  const auto with = [&](std::size_t characters) {
    return head + std::string(characters - head.size(), 'a');
  };
  EXPECT_EQ(CodeOf(with(most - 1)), HResult::kOk);
  EXPECT_EQ(CodeOf(with(most)), HResult::kOk);
  EXPECT_EQ(CodeOf(with(most + 1)), HResult::kStringTooLong);
  EXPECT_EQ(CodeOf(with(most - 1) + "\xC3\xBC"), HResult::kOk);
}

}  // namespace
}  // namespace engine
