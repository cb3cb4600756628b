// What callers and strangers are told about the host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dispatcher_fixture.h"
#include "wsman/namespaces.h"

namespace wsman {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string IdentifyText(std::string_view inside = "", std::string_view headers = "") {
  return "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:wsmid=\"" +
         std::string(ns::kIdentity) + "\"><s:Header>" + std::string(headers) +
         "</s:Header><s:Body><wsmid:Identify>" + std::string(inside) +
         "</wsmid:Identify></s:Body></s:Envelope>";
}

TEST_F(DispatcherTest, ACallerIsToldWhichHostThisIs) {
  const http::Reply reply = SendBytes(IdentifyText(), "application/soap+xml;charset=UTF-8");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("<wsmid:ProductVersion>OS: 6.1.0 SP: 0.0 Stack: 3.0<"));
  EXPECT_THAT(reply.body, HasSubstr("secprofile/https/basic</wsmid:SecurityProfileName>"));
  EXPECT_THAT(reply.body, HasSubstr("<s:Header/>"));
}

TEST_F(DispatcherTest, IdentifyNeedsARoleAndUnderstoodHeaders) {
  const std::string strange = IdentifyText("", "<z:Z xmlns:z=\"urn:z\" s:mustUnderstand=\"1\"/>");
  EXPECT_THAT(SendBytes(strange, "application/soap+xml;charset=UTF-8").body,
              HasSubstr("s:MustUnderstand"));
  authorizer_.forbidden = {Operation::kIdentify};
  EXPECT_THAT(SendBytes(IdentifyText(), "application/soap+xml;charset=UTF-8").body,
              HasSubstr("w:AccessDenied"));
}

TEST_F(DispatcherTest, AStrangerIsToldNothingAboutTheHost) {
  const auto reply = dispatcher_->HandleAnonymousIdentify(IdentifyText());
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 200);
  EXPECT_THAT(reply->body, HasSubstr("<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0<"));
  EXPECT_THAT(reply->body, Not(HasSubstr("SecurityProfile")));
  EXPECT_THAT(reply->body, Not(HasSubstr("6.1.0")));
}

TEST_F(DispatcherTest, AStrangerMaySendNothingButIdentify) {
  for (const std::string& body :
       {std::string(), std::string("<a/>"), Transfer("Get").Text(), IdentifyText("<x/>"),
        IdentifyText("text"), IdentifyText("", "<z:Z xmlns:z=\"urn:z\" s:mustUnderstand=\"1\"/>"),
        IdentifyText() + "<!-- -->x"})
    EXPECT_FALSE(dispatcher_->HandleAnonymousIdentify(body).has_value()) << body;
}

TEST_F(DispatcherTest, IdentifyCanBeClosedToStrangers) {
  DispatcherOptions options;
  options.anonymous_identify = false;
  Dispatcher closed(options, authorizer_, {&sensors_});
  EXPECT_FALSE(closed.HandleAnonymousIdentify(IdentifyText()).has_value());
}

}  // namespace
}  // namespace wsman
