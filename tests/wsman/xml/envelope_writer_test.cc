#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "wsman/namespaces.h"
#include "wsman/xml/soap_codec.h"
#include "wsman/xml/xml_guard.h"

namespace wsman::xml {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::Optional;
using testing::StartsWith;

Request Parse(const std::string& document) {
  EXPECT_TRUE(CheckDocument(document)) << document;
  const Result<Request> request = ParseEnvelope(document);
  EXPECT_TRUE(request) << document;
  return request.value_or(Request{});
}

std::size_t Count(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(EnvelopeWriterTest, AReplyIsAnEnvelopeWithItsHeaders) {
  const std::string reply = WriteEnvelope({"urn:action", "uuid:1", {}, {}}, "<x/>");
  EXPECT_THAT(reply, StartsWith("<s:Envelope xml:lang=\"en-US\" xmlns:s="));
  const Request request = Parse(reply);
  EXPECT_THAT(request.action, Optional(std::string("urn:action")));
  EXPECT_THAT(request.to, Optional(std::string(ns::kAnonymous)));
  EXPECT_THAT(request.relates_to, Optional(std::string("uuid:1")));
  EXPECT_EQ(request.body->name, "x");
}

TEST(EnvelopeWriterTest, EveryPrefixOfTheFamilyIsDeclaredOnce) {
  const std::string reply = WriteEnvelope({"urn:action", {}, {}, {}}, "");
  for (const std::string_view prefix : {"s", "a", "x", "n", "w", "p", "e", "b", "f"})
    EXPECT_EQ(Count(reply, "xmlns:" + std::string(prefix) + "="), 1u) << prefix;
}

TEST(EnvelopeWriterTest, AReplyIsOneLineAndAsksForNothingToBeUnderstood) {
  const std::string reply = WriteEnvelope({"urn:action", "uuid:1", {}, 7}, "");
  EXPECT_EQ(reply.find('\n'), std::string::npos);
  EXPECT_THAT(reply, Not(HasSubstr("mustUnderstand")));
  EXPECT_THAT(reply, Not(HasSubstr("<?xml")));
  EXPECT_THAT(reply, HasSubstr("<w:TotalItemsCountEstimate>7</w:TotalItemsCountEstimate>"));
}

TEST(EnvelopeWriterTest, MessageIdsAreFreshUpperCaseUuids) {
  const std::regex form("uuid:[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}");
  const std::string first = Parse(WriteEnvelope({"urn:a", {}, {}, {}}, "")).message_id.value_or("");
  const std::string second =
      Parse(WriteEnvelope({"urn:a", {}, {}, {}}, "")).message_id.value_or("");
  EXPECT_TRUE(std::regex_match(first, form)) << first;
  EXPECT_TRUE(std::regex_match(second, form)) << second;
  EXPECT_NE(first, second);
}

TEST(EnvelopeWriterTest, RelatesToRepeatsWhatTheRequestSaid) {
  const std::string id = " <uuid>&\"1\" \xC3\xA9";
  EXPECT_THAT(Parse(WriteEnvelope({"urn:a", id, {}, {}}, "")).relates_to,
              Optional(std::string("<uuid>&\"1\" \xC3\xA9")));
  EXPECT_THAT(WriteEnvelope({"urn:a", "0", {}, {}}, ""), HasSubstr("<a:RelatesTo>0</a:RelatesTo>"));
  EXPECT_THAT(WriteEnvelope({"urn:a", {}, {}, {}}, ""), Not(HasSubstr("RelatesTo")));
}

TEST(EnvelopeWriterTest, AFragmentReplyRepeatsTheFragment) {
  const Request request = Parse(WriteEnvelope({"urn:a", {}, "State", {}}, ""));
  EXPECT_EQ(request.fragment->value, "State");
  EXPECT_TRUE(request.fragment->must_understand);
}

TEST(FaultWriterTest, AFaultHasTheShapeThatClientsRead) {
  const std::string fault =
      WriteFault("uuid:1", {FaultCode::kDestinationUnreachable, "No such job.", 0, {}, {}});
  EXPECT_THAT(
      fault,
      HasSubstr(
          "<s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>"
          "a:DestinationUnreachable</s:Value></s:Subcode></s:Code><s:Reason>"
          "<s:Text xml:lang=\"en-US\">No such job.</s:Text></s:Reason><s:Detail><w:FaultDetail>"
          "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/InvalidResourceURI"
          "</w:FaultDetail><f:WSManFault "
          "xmlns:f=\"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault\" Code=\"2150858752\" "
          "Machine=\"localhost\"><f:Message>No such job.</f:Message></f:WSManFault></s:Detail>"
          "</s:Fault></s:Body></s:Envelope>"));
  const Request request = Parse(fault);
  EXPECT_THAT(request.action,
              Optional(std::string("http://schemas.xmlsoap.org/ws/2004/08/addressing/fault")));
  EXPECT_THAT(request.relates_to, Optional(std::string("uuid:1")));
}

TEST(FaultWriterTest, TheCodeOfTheCallerGoesBeforeThatOfTheRow) {
  const std::string fault =
      WriteFault("", {FaultCode::kInvalidParameter, "Bad.", 0x80200001u, {}, {}});
  EXPECT_THAT(fault, HasSubstr("Code=\"2149580801\""));
  EXPECT_THAT(fault, Not(HasSubstr("w:FaultDetail")));
  EXPECT_THAT(fault, Not(HasSubstr("RelatesTo")));
}

TEST(FaultWriterTest, BothTextsAreTheSamePlainSentence) {
  const std::string fault =
      WriteFault("", {FaultCode::kInternalError, "a < b & \"c\"\x01", 0, {}, {}});
  EXPECT_THAT(fault,
              HasSubstr("<s:Text xml:lang=\"en-US\">a &lt; b &amp; &quot;c&quot;?</s:Text>"));
  EXPECT_THAT(fault, HasSubstr("<f:Message>a &lt; b &amp; &quot;c&quot;?</f:Message>"));
  EXPECT_THAT(fault, HasSubstr("<s:Value>s:Receiver</s:Value>"));
}

TEST(FaultWriterTest, AMissingHeaderIsNamedInTheDetail) {
  EXPECT_THAT(WriteFault("", {FaultCode::kHeaderRequired, "Send it.", 0, "a:Action", {}}),
              HasSubstr("<s:Detail><w:FaultDetail>a:Action</w:FaultDetail><f:WSManFault"));
}

TEST(FaultWriterTest, AMustUnderstandFaultNamesTheHeaderInAHeader) {
  const std::string fault =
      WriteFault("", {FaultCode::kMustUnderstand, "No.", 0, "Strange", "http://e/z\""});
  EXPECT_THAT(fault,
              HasSubstr("<s:NotUnderstood qname=\"ns:Strange\" xmlns:ns=\"http://e/z&quot;\"/>"
                        "</s:Header>"));
  EXPECT_THAT(fault, HasSubstr("<s:Code><s:Value>s:MustUnderstand</s:Value></s:Code>"));
  EXPECT_THAT(fault, Not(HasSubstr("Subcode")));
  EXPECT_THAT(fault, HasSubstr("Code=\"2150858768\""));
  EXPECT_TRUE(CheckDocument(fault));
  EXPECT_THAT(WriteFault("", {FaultCode::kMustUnderstand, "No.", 0, "Strange", ""}),
              HasSubstr("<s:NotUnderstood qname=\"Strange\"/>"));
}

TEST(FaultWriterTest, AVersionMismatchIsASoap12Fault) {
  const std::string fault = WriteFault("", {FaultCode::kVersionMismatch, "No.", 0, {}, {}});
  EXPECT_THAT(fault, HasSubstr("<s:Code><s:Value>s:VersionMismatch</s:Value></s:Code>"));
  EXPECT_THAT(fault, HasSubstr("Code=\"2150858765\""));
}

TEST(FaultWriterTest, EveryFaultIsAReadableEnvelope) {
  for (int i = 0; i <= static_cast<int>(FaultCode::kPolymorphismModeNotSupported); ++i) {
    const auto code = static_cast<FaultCode>(i);
    const Request request = Parse(WriteFault("uuid:1", {code, "Text.", 0, {}, {}}));
    EXPECT_THAT(request.action, Optional(std::string(FaultAction(code))));
    ASSERT_TRUE(request.body);
    EXPECT_EQ(request.body->name, "Fault");
    const Element& wsman_fault = request.body->children.back().children.back();
    EXPECT_EQ(wsman_fault.name, "WSManFault");
    EXPECT_EQ(wsman_fault.children.at(0).text, "Text.");
    EXPECT_TRUE(wsman_fault.children.at(0).attributes.empty());
  }
}

TEST(IdentityWriterTest, StrangersLearnTheProtocolOnly) {
  EXPECT_EQ(WriteIdentity({std::string(ns::kWsman), "v", "OS: 0.0.0 SP: 0.0 Stack: 3.0", {}}),
            "<s:Envelope xml:lang=\"en-US\" xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">"
            "<s:Header/><s:Body><wsmid:IdentifyResponse "
            "xmlns:wsmid=\"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd\">"
            "<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
            "</wsmid:ProtocolVersion><wsmid:ProductVendor>v</wsmid:ProductVendor>"
            "<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>"
            "</wsmid:IdentifyResponse></s:Body></s:Envelope>");
}

TEST(IdentityWriterTest, CallersLearnTheSecurityProfiles) {
  EXPECT_THAT(WriteIdentity({"p", "a<b", "v", {"urn:1", "urn:2"}}),
              HasSubstr("<wsmid:ProductVendor>a&lt;b</wsmid:ProductVendor>"
                        "<wsmid:ProductVersion>v</wsmid:ProductVersion><wsmid:SecurityProfiles>"
                        "<wsmid:SecurityProfileName>urn:1</wsmid:SecurityProfileName>"
                        "<wsmid:SecurityProfileName>urn:2</wsmid:SecurityProfileName>"
                        "</wsmid:SecurityProfiles>"));
}

}  // namespace
}  // namespace wsman::xml
