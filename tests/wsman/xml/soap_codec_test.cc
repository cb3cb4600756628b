#include "wsman/xml/soap_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "wsman/xml/xml_guard.h"

namespace wsman::xml {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

constexpr std::string_view kStart =
    "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
    "xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
    "xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\" "
    "xmlns:p=\"http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">";

std::string Envelope(std::string_view headers, std::string_view body) {
  return std::string(kStart)
      .append("<s:Header>")
      .append(headers)
      .append("</s:Header><s:Body>")
      .append(body)
      .append("</s:Body></s:Envelope>");
}

Request Parse(const std::string& document) {
  EXPECT_TRUE(CheckDocument(document)) << document;
  const Result<Request> request = ParseEnvelope(document);
  EXPECT_TRUE(request) << document << (request ? "" : request.error().text);
  return request.value_or(Request{});
}

Element Body(std::string_view body) {
  const Request request = Parse(Envelope("", body));
  EXPECT_TRUE(request.body);
  return request.body.value_or(Element{});
}

FaultCode CodeOf(const std::string& document) {
  EXPECT_TRUE(CheckDocument(document)) << document;
  const Result<Request> request = ParseEnvelope(document);
  EXPECT_FALSE(request) << document;
  return request ? FaultCode::kInternalError : request.error().code;
}

std::vector<std::string> NotUnderstood(std::string_view headers) {
  std::vector<std::string> names;
  for (const UnknownHeader& header : Parse(Envelope(headers, "")).not_understood)
    names.push_back("{" + header.name_space + "}" + header.name);
  return names;
}

TEST(SoapCodecTest, TextIsKeptExactly) {
  EXPECT_EQ(Body("<r> a b \n</r>").text, " a b \n");
  EXPECT_EQ(Body("<r>   </r>").text, "   ");
  EXPECT_EQ(Body("<r></r>").text, "");
  EXPECT_EQ(Body("<r/>").text, "");
}

TEST(SoapCodecTest, CdataAndReferencesAreResolved) {
  EXPECT_EQ(Body("<r>a<![CDATA[<b>&#65;]]>c</r>").text, "a<b>&#65;c");
  EXPECT_EQ(Body("<r><![CDATA[ a ]]></r>").text, " a ");
  EXPECT_EQ(Body("<r><![CDATA[]]></r>").text, "");
  EXPECT_EQ(Body("<r><![CDATA[a]]]]><![CDATA[>b]]></r>").text, "a]]>b");
  EXPECT_EQ(Body("<r>&lt;&gt;&amp;&quot;&apos;</r>").text, "<>&\"'");
  EXPECT_EQ(Body("<r>a<!-- c -->b</r>").text, "ab");
}

TEST(SoapCodecTest, LongCharacterReferencesAreOneCharacter) {
  EXPECT_EQ(Body("<r>&#x1F600;|&#128512;|&#x00000041;</r>").text,
            "\xF0\x9F\x98\x80|\xF0\x9F\x98\x80|A");
  EXPECT_EQ(Body("<r a='&#x1F600;'/>").attributes[0].value, "\xF0\x9F\x98\x80");
}

TEST(SoapCodecTest, LineEndsAreLineFeedsUnlessReferred) {
  EXPECT_EQ(Body("<r>a\r\nb\rc&#13;d</r>").text, "a\nb\nc\rd");
}

TEST(SoapCodecTest, NonAsciiTextIsUtf8) {
  EXPECT_EQ(Body("<r>z\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80</r>").text,
            "z\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(SoapCodecTest, NilAbsentAndEmptyAreDifferent) {
  const Element body = Body("<r><a xsi:nil='true'/><b xsi:nil='1'/><c/><d xsi:nil='false'/></r>");
  ASSERT_EQ(body.children.size(), 4u);
  EXPECT_TRUE(body.children[0].nil);
  EXPECT_TRUE(body.children[1].nil);
  EXPECT_FALSE(body.children[2].nil);
  EXPECT_FALSE(body.children[3].nil);
}

TEST(SoapCodecTest, ElementsKeepOrderNamesAndNamespaces) {
  const Element body = Body(
      "<q:r xmlns:q='urn:q' xmlns='urn:d'><x/><q:y xmlns:q='urn:inner'><q:z/></q:y><q:x/>"
      "<x xmlns=''/></q:r>");
  EXPECT_EQ(body.name_space, "urn:q");
  ASSERT_EQ(body.children.size(), 4u);
  EXPECT_EQ(body.children[0].name_space, "urn:d");
  EXPECT_EQ(body.children[1].name_space, "urn:inner");
  EXPECT_EQ(body.children[1].children[0].name_space, "urn:inner");
  EXPECT_EQ(body.children[2].name_space, "urn:q");
  EXPECT_EQ(body.children[3].name_space, "");
}

TEST(SoapCodecTest, AnElementWithChildrenHasNoText) {
  const Element body = Body("<r>\n  <a>1</a>\n  <b>2</b>\n</r>");
  EXPECT_EQ(body.text, "");
  ASSERT_EQ(body.children.size(), 2u);
  EXPECT_EQ(body.children[1].text, "2");
}

TEST(SoapCodecTest, AttributesAreKeptWithoutNamespacesAndSchemaInstance) {
  const Element body = Body(
      "<r xmlns:q='urn:q' xsi:type='q:T' id='1' href='#1' q:n='2' xml:lang='de' e=''><c/></r>");
  std::vector<std::string> attributes;
  for (const Selector& attribute : body.attributes)
    attributes.push_back(attribute.name + "=" + attribute.value);
  EXPECT_THAT(attributes, testing::UnorderedElementsAre("id=1", "href=#1", "n=2", "lang=de", "e="));
  EXPECT_THAT(body.children[0].attributes, IsEmpty());
}

TEST(SoapCodecTest, TypesThatDoNotResolveAreNoObstacle) {
  EXPECT_EQ(Body("<r xsi:type='nowhere:T'><a xsi:type='cim:cimString'>x</a></r>").children[0].text,
            "x");
}

TEST(SoapCodecTest, ElementsOfABodyAreCountedAndTheFirstIsRead) {
  EXPECT_EQ(Parse(Envelope("", "")).body_children, 0u);
  EXPECT_EQ(Parse(Envelope("", " \n ")).body_children, 0u);
  const Request request = Parse(Envelope("", "<a>1</a><b><c/></b>"));
  EXPECT_EQ(request.body_children, 2u);
  EXPECT_EQ(request.body->name, "a");
}

TEST(SoapCodecTest, EmptyBodiesHaveManyForms) {
  for (const std::string_view body : {"<s:Body/>", "<s:Body></s:Body>", "<s:Body> \n</s:Body>"}) {
    const Request request = Parse(std::string(kStart).append(body).append("</s:Envelope>"));
    EXPECT_FALSE(request.body) << body;
  }
}

TEST(SoapCodecTest, HeaderTextsAreTrimmed) {
  const Request request = Parse(Envelope(
      "<a:Action>\n http://x \t</a:Action><a:ReplyTo><a:Address> addr </a:Address></a:ReplyTo>"
      "<w:OperationTimeout> PT1S </w:OperationTimeout>",
      ""));
  EXPECT_THAT(request.action, Optional(std::string("http://x")));
  EXPECT_THAT(request.reply_to, Optional(std::string("addr")));
  EXPECT_EQ(request.operation_timeout->value, "PT1S");
}

TEST(SoapCodecTest, TheMessageIdIsKeptByteForByte) {
  EXPECT_THAT(
      Parse(Envelope("<a:MessageID> uuid:aB&amp;<![CDATA[<]]> </a:MessageID>", "")).message_id,
      Optional(std::string(" uuid:aB&< ")));
}

TEST(SoapCodecTest, AReplyIsReadWithWhatItRelatesTo) {
  EXPECT_THAT(Parse(Envelope("<a:RelatesTo>uuid:1</a:RelatesTo>"
                             "<s:NotUnderstood qname='q:X' xmlns:q='urn:q'/>",
                             ""))
                  .relates_to,
              Optional(std::string("uuid:1")));
}

TEST(SoapCodecTest, SelectorAndOptionValuesAreNotTrimmed) {
  const Request request = Parse(Envelope(
      "<w:SelectorSet><w:Selector Name='A'> x </w:Selector><w:Selector Name='B'/></w:SelectorSet>"
      "<w:OptionSet><w:Option Name='O' MustComply='true'> y </w:Option><w:Option Name='P'/>"
      "</w:OptionSet>",
      ""));
  ASSERT_EQ(request.selectors.size(), 2u);
  EXPECT_EQ(request.selectors[0].value, " x ");
  EXPECT_EQ(request.selectors[1].name, "B");
  EXPECT_EQ(request.selectors[1].value, "");
  ASSERT_EQ(request.options.size(), 2u);
  EXPECT_EQ(request.options[0].value, " y ");
  EXPECT_TRUE(request.options[0].must_comply);
  EXPECT_FALSE(request.options[1].must_comply);
}

TEST(SoapCodecTest, FragmentTransferHasPathDialectAndMark) {
  const Request request = Parse(Envelope(
      "<w:FragmentTransfer s:mustUnderstand='true' Dialect='http://d'> State </w:FragmentTransfer>",
      ""));
  ASSERT_TRUE(request.fragment);
  EXPECT_EQ(request.fragment->value, "State");
  EXPECT_TRUE(request.fragment->must_understand);
  EXPECT_EQ(request.fragment_dialect, "http://d");
}

TEST(SoapCodecTest, TheEstimateIsAskedForByAnEmptyHeader) {
  EXPECT_TRUE(Parse(Envelope("<w:RequestTotalItemsCountEstimate/>", "")).total_items_estimate);
  EXPECT_FALSE(Parse(Envelope("", "")).total_items_estimate);
}

TEST(SoapCodecTest, MustUnderstandHasFourLexicalForms) {
  EXPECT_THAT(NotUnderstood("<q:X xmlns:q='urn:q' s:mustUnderstand='true'/>"),
              ElementsAre("{urn:q}X"));
  EXPECT_THAT(NotUnderstood("<q:X xmlns:q='urn:q' s:mustUnderstand=' 1 '/>"),
              ElementsAre("{urn:q}X"));
  EXPECT_THAT(NotUnderstood("<q:X xmlns:q='urn:q' s:mustUnderstand='false'/>"), IsEmpty());
  EXPECT_THAT(NotUnderstood("<q:X xmlns:q='urn:q' s:mustUnderstand='0'/>"), IsEmpty());
  EXPECT_THAT(NotUnderstood("<q:X xmlns:q='urn:q'/>"), IsEmpty());
  EXPECT_THAT(NotUnderstood("<X s:mustUnderstand='1'/>"), ElementsAre("{}X"));
}

TEST(SoapCodecTest, OnlySoapsMustUnderstandCounts) {
  EXPECT_THAT(NotUnderstood("<q:X xmlns:q='urn:q' mustUnderstand='true'/>"), IsEmpty());
  EXPECT_THAT(NotUnderstood("<q:X xmlns:q='urn:q' q:mustUnderstand='true'/>"), IsEmpty());
  const Request request = Parse(
      "<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope' "
      "xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'><Header>"
      "<q:X xmlns:q='urn:q' mustUnderstand='true'/><w:Locale mustUnderstand='true'/></Header>"
      "<Body/></Envelope>");
  EXPECT_THAT(request.not_understood, IsEmpty());
  EXPECT_FALSE(request.locale->must_understand);
}

TEST(SoapCodecTest, OnlyHeaderBlocksAreAskedToBeUnderstood) {
  EXPECT_THAT(NotUnderstood("<a:ReplyTo><a:Address s:mustUnderstand='true'>x</a:Address>"
                            "<q:X xmlns:q='urn:q' s:mustUnderstand='true'/></a:ReplyTo>"
                            "<q:Y xmlns:q='urn:q'><q:Z s:mustUnderstand='true'/></q:Y>"),
              IsEmpty());
}

TEST(SoapCodecTest, HeadersForOtherRolesAreLeftToThem) {
  const std::string next = "http://www.w3.org/2003/05/soap-envelope/role/next";
  EXPECT_THAT(NotUnderstood("<q:X xmlns:q='urn:q' s:mustUnderstand='1' s:role='urn:cache'/>"),
              IsEmpty());
  EXPECT_THAT(NotUnderstood("<q:X xmlns:q='urn:q' s:mustUnderstand='1' s:role='" + next + "'/>"),
              ElementsAre("{urn:q}X"));
}

TEST(SoapCodecTest, KnownHeadersMayInsist) {
  EXPECT_THAT(NotUnderstood("<p:SessionId s:mustUnderstand='true'>1</p:SessionId>"
                            "<p:SessionId s:mustUnderstand='true'>2</p:SessionId>"
                            "<p:DataLocale xml:lang='de' s:mustUnderstand='true'/>"
                            "<p:OperationID s:mustUnderstand='true'>1</p:OperationID>"
                            "<p:SequenceId s:mustUnderstand='true'>1</p:SequenceId>"
                            "<p:ActivityId s:mustUnderstand='true'>1</p:ActivityId>"
                            "<w:OptionSet s:mustUnderstand='true'/>"),
              IsEmpty());
}

TEST(SoapCodecTest, DuplicateHeadersAreReportedAndTheFirstCounts) {
  const Request request = Parse(
      Envelope("<a:To s:mustUnderstand='true'>1</a:To><a:To s:mustUnderstand='true'>2</a:To>"
               "<w:SelectorSet/><w:SelectorSet><w:Selector Name='A'>1</w:Selector></w:SelectorSet>",
               ""));
  EXPECT_THAT(request.duplicate_headers, ElementsAre("To", "SelectorSet"));
  EXPECT_THAT(request.to, Optional(std::string("1")));
  EXPECT_THAT(request.not_understood, IsEmpty());
}

TEST(SoapCodecTest, AbsentAndEmptyHeadersAreDifferent) {
  EXPECT_EQ(Parse(Envelope("", "")).message_id, std::nullopt);
  EXPECT_THAT(Parse(Envelope("<a:MessageID/>", "")).message_id, Optional(std::string()));
  EXPECT_THAT(Parse(Envelope("<a:MessageID></a:MessageID>", "")).message_id,
              Optional(std::string()));
}

TEST(SoapCodecTest, OtherEnvelopesAreAVersionMismatch) {
  EXPECT_EQ(CodeOf("<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/>"
                   "</s:Envelope>"),
            FaultCode::kVersionMismatch);
  EXPECT_EQ(CodeOf("<s:Envelope xmlns:s='urn:x'><s:Body/></s:Envelope>"),
            FaultCode::kVersionMismatch);
  EXPECT_EQ(CodeOf("<Envelope><Body/></Envelope>"), FaultCode::kVersionMismatch);
}

TEST(SoapCodecTest, OtherDocumentsAreNoEnvelope) {
  EXPECT_EQ(CodeOf("<html/>"), FaultCode::kSchemaValidationError);
  EXPECT_EQ(CodeOf("<s:Body xmlns:s='http://www.w3.org/2003/05/soap-envelope'/>"),
            FaultCode::kSchemaValidationError);
}

TEST(SoapCodecTest, AnEnvelopeHasOneBodyAfterOneHeader) {
  for (const std::string_view inside :
       {"", "<s:Header/>", "<s:Body/><s:Body/>", "<s:Body/><x/>", "<s:Body/><s:Header/>",
        "<s:Header/><s:Header/><s:Body/>", "<x/><s:Body/>"})
    EXPECT_EQ(CodeOf(std::string(kStart).append(inside).append("</s:Envelope>")),
              FaultCode::kSchemaValidationError)
        << inside;
}

TEST(SoapCodecTest, AFailureLeavesNothingBehindForTheNextMessage) {
  const std::string good = Envelope("<a:Action>x</a:Action>", "<r>1</r>");
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(ParseEnvelope("<html/>"));
    EXPECT_FALSE(ParseEnvelope(std::string(kStart) + "<s:Body><a>"));
    EXPECT_FALSE(ParseEnvelope(std::string(kStart) + "<s:Header><a:Action>y</a:Action>"));
    const Request request = Parse(good);
    EXPECT_THAT(request.action, Optional(std::string("x")));
    EXPECT_EQ(request.body->text, "1");
    EXPECT_EQ(Parse(Envelope("", "")).action, std::nullopt);
  }
}

TEST(SoapCodecTest, AMessageLeavesNothingBehindForTheNextMessage) {
  const Request full = Parse(Envelope(
      "<a:Action>x</a:Action><w:SelectorSet><w:Selector Name=\"n\">v</w:Selector></w:SelectorSet>",
      "<q:b xmlns:q=\"u\" c=\"1\" xsi:nil=\"true\"/>"));
  EXPECT_EQ(full.body->name_space, "u");
  EXPECT_TRUE(full.body->nil);
  for (int i = 0; i < 2; ++i) {
    const Request bare = Parse(Envelope("", "<b>t</b>"));
    EXPECT_FALSE(bare.action);
    EXPECT_THAT(bare.selectors, IsEmpty());
    EXPECT_EQ(bare.body->name_space, "");
    EXPECT_EQ(bare.body->text, "t");
    EXPECT_FALSE(bare.body->nil);
    EXPECT_THAT(bare.body->attributes, IsEmpty());
  }
  EXPECT_EQ(CodeOf("<Envelope/>"), FaultCode::kVersionMismatch);
  EXPECT_EQ(Parse(Envelope("<a:Action>y</a:Action>", "")).action, "y");
}

TEST(SoapCodecTest, NamesOfAttributesAreNotMixedUpAcrossMessages) {
  for (int message = 0; message < 5; ++message) {
    std::string body = "<b";
    for (int i = 0; i < 10; ++i) {
      const std::string number = std::to_string(10 * message + i);
      body.append(" n").append(number).append("=\"").append(number).append("\"");
    }
    const Element element = Body(body + "/>");
    ASSERT_EQ(element.attributes.size(), 10u);
    for (const Selector& attribute : element.attributes)
      EXPECT_EQ(attribute.name, "n" + attribute.value);
  }
}

TEST(SoapCodecTest, TheNameOfASubscriptionIsAHeader) {
  const std::string header =
      R"(<e:Identifier xmlns:e="http://schemas.xmlsoap.org/ws/2004/08/eventing" )"
      R"(s:mustUnderstand="true"> uuid:1 </e:Identifier>)";
  const Request request = Parse(Envelope(header, ""));
  EXPECT_THAT(request.subscription, Optional(std::string("uuid:1")));
  EXPECT_TRUE(request.not_understood.empty());
  EXPECT_THAT(Parse(Envelope(header + header, "")).duplicate_headers, ElementsAre("Identifier"));
  EXPECT_EQ(Parse(Envelope("", "")).subscription, std::nullopt);
}

std::string ReplyTo(std::string_view inside) {
  return Envelope("<a:ReplyTo><a:Address>x</a:Address>" + std::string(inside) + "</a:ReplyTo>", "");
}

TEST(SoapCodecTest, ReferencesOfReplyToAndFaultToAreKept) {
  const Request request =
      Parse(Envelope("<a:ReplyTo><a:ReferenceParameters><t:A xmlns:t='urn:t' n='1' t:m='2' "
                     "xsi:nil='true'> a <!-- -->"
                     "</t:A><B><C>c</C></B></a:ReferenceParameters><a:Address> x </a:Address>"
                     "<a:ReferenceProperties><D/></a:ReferenceProperties></a:ReplyTo>"
                     "<a:FaultTo><a:ReferenceParameters><E/></a:ReferenceParameters></a:FaultTo>"
                     "<a:From><a:ReferenceParameters><F/></a:ReferenceParameters></a:From>",
                     "<body t:m='1' xmlns:t='urn:t'/>"));
  EXPECT_THAT(request.reply_to, Optional(std::string("x")));
  ASSERT_EQ(request.reply_references.size(), 3u);
  EXPECT_EQ(request.reply_references[0].name_space, "urn:t");
  EXPECT_EQ(request.reply_references[0].text, " a ");
  ASSERT_EQ(request.reply_references[0].attributes.size(), 1u);
  EXPECT_EQ(request.reply_references[0].attributes[0].name, "n");
  EXPECT_EQ(request.reply_references[1].children.at(0).text, "c");
  EXPECT_EQ(request.reply_references[2].name, "D");
  ASSERT_EQ(request.fault_references.size(), 1u);
  EXPECT_EQ(request.fault_references[0].name, "E");
  EXPECT_EQ(request.body->attributes.size(), 1u);
}

TEST(SoapCodecTest, ReferencesOfOddFormsDoNoHarm) {
  for (const char* odd :
       {"<a:ReferenceParameters/>", "<a:ReferenceParameters> </a:ReferenceParameters>",
        "<a:ReferenceParameters href='#x'/>", "<a:ReferenceParameters id='x' href='#x'/>",
        "<a:ReferenceParameters xsi:nil='true'/>",
        "<a:ReferenceParameters>text</a:ReferenceParameters>",
        "<a:ReferenceParameters id='x'/><a:ReferenceProperties href='#x'/>"})
    EXPECT_THAT(Parse(ReplyTo(odd)).reply_references, IsEmpty()) << odd;
  const std::string twice = "<a:ReferenceParameters><A/></a:ReferenceParameters>";
  EXPECT_EQ(Parse(ReplyTo(twice + twice)).reply_references.size(), 1u);
}

TEST(SoapCodecTest, ThreadsReadIndependently) {
  const auto read = [](int number) {
    const std::string text = std::to_string(number);
    const std::string document =
        Envelope("<a:Action>" + text + "</a:Action>", "<r>" + text + "</r>");
    for (int i = 0; i < 200; ++i) {
      const Result<Request> request = ParseEnvelope(document);
      ASSERT_TRUE(request);
      ASSERT_EQ(request->action, text);
      ASSERT_EQ(request->body->text, text);
    }
  };
  std::jthread first(read, 1);
  std::jthread second(read, 2);
  read(3);
}

}  // namespace
}  // namespace wsman::xml
