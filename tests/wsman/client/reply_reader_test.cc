#include "wsman/client/reply_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wsman/xml/soap_codec.h"

namespace wsman::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

// The shape of a Windows provider fault (MS-WSMV): WSManFault in WSManFault.
constexpr char kWindowsFault[] =
    R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
    R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
    R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>)"
    R"(<a:Action>urn:fault</a:Action></s:Header><s:Body><s:Fault><s:Code><s:Value>s:Receiver)"
    R"(</s:Value><s:Subcode><s:Value>w:InternalError</s:Value></s:Subcode></s:Code><s:Reason>)"
    R"(<s:Text xml:lang="">outer text</s:Text></s:Reason><s:Detail>)"
    R"(<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" )"
    R"(Code="2150858752" Machine="H"><f:Message><f:ProviderFault provider="WMI Provider">)"
    R"(<f:WSManFault Code="2149580801" Machine="H"><f:Message>inner text </f:Message>)"
    R"(</f:WSManFault></f:ProviderFault></f:Message></f:WSManFault></s:Detail></s:Fault>)"
    R"(</s:Body></s:Envelope>)";

constexpr char kUtf8[] = "application/soap+xml;charset=UTF-8";

TEST(ReplyReaderTest, TheInnermostWindowsFaultIsTheError) {
  const auto reply = ReadReply(kWindowsFault, kUtf8, "uuid:1");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ClientError::Kind::kFault);
  EXPECT_EQ(reply.error().subcode, "InternalError");
  EXPECT_EQ(reply.error().code, 0x80200001U);
  EXPECT_EQ(reply.error().text, "inner text");
}

TEST(ReplyReaderTest, AReplyMustBelongToTheRequest) {
  const std::string reply = xml::WriteEnvelope({"urn:x", "uuid:A", {}, {}}, "<x/>");
  EXPECT_TRUE(ReadReply(reply, kUtf8, "uuid:A"));
  EXPECT_FALSE(ReadReply(reply, kUtf8, "uuid:B"));
  EXPECT_TRUE(ReadReply(reply, kUtf8, ""));
}

TEST(ReplyReaderTest, AnEmptyBodyHasNoElement) {
  const auto reply =
      ReadReply(xml::WriteEnvelope({"urn:x", "uuid:A", {}, {}}, ""), kUtf8, "uuid:A");
  ASSERT_TRUE(reply);
  EXPECT_FALSE(*reply);
}

TEST(ReplyReaderTest, WhatIsNotAnEnvelopeIsAProtocolError) {
  for (const char* text : {"", "no xml", "<a/>", "<!DOCTYPE a><a/>"}) {
    const auto reply = ReadReply(text, kUtf8, "");
    ASSERT_FALSE(reply) << text;
    EXPECT_EQ(reply.error().kind, ClientError::Kind::kProtocol);
  }
}

TEST(ReplyReaderTest, ChildrenAreFoundWithoutCase) {
  const Element nil{"", "Nothing", "", true, {}, {}};
  const Element child{"", "JobId", "7", false, {}, {}};
  const Element parent{"", "P", "", false, {child, nil}, {}};
  EXPECT_THAT(ChildText(parent, "jobid"), Optional(std::string("7")));
  EXPECT_EQ(ChildText(parent, "Nothing"), std::nullopt);
  EXPECT_EQ(ChildText(parent, "Other"), std::nullopt);
}

}  // namespace
}  // namespace wsman::client
