// Messages of real clients (tests/corpus) against a class that is not the real
// one: what must come back is what each client was seen to need.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/bits_classes.h"
#include "service_fixture.h"
#include "wsman/xml/charset.h"

namespace wsman {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

std::string ReadCorpus(const std::string& name) {
  const std::filesystem::path folder = std::filesystem::path(BITSD_SOURCE_DIR) / "tests/corpus";
  std::ifstream file(folder / name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Replaced(std::string text, const std::string& token, const std::string& value) {
  for (std::size_t at = text.find(token); at != std::string::npos; at = text.find(token, at))
    text.replace(at, token.size(), value);
  return text;
}

class CorpusTest : public ServiceTest {
 protected:
  CorpusTest() {
    jobs_.on_invoke = [](const MethodCall& call) -> Result<MethodResult> {
      if (call.method->name == "SetJobState" && std::get<std::uint64_t>(call.arguments.front()) > 3)
        return Fail(FaultCode::kInvalidParameter, "JobState must be 0 to 3.", 2147942487);
      MethodResult result;
      result.outputs.resize(call.method->parameters.size());
      if (call.method->name == "CreateJob") result.outputs.back() = std::string(kJobId);
      return result;
    };
  }

  http::Reply SendFile(const std::string& name,
                       const std::string& content_type = "application/soap+xml;charset=UTF-8") {
    std::string text = Replaced(ReadCorpus(name), "@JOBID@", std::string(kJobId));
    text = Replaced(std::move(text), "@CTX@", context_);
    message_id_ = Between(text, "MessageID>", "<");
    if (message_id_.empty())
      message_id_ = Between(text, "MessageID s:mustUnderstand=\"true\">", "<");
    return SendBytes(std::move(text), content_type);
  }

  std::string Succeeds(const std::string& name) {
    const http::Reply reply = SendFile(name);
    EXPECT_EQ(reply.status, 200) << name << reply.body;
    EXPECT_EQ(Between(reply.body, "<a:RelatesTo>", "<"), message_id_) << name;
    return reply.body;
  }

  std::string Fails(const std::string& name, std::string_view subcode, std::string_view detail,
                    std::string_view code) {
    const http::Reply reply = SendFile(name);
    EXPECT_EQ(reply.status, 500) << name;
    EXPECT_EQ(Between(reply.body, "<s:Subcode><s:Value>", "<"), subcode) << name << reply.body;
    if (!detail.empty()) {
      EXPECT_THAT(reply.body, HasSubstr("faultDetail/" + std::string(detail) + "<")) << name;
    }
    EXPECT_THAT(reply.body, HasSubstr("Code=\"" + std::string(code) + "\"")) << name;
    return reply.body;
  }

  void ExpectUntouched() {
    EXPECT_THAT(jobs_.calls, IsEmpty());
    EXPECT_THAT(jobs_.puts, IsEmpty());
    EXPECT_EQ(jobs_.deletions, 0);
  }

  std::string context_ = "uuid:none";
  std::string message_id_;
};

TEST_F(CorpusTest, IdentifyIsAnsweredToStrangersAndCallers) {
  const auto stranger =
      dispatcher_->HandleAnonymousIdentify(ReadCorpus("01-ps-testwsman-identify-noauth.xml"));
  ASSERT_TRUE(stranger.has_value());
  EXPECT_THAT(stranger->body, HasSubstr("OS: 0.0.0 SP: 0.0 Stack: 3.0"));
  EXPECT_EQ(SendFile("02-ps-connectwsman-identify-auth.xml").status, 200);
}

TEST_F(CorpusTest, TheSeedScriptRunsFromEndToEnd) {
  const std::string created = Succeeds("04-seed1-invoke-createjob.xml");
  EXPECT_THAT(created, HasSubstr("<a:Action>" + std::string(kJobUri) + "/CreateJobResponse<"));
  EXPECT_THAT(created, HasSubstr("<p:JobId>" + std::string(kJobId) + "</p:JobId>"));
  EXPECT_THAT(created, HasSubstr("<p:ReturnValue>0</p:ReturnValue></p:CreateJob_OUTPUT>"));
  EXPECT_THAT(Succeeds("05-seed2a-set-get.xml"), HasSubstr("<p:Priority>2</p:Priority>"));
  EXPECT_THAT(Succeeds("06-seed2b-set-put-priority.xml"), HasSubstr("<p:Priority>0</p:Priority>"));
  EXPECT_THAT(jobs_.puts, ElementsAre(ElementsAre(Pair("Priority", "0"))));
  Succeeds("07-seed3-setjobstate-resume.xml");
  EXPECT_THAT(Succeeds("08-seed4a-get-poll.xml"), HasSubstr("<p:State>6</p:State>"));
  Succeeds("09-seed4b-setjobstate-complete.xml");
  Succeeds("10-seed4c-setjobstate-cancel.xml");
  ASSERT_EQ(jobs_.calls.size(), 4U);
  EXPECT_EQ(schema::ToText(jobs_.calls[1].arguments[0]), "2");
}

TEST_F(CorpusTest, JobsAreEnumerated) {
  const std::string all = Succeeds("11-soe-enumerate-all.xml");
  EXPECT_THAT(all, HasSubstr("<w:Items><p:BitsClientJob xmlns:xsi="));
  EXPECT_THAT(all, HasSubstr("</w:Items><w:EndOfSequence/>"));
  const std::string typed = Succeeds("43-cim-enum-instances.xml");
  EXPECT_THAT(typed, HasSubstr("<w:Item "));
  EXPECT_THAT(typed, HasSubstr("xsi:type=\"cim:cimUnsignedInt\""));
  EXPECT_THAT(typed, HasSubstr("Name=\"__cimnamespace\">root/microsoft/bits<"));
}

TEST_F(CorpusTest, EveryClientsPullIsAnswered) {
  for (const char* enumerate : {"57-ow-enumerate.xml", "73-amt-enumerate.xml"}) {
    context_ = Between(Succeeds(enumerate), "<n:EnumerationContext>", "<");
    ASSERT_FALSE(context_.empty()) << enumerate;
    EXPECT_THAT(Succeeds(enumerate[0] == '5' ? "13-pull.xml" : "74-amt-pull.xml"),
                HasSubstr("</n:Items><n:EndOfSequence/>"));
  }
  context_ = Between(Succeeds("57-ow-enumerate.xml"), "<n:EnumerationContext>", "<");
  EXPECT_THAT(Succeeds("14-release.xml"), HasSubstr("<s:Body></s:Body>"));
}

TEST_F(CorpusTest, MethodsAreCalledInEveryClientsWay) {
  for (const char* name :
       {"15-soe-addfile.xml", "16-invoke-addfile-mofcase.xml", "18-vmm-geterror.xml",
        "20-invoke-input-foreign-namespace.xml", "22-invoke-boolean-capital.xml",
        "55-ow-invoke.xml", "67-pywinrm-invoke.xml"})
    EXPECT_THAT(Succeeds(name), HasSubstr("<p:ReturnValue>0</p:ReturnValue>")) << name;
  EXPECT_EQ(jobs_.calls.size(), 7U);
}

TEST_F(CorpusTest, JobsAreReadInEveryClientsWay) {
  for (const char* name : {"53-ow-get.xml", "66-pywinrm-get.xml", "71-amt-get.xml",
                           "89-mustunderstand-one.xml", "35-get-optionset.xml"}) {
    const std::string reply = Succeeds(name);
    EXPECT_THAT(reply, HasSubstr("<p:JobId>" + std::string(kJobId) + "</p:JobId>")) << name;
    EXPECT_THAT(reply, HasSubstr("transfer/GetResponse</a:Action>")) << name;
  }
}

TEST_F(CorpusTest, CimClientsReadAndWriteTheirFamily) {
  EXPECT_THAT(Succeeds("44-cim-get-instance.xml"),
              HasSubstr("<p:JobCreationTime xsi:type=\"cim:cimUnsignedLong\" xsi:nil=\"true\"/>"));
  EXPECT_THAT(Succeeds("48-cim-set-priority.xml"),
              HasSubstr("<p:Priority xsi:type=\"cim:cimUnsignedInt\">0</p:Priority>"));
  EXPECT_THAT(Succeeds("46-cim-invoke-createjob.xml"), HasSubstr("<p:CreateJob_OUTPUT "));
}

TEST_F(CorpusTest, Utf16IsAnsweredInUtf16) {
  for (const char* name : {"82-utf16le-bom.xml", "83-utf16be-bom.xml", "84-utf16le-nobom.xml"}) {
    const bool is_big_endian = name[1] == '3';
    const auto wide = [is_big_endian](std::string_view text) {
      std::string bytes;
      for (const char c : text)
        bytes += is_big_endian ? std::string{'\0', c} : std::string{c, '\0'};
      return bytes;
    };
    const std::string bytes = Replaced(ReadCorpus(name), wide("@JOBID@"), wide(kJobId));
    const http::Reply reply = SendBytes(bytes, "application/soap+xml;charset=UTF-16");
    EXPECT_EQ(reply.status, 200) << name;
    EXPECT_THAT(reply.content_type, HasSubstr("charset=UTF-16"));
    const auto text = xml::Decode(reply.body, reply.content_type);
    ASSERT_TRUE(text.has_value());
    EXPECT_THAT(text->utf8, HasSubstr("<p:JobId>" + std::string(kJobId)));
  }
}

TEST_F(CorpusTest, FiltersAndFragmentsWork) {
  jobs_.instances.push_back(MakeJob("{00000000-0000-0000-0000-0000000000AA}"));
  Succeeds("06-seed2b-set-put-priority.xml");
  const std::string filtered = Succeeds("27-enumerate-selectorfilter.xml");
  EXPECT_THAT(filtered, HasSubstr(std::string(kJobId)));
  EXPECT_THAT(filtered, Not(HasSubstr("0000000000AA")));
  EXPECT_THAT(Succeeds("29-enumerate-association.xml"),
              HasSubstr("<w:Items></w:Items><w:EndOfSequence/>"));
  EXPECT_THAT(Succeeds("30-fragment-get.xml"), HasSubstr("><p:Priority>0</p:Priority></w:Xml"));
  EXPECT_THAT(Succeeds("32-fragment-put.xml"), HasSubstr("><p:Priority>3</p:Priority></w:Xml"));
}

TEST_F(CorpusTest, QueriesWork) {
  jobs_.instances.push_back(MakeInstance(
      schema::BitsClientJob(), {{"JobId", std::string("{00000000-0000-0000-0000-0000000000AA}")},
                                {"State", std::uint64_t{3}}}));
  const std::string transferred = Succeeds("25-enumerate-wql.xml");
  EXPECT_THAT(transferred, HasSubstr("<w:Items><p:BitsClientJob xmlns:xsi="));
  EXPECT_THAT(transferred, HasSubstr("xmlns:p=\"" + std::string(kJobUri) + "\""));
  EXPECT_THAT(transferred, HasSubstr(std::string(kJobId)));
  EXPECT_THAT(transferred, Not(HasSubstr("0000000000AA")));
  Fails("N50-wql-syntax.xml", "n:CannotProcessFilter", "", "2150858778");
}

TEST_F(CorpusTest, ClassesAndConfigurationAreRead) {
  const std::string job = Succeeds("41-cim-getclass.xml");
  EXPECT_THAT(job, HasSubstr("<s:Body><CLASS NAME=\"BitsClientJob\">"));
  EXPECT_THAT(job, HasSubstr("<QUALIFIER NAME=\"key\" TYPE=\"boolean\""));
  EXPECT_THAT(Succeeds("36-config-get.xml"), HasSubstr("<cfg:MaxEnvelopeSizekb>500<"));
  dispatcher_->SetEndpoints({"http://127.0.0.1:5985/wsman"});
  EXPECT_THAT(Succeeds("37-config-listener-enumerate.xml"),
              HasSubstr("<w:Items><cfg:Listener xmlns:cfg="));
}

TEST_F(CorpusTest, AJobIsDeletedOnce) {
  EXPECT_THAT(Succeeds("33-delete.xml"), HasSubstr("<s:Body></s:Body>"));
  Fails("33-delete.xml", "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
}

TEST_F(CorpusTest, RefusedRequestsChangeNothing) {
  Fails("34-create.xml", "a:ActionNotSupported", "", "2150858771");
  Fails("N01-unknown-class.xml", "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
  Fails("N03-unknown-selector.xml", "w:InvalidSelectors", "UnexpectedSelectors", "2150858843");
  Fails("N06-job-not-found.xml", "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
  Fails("N08-unknown-method.xml", "a:ActionNotSupported", "", "2150858771");
  Fails("N12-missing-parameter.xml", "w:InvalidParameter", "", "2147942487");
  Fails("N15-put-bad-value.xml", "x:InvalidRepresentation", "InvalidValues", "2150858838");
  Fails("N27-unknown-action.xml", "a:ActionNotSupported", "", "2150858771");
  Fails("N57-shell-create.xml", "a:DestinationUnreachable", "InvalidResourceURI", "2150858752");
  ExpectUntouched();
  Fails("N10-value-out-of-range.xml", "w:InvalidParameter", "", "2147942487");
}

TEST_F(CorpusTest, HeadersThatBreakRulesAreFaults) {
  const std::string strange = Fails("N20-mustunderstand-unknown.xml", "", "", "2150858768");
  EXPECT_THAT(strange, HasSubstr("<s:Value>s:MustUnderstand</s:Value>"));
  EXPECT_THAT(strange, HasSubstr(":Strange\""));
  const std::string action =
      Fails("N22-missing-action.xml", "a:MessageInformationHeaderRequired", "", "2150858769");
  EXPECT_THAT(action, HasSubstr("<w:FaultDetail>a:Action</w:FaultDetail>"));
  Fails("N25-nonanonymous-replyto.xml", "w:UnsupportedFeature", "AddressingMode", "2150858870");
  Fails("N37-maxenvelope-too-small.xml", "w:EncodingLimit", "MinimumEnvelopeLimit", "2150858878");
  Fails("N43-locale-mu.xml", "w:UnsupportedFeature", "Locale", "2150858887");
  Fails("N45-timeout-datetime.xml", "a:InvalidMessageInformationHeader", "InvalidTimeout",
        "2150858881");
  Fails("N47-fragment-bad-path.xml", "w:CannotProcessFilter", "", "2150858899");
  ExpectUntouched();
}

TEST_F(CorpusTest, EnumerationsThatBreakRulesAreFaults) {
  const std::string expired =
      Fails("N40-expired-context.xml", "n:InvalidEnumerationContext", "", "2150858779");
  EXPECT_THAT(expired, HasSubstr("<s:Value>s:Receiver</s:Value>"));
  EXPECT_THAT(expired, HasSubstr("2004/09/enumeration/fault</a:Action>"));
  Fails("N49-filter-bad-dialect.xml", "n:FilterDialectRequestedUnavailable", "", "2150858777");
  Fails("N52-wildcard-without-filter.xml", "n:CannotProcessFilter", "", "2150859003");
}

TEST_F(CorpusTest, DocumentsThatAreNoSoapAreFaults) {
  for (const char* name :
       {"N29-malformed.xml", "N31-empty.xml", "N32-dtd.xml", "N34-xxe.xml", "N35-deep-nesting.xml"})
    Fails(name, "w:SchemaValidationError", "", "2150858817");
  const std::string soap11 = Fails("N28-soap11.xml", "", "", "2150858765");
  EXPECT_THAT(soap11, HasSubstr("<s:Value>s:VersionMismatch</s:Value>"));
  ExpectUntouched();
}

}  // namespace
}  // namespace wsman
