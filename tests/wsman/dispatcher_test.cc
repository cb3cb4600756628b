#include "wsman/dispatcher.h"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dispatcher_fixture.h"

namespace wsman {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

std::string SensorDocument(std::string_view children) {
  return "<p:TestSensor xmlns:p=\"" + std::string(kSensorUri) + "\">" + std::string(children) +
         "</p:TestSensor>";
}

TEST_F(DispatcherTest, GetAnswersTheRepresentation) {
  const std::string reply = ExpectSuccess(Transfer("Get"));
  EXPECT_THAT(reply, HasSubstr("<a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/"
                               "GetResponse</a:Action>"));
  EXPECT_THAT(reply, HasSubstr("<p:Name>sensor 1</p:Name>"));
  EXPECT_THAT(reply, HasSubstr("<p:Codes>255</p:Codes>"));
}

TEST_F(DispatcherTest, TheBodyOfGetIsIgnored) {
  Message message = Transfer("Get");
  message.body = "<x>anything</x>";
  EXPECT_THAT(ExpectSuccess(message), HasSubstr("<p:Id>1</p:Id>"));
}

TEST_F(DispatcherTest, TheDmtfFamilyTypesEveryProperty) {
  Message get = Transfer("Get");
  get.uri = kSensorDmtfUri;
  get.selectors += SelectorXml("__cimnamespace", "root/test");
  EXPECT_THAT(ExpectSuccess(get), HasSubstr("<p:Level xsi:type=\"cim:cimUnsignedByte\">7<"));
}

TEST_F(DispatcherTest, ClassNamesAndSelectorsCompareWithoutCase) {
  Message get = Transfer("Get");
  get.uri = "http://schemas.microsoft.com/wbem/wsman/1/WMI/ROOT/Test/testsensor";
  get.selectors = SelectorXml("ID", "1");
  EXPECT_THAT(ExpectSuccess(get), HasSubstr("xmlns:p=\"" + get.uri + "\""));
  EXPECT_EQ(sensors_.keys_seen.back().front().name, "Id");
}

TEST_F(DispatcherTest, UnknownResourcesAreUnreachable) {
  Message get = Transfer("Get");
  for (const char* uri :
       {"http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/Nope",
        "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/TestSensor",
        "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd",
        "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/*", "nonsense", ""}) {
    get.uri = uri;
    ExpectFault(get, "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
  }
}

TEST_F(DispatcherTest, TheNamespaceSelectorMustAgree) {
  Message get = Transfer("Get");
  for (const char* same : {"root/test", "ROOT\\Test", "root//test", "/root/test/"}) {
    get.selectors = SelectorXml("Id", "1") + SelectorXml("__cimnamespace", same);
    ExpectSuccess(get);
  }
  get.selectors = SelectorXml("Id", "1") + SelectorXml("__cimNamespace", "root/cimv2");
  ExpectFault(get, "w:InternalError", "", "2150859067");
  get.uri = kSensorDmtfUri;
  ExpectFault(get, "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
}

TEST_F(DispatcherTest, SelectorsNameTheKeysExactly) {
  Message get = Transfer("Get");
  get.selectors = SelectorXml("Nope", "1");
  ExpectFault(get, "w:InvalidSelectors", "UnexpectedSelectors", "2150858843");
  get.selectors = SelectorXml("Id", "1") + SelectorXml("Name", "x");
  ExpectFault(get, "w:InvalidSelectors", "UnexpectedSelectors", "2150858843");
  get.selectors = "";
  ExpectFault(get, "w:InvalidSelectors", "InsufficientSelectors", "2150858842");
  get.selectors = SelectorXml("Id", "1") + SelectorXml("ID", "1");
  ExpectFault(get, "w:InvalidSelectors", "DuplicateSelectors", "2150858847");
  get.selectors = SelectorXml("Id", "one");
  ExpectFault(get, "w:InvalidSelectors", "TypeMismatch", "2150858844");
}

TEST_F(DispatcherTest, EmbeddedClassesHaveNoAddress) {
  Message get = Transfer("Get");
  get.uri = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/TestPart";
  ExpectFault(get, "w:InvalidSelectors", "", "2150858813");
  Message enumerate =
      Enumeration("Enumerate", "<n:Enumerate><w:OptimizeEnumeration/></n:Enumerate>");
  enumerate.uri = get.uri;
  EXPECT_THAT(ExpectSuccess(enumerate), HasSubstr("<w:Items></w:Items><w:EndOfSequence/>"));
}

TEST_F(DispatcherTest, PutPassesOnlyWhatChanges) {
  Message put = Transfer("Put");
  put.body = SensorDocument(
      "<p:Id>1</p:Id><p:Name>sensor 1</p:Name><p:Level>9</p:Level>"
      "<p:Total>5</p:Total>");
  EXPECT_THAT(ExpectSuccess(put), HasSubstr("<p:Level>9</p:Level>"));
  EXPECT_THAT(sensors_.puts, ElementsAre(ElementsAre(Pair("Level", "9"))));
}

TEST_F(DispatcherTest, PutWithoutChangesIsAnsweredWithoutTheHandler) {
  Message put = Transfer("Put");
  put.body = SensorDocument("<p:Level>7</p:Level>");
  const std::string reply = ExpectSuccess(put);
  EXPECT_THAT(reply, HasSubstr("transfer/PutResponse</a:Action>"));
  EXPECT_THAT(reply, HasSubstr("<p:Level>7</p:Level>"));
  EXPECT_THAT(sensors_.puts, IsEmpty());
}

TEST_F(DispatcherTest, ABadPutChangesNothing) {
  Message put = Transfer("Put");
  put.body = SensorDocument("<p:Name>x</p:Name><p:Level>high</p:Level>");
  ExpectFault(put, "x:InvalidRepresentation", "InvalidValues", "2150858838");
  put.body = "<p:TestSensor xmlns:p=\"urn:other\"/>";
  ExpectFault(put, "x:InvalidRepresentation", "InvalidNamespace", "2150858840");
  put.body = "";
  ExpectFault(put, "x:InvalidRepresentation", "", "2150858773");
  EXPECT_THAT(sensors_.puts, IsEmpty());
}

TEST_F(DispatcherTest, DeleteAnswersAnEmptyBodyOnce) {
  EXPECT_THAT(ExpectSuccess(Transfer("Delete")), HasSubstr("<s:Body></s:Body>"));
  ExpectFault(Transfer("Delete"), "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
  EXPECT_EQ(sensors_.deletions, 1);
}

TEST_F(DispatcherTest, CreateIsNotSupportedWithAnySelectors) {
  Message create = Transfer("Create");
  ExpectFault(create, "a:ActionNotSupported", "", "2150858771");
  create.selectors = SelectorXml("Nope", "1");
  ExpectFault(create, "a:ActionNotSupported", "", "2150858771");
}

TEST_F(DispatcherTest, AMethodAnswersUnderTheRequestsSpelling) {
  sensors_.on_invoke = [](const MethodCall&) {
    return MethodResult{3, {{}, {}, {}, schema::Value(std::string("a & b"))}};
  };
  const std::string reply = ExpectSuccess(Method("adjust", "<p:ACTIVE>True</p:ACTIVE>"));
  EXPECT_THAT(reply, HasSubstr("<a:Action>" + std::string(kSensorUri) + "/adjustResponse<"));
  EXPECT_THAT(reply, HasSubstr("<p:Adjust_OUTPUT "));
  EXPECT_THAT(reply, HasSubstr("<p:Note>a &amp; b</p:Note><p:ReturnValue>3</p:ReturnValue>"));
}

TEST_F(DispatcherTest, ABareMethodNameIsAnActionToo) {
  Message reset = Method("Reset", "");
  reset.action = "Reset";
  EXPECT_THAT(ExpectSuccess(reset),
              HasSubstr("<a:Action>" + std::string(kSensorUri) + "/ResetResponse<"));
}

TEST_F(DispatcherTest, AStaticMethodWorksWithAndWithoutSelectors) {
  Message make = Method("Make", "<p:Name>n</p:Name>");
  ExpectSuccess(make);
  make.selectors = "";
  ExpectSuccess(make);
  EXPECT_THAT(sensors_.keys_seen.back(), IsEmpty());
}

TEST_F(DispatcherTest, AnInstanceMethodNeedsItsInstance) {
  Message reset = Method("Reset", "");
  reset.selectors = "";
  ExpectFault(reset, "w:InvalidSelectors", "InsufficientSelectors", "2150858842");
  reset.selectors = SelectorXml("Id", "99");
  ExpectFault(reset, "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
}

TEST_F(DispatcherTest, BadCallsNeverReachTheHandler) {
  ExpectFault(Method("Explode", ""), "a:ActionNotSupported", "", "2150858771");
  ExpectFault(Method("Make", ""), "w:InvalidParameter", "", "2147942487");
  ExpectFault(Method("Make", "<p:Nam>x</p:Nam>"), "w:InvalidParameter", "InvalidName",
              "2150858837");
  ExpectFault(Method("Make", "<p:Name>x</p:Name><p:Level>x</p:Level>"), "w:InvalidParameter",
              "TypeMismatch", "2150858836");
  Message mismatch = Method("Make", "<p:Name>x</p:Name>");
  mismatch.action = std::string(kSensorUri) + "/Reset";
  ExpectFault(mismatch, "a:ActionNotSupported", "ActionMismatch", "2150858801");
  EXPECT_THAT(sensors_.calls, IsEmpty());
}

TEST_F(DispatcherTest, AnUnknownActionIsNotSupported) {
  Message message = Transfer("Get");
  message.action = "http://example.org/Nothing";
  ExpectFault(message, "a:ActionNotSupported", "", "2150858771");
}

TEST_F(DispatcherTest, AHandlersFaultKeepsItsCode) {
  sensors_.on_invoke = [](const MethodCall&) -> Result<MethodResult> {
    return Fail(FaultCode::kInvalidParameter, "Name is taken; choose another.", 2149580801);
  };
  const Message make = Method("Make", "<p:Name>n</p:Name>");
  ExpectFault(make, "w:InvalidParameter", "", "2149580801");
  EXPECT_THAT(Send(make).body, HasSubstr("<f:Message>Name is taken; choose another.</f:Message>"));
}

TEST_F(DispatcherTest, EveryOperationAsksTheAuthorizer) {
  const std::vector<std::pair<Operation, Message>> all = {
      {Operation::kGet, Transfer("Get")},
      {Operation::kPut, Transfer("Put")},
      {Operation::kDelete, Transfer("Delete")},
      {Operation::kCreate, Transfer("Create")},
      {Operation::kEnumerate, Enumeration("Enumerate", "<n:Enumerate/>")},
      {Operation::kPull, Enumeration("Pull", "<n:Pull/>")},
      {Operation::kRelease, Enumeration("Release", "<n:Release/>")},
      {Operation::kInvoke, Method("Make", "<p:Name>n</p:Name>")},
  };
  for (const auto& [operation, message] : all) {
    authorizer_.forbidden = {operation};
    ExpectFault(message, "w:AccessDenied", "", "5");
  }
  EXPECT_THAT(sensors_.keys_seen, IsEmpty());
  EXPECT_EQ(sensors_.deletions, 0);
}

TEST_F(DispatcherTest, ARequestThatIsNoXmlIsASchemaFaultWithoutRelatesTo) {
  for (const char* bytes : {"", "{}", "<a>", "<!DOCTYPE a><a/>"}) {
    const http::Reply reply = SendBytes(bytes, "application/soap+xml;charset=UTF-8");
    EXPECT_EQ(reply.status, 500);
    EXPECT_THAT(reply.body, HasSubstr("w:SchemaValidationError"));
    EXPECT_THAT(reply.body, Not(HasSubstr("RelatesTo")));
  }
}

TEST_F(DispatcherTest, AnotherCharsetIsAFault) {
  const http::Reply reply =
      SendBytes(Transfer("Get").Text(), "application/soap+xml;charset=ISO-8859-1");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("faultDetail/CharacterSet"));
}

TEST_F(DispatcherTest, ARequestHasAtMost512000Octets) {
  const std::string text = Transfer("Get").Text();
  const std::string longest = text + std::string(512'000 - text.size(), ' ');
  EXPECT_EQ(SendBytes(longest, "application/soap+xml;charset=UTF-8").status, 200);
  const http::Reply reply = SendBytes(longest + " ", "application/soap+xml;charset=UTF-8");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("faultDetail/ServiceEnvelopeLimit"));
}

TEST_F(DispatcherTest, TheMessageIdIsEchoedByteForByte) {
  for (const char* id : {"0", "uuid:aBc", "urn:uuid:1", "8C170E36-30CC-5CD4-8716-49796A9783D7"}) {
    Message get = Transfer("Get");
    get.message_id = id;
    ExpectSuccess(get);
    get.uri = "nonsense";
    ExpectFault(get, "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
  }
}

TEST_F(DispatcherTest, AReplyThatDoesNotFitIsAFaultThatSaysWhetherAnythingHappened) {
  sensors_.instances[0].values[1] = schema::Value(std::string(9'000, 'x'));
  Message get = Transfer("Get");
  get.headers = "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>";
  ExpectFault(get, "w:EncodingLimit", "MaxEnvelopeSize", "2150858823");

  Message put = Transfer("Put");
  put.headers = get.headers;
  put.body = SensorDocument("<p:Level>9</p:Level>");
  ExpectFault(put, "w:EncodingLimit", "UnreportableSuccess", "2150858829");
  EXPECT_EQ(sensors_.puts.size(), 1U);
}

TEST_F(DispatcherTest, TheReplyLimitIsExactInEveryEncoding) {
  Message get = Transfer("Get");
  const std::size_t without_name = ExpectSuccess(get).size() - std::string("sensor 1").size();
  get.headers = "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>";
  sensors_.instances[0].values[1] = schema::Value(std::string(8'192 - without_name, 'x'));
  EXPECT_EQ(ExpectSuccess(get).size(), 8'192U);
  sensors_.instances[0].values[1] = schema::Value(std::string(8'193 - without_name, 'x'));
  ExpectFault(get, "w:EncodingLimit", "MaxEnvelopeSize", "2150858823");
}

TEST_F(DispatcherTest, AnOperationThatTakesTooLongTimesOut) {
  sensors_.hold = true;
  Message reset = Method("Reset", "");
  reset.headers = "<w:OperationTimeout>PT2.5S</w:OperationTimeout>";
  const auto before = std::chrono::steady_clock::now();
  const auto responder = Start(reset);
  EXPECT_FALSE(responder->reply.has_value());
  EXPECT_EQ(responder->deadlines, 1);
  EXPECT_GE(responder->deadline, before + std::chrono::milliseconds(2'500));
  EXPECT_LE(responder->deadline,
            std::chrono::steady_clock::now() + std::chrono::milliseconds(2'500));
  const http::Reply expired = responder->expire();
  EXPECT_EQ(expired.status, 500);
  EXPECT_THAT(expired.body, HasSubstr("<s:Value>w:TimedOut</s:Value>"));
  EXPECT_THAT(expired.body, HasSubstr("Code=\"2150858793\""));
  EXPECT_EQ(Between(expired.body, "<a:RelatesTo>", "<"), reset.message_id);
}

TEST_F(DispatcherTest, ALateAnswerArrivesAfterTheRequestIsGone) {
  sensors_.hold = true;
  Message put = Transfer("Put");
  put.body = SensorDocument("<p:Level>9</p:Level>");
  const auto responders = {Start(put), Start(Method("Reset", "")), Start(Transfer("Delete"))};
  for (const auto& completion : sensors_.held) completion();
  for (const auto& responder : responders) {
    ASSERT_TRUE(responder->reply.has_value());
    EXPECT_EQ(responder->reply->status, 200);
    EXPECT_EQ(responder->deadlines, 1);
  }
}

TEST_F(DispatcherTest, AnInstanceMayBeReadLater) {
  Message put = Transfer("Put");
  put.body = SensorDocument("<p:Level>9</p:Level>");
  Message part = Transfer("Get");
  part.headers = "<w:FragmentTransfer s:mustUnderstand=\"true\">Level</w:FragmentTransfer>";
  for (const Message& message : {Transfer("Get"), part, put}) {
    sensors_.reads_later = false;
    const http::Reply at_once = Send(message);
    sensors_.instances = {MakeSensor(1), MakeSensor(2)};
    sensors_.reads_later = true;
    const auto responder = Start(message);
    EXPECT_FALSE(responder->reply.has_value());
    EXPECT_EQ(responder->deadlines, 1);
    sensors_.held.back()();
    ASSERT_TRUE(responder->reply.has_value());
    EXPECT_EQ(Between(responder->reply->body, "<s:Body>", "</s:Body>"),
              Between(at_once.body, "<s:Body>", "</s:Body>"));
    sensors_.instances = {MakeSensor(1), MakeSensor(2)};
  }
}

TEST_F(DispatcherTest, AnExceptionBecomesAFaultThatTellsNothing) {
  sensors_.on_invoke = [](const MethodCall&) -> Result<MethodResult> {
    throw std::runtime_error("secret /var/lib path");
  };
  const Message reset = Method("Reset", "");
  ExpectFault(reset, "w:InternalError", "", "1359");
  EXPECT_THAT(Send(reset).body, Not(HasSubstr("secret")));
}

TEST_F(DispatcherTest, AFragmentIsReadAndWrittenAlone) {
  Message get = Transfer("Get");
  get.headers = "<w:FragmentTransfer s:mustUnderstand=\"true\">Level</w:FragmentTransfer>";
  const std::string reply = ExpectSuccess(get);
  EXPECT_THAT(reply, HasSubstr("><p:Level>7</p:Level></w:XmlFragment>"));
  EXPECT_THAT(reply, HasSubstr(">Level</w:FragmentTransfer>"));

  Message put = Transfer("Put");
  put.headers = get.headers;
  put.body = "<w:XmlFragment><Level>8</Level></w:XmlFragment>";
  EXPECT_THAT(ExpectSuccess(put), HasSubstr("><p:Level>8</p:Level></w:XmlFragment>"));
  EXPECT_THAT(sensors_.puts, ElementsAre(ElementsAre(Pair("Level", "8"))));
}

TEST_F(DispatcherTest, FragmentsOfOtherOperationsAreAFault) {
  Message remove = Transfer("Delete");
  remove.headers = "<w:FragmentTransfer s:mustUnderstand=\"true\">Level</w:FragmentTransfer>";
  ExpectFault(remove, "w:UnsupportedFeature", "FragmentLevelAccess", "2150858871");
  Message reset = Method("Reset", "");
  reset.headers = remove.headers;
  ExpectFault(reset, "w:UnsupportedFeature", "FragmentLevelAccess", "2150858871");
  EXPECT_EQ(sensors_.deletions, 0);
  EXPECT_THAT(sensors_.calls, IsEmpty());
}

TEST_F(DispatcherTest, EnumerationsAreNeitherRenewedNorAskedForTheirState) {
  for (const char* operation : {"Renew", "GetStatus"})
    ExpectFault(Enumeration(operation, "<n:" + std::string(operation) + "/>"),
                "a:ActionNotSupported", "", "2150858771");
}

TEST_F(DispatcherTest, ClearTextIsRefusedWithTheNameOfTheSetting) {
  const http::Reply reply = dispatcher_->RefuseClearText();
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.content_type, "application/soap+xml;charset=UTF-8");
  EXPECT_THAT(reply.body, HasSubstr("w:AccessDenied"));
  EXPECT_THAT(reply.body, HasSubstr("server.allow_unencrypted"));
}

}  // namespace
}  // namespace wsman
