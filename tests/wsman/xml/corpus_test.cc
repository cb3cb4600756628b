// Every message of the corpus through the whole reading path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "wsman/namespaces.h"
#include "wsman/xml/charset.h"
#include "wsman/xml/soap_codec.h"
#include "wsman/xml/xml_guard.h"

namespace wsman::xml {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

enum class Outcome { kRequest, kGuard, kVersion };
using enum Outcome;

// What a file must be read as: the last segment of its action, the names of its
// selectors, the name of its body element.
struct Expected {
  std::string_view file;
  Outcome outcome;
  std::string_view action;
  std::string_view selectors;
  std::string_view body;
};

void PrintTo(const Expected& expected, std::ostream* stream) { *stream << expected.file; }

// clang-format off
constexpr auto kExpected = std::to_array<Expected>({
    {"01-ps-testwsman-identify-noauth.xml", kRequest, "", "", "Identify"},
    {"02-ps-connectwsman-identify-auth.xml", kRequest, "", "", "Identify"},
    {"04-seed1-invoke-createjob.xml", kRequest, "CreateJob", "", "CreateJob_INPUT"},
    {"05-seed2a-set-get.xml", kRequest, "Get", "JobId", ""},
    {"06-seed2b-set-put-priority.xml", kRequest, "Put", "JobId", "BitsClientJob"},
    {"07-seed3-setjobstate-resume.xml", kRequest, "SetJobState", "JobId", "SetJobState_INPUT"},
    {"08-seed4a-get-poll.xml", kRequest, "Get", "JobId", ""},
    {"09-seed4b-setjobstate-complete.xml", kRequest, "SetJobState", "JobId", "SetJobState_INPUT"},
    {"10-seed4c-setjobstate-cancel.xml", kRequest, "SetJobState", "JobId", "SetJobState_INPUT"},
    {"11-soe-enumerate-all.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"13-pull.xml", kRequest, "Pull", "", "Pull"},
    {"14-release.xml", kRequest, "Release", "", "Release"},
    {"15-soe-addfile.xml", kRequest, "AddFile", "JobId", "AddFile_INPUT"},
    {"16-invoke-addfile-mofcase.xml", kRequest, "AddFile", "JobId", "AddFile_INPUT"},
    {"18-vmm-geterror.xml", kRequest, "GetError", "JobId", "GetError_INPUT"},
    {"20-invoke-input-foreign-namespace.xml", kRequest, "SetJobState", "JobId", "SetJobState_INPUT"},
    {"22-invoke-boolean-capital.xml", kRequest, "CreateJob", "", "CreateJob_INPUT"},
    {"25-enumerate-wql.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"27-enumerate-selectorfilter.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"29-enumerate-association.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"30-fragment-get.xml", kRequest, "Get", "JobId", ""},
    {"32-fragment-put.xml", kRequest, "Put", "JobId", "XmlFragment"},
    {"33-delete.xml", kRequest, "Delete", "JobId", ""},
    {"34-create.xml", kRequest, "Create", "JobId", "BitsClientJob"},
    {"35-get-optionset.xml", kRequest, "Get", "JobId", ""},
    {"36-config-get.xml", kRequest, "Get", "", ""},
    {"37-config-listener-enumerate.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"41-cim-getclass.xml", kRequest, "Get", "__cimnamespace,ClassName", ""},
    {"43-cim-enum-instances.xml", kRequest, "Enumerate", "__cimnamespace", "Enumerate"},
    {"44-cim-get-instance.xml", kRequest, "Get", "__cimnamespace,JobId", ""},
    {"46-cim-invoke-createjob.xml", kRequest, "CreateJob", "__cimnamespace", "CreateJob_INPUT"},
    {"48-cim-set-priority.xml", kRequest, "Put", "__cimnamespace,JobId", "BitsClientJob"},
    {"50-cim-associated.xml", kRequest, "Enumerate", "__cimnamespace", "Enumerate"},
    {"53-ow-get.xml", kRequest, "Get", "JobId", ""},
    {"55-ow-invoke.xml", kRequest, "CreateJob", "", "CreateJob_INPUT"},
    {"57-ow-enumerate.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"62-ow-subscribe-pull.xml", kRequest, "Subscribe", "", "Subscribe"},
    {"65-event-pull.xml", kRequest, "Pull", "", "Pull"},
    {"66-pywinrm-get.xml", kRequest, "Get", "JobId", ""},
    {"67-pywinrm-invoke.xml", kRequest, "SetJobState", "JobId", "SetJobState_INPUT"},
    {"71-amt-get.xml", kRequest, "Get", "JobId", ""},
    {"73-amt-enumerate.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"74-amt-pull.xml", kRequest, "Pull", "", "Pull"},
    {"82-utf16le-bom.xml", kRequest, "Get", "JobId", ""},
    {"83-utf16be-bom.xml", kRequest, "Get", "JobId", ""},
    {"84-utf16le-nobom.xml", kRequest, "Get", "JobId", ""},
    {"89-mustunderstand-one.xml", kRequest, "Get", "JobId", ""},
    {"N01-unknown-class.xml", kRequest, "Get", "JobId", ""},
    {"N03-unknown-selector.xml", kRequest, "Get", "JobName", ""},
    {"N06-job-not-found.xml", kRequest, "Get", "JobId", ""},
    {"N08-unknown-method.xml", kRequest, "Explode", "JobId", "Explode_INPUT"},
    {"N10-value-out-of-range.xml", kRequest, "SetJobState", "JobId", "SetJobState_INPUT"},
    {"N12-missing-parameter.xml", kRequest, "CreateJob", "", "CreateJob_INPUT"},
    {"N15-put-bad-value.xml", kRequest, "Put", "JobId", "BitsClientJob"},
    {"N20-mustunderstand-unknown.xml", kRequest, "Get", "JobId", ""},
    {"N22-missing-action.xml", kRequest, "", "JobId", ""},
    {"N25-nonanonymous-replyto.xml", kRequest, "Get", "JobId", ""},
    {"N27-unknown-action.xml", kRequest, "Nothing", "JobId", ""},
    {"N28-soap11.xml", kVersion, "", "", ""},
    {"N29-malformed.xml", kGuard, "", "", ""},
    {"N31-empty.xml", kGuard, "", "", ""},
    {"N32-dtd.xml", kGuard, "", "", ""},
    {"N34-xxe.xml", kGuard, "", "", ""},
    {"N35-deep-nesting.xml", kGuard, "", "", ""},
    {"N37-maxenvelope-too-small.xml", kRequest, "Get", "JobId", ""},
    {"N40-expired-context.xml", kRequest, "Pull", "", "Pull"},
    {"N43-locale-mu.xml", kRequest, "Get", "JobId", ""},
    {"N45-timeout-datetime.xml", kRequest, "Get", "JobId", ""},
    {"N47-fragment-bad-path.xml", kRequest, "Get", "JobId", ""},
    {"N49-filter-bad-dialect.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"N50-wql-syntax.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"N52-wildcard-without-filter.xml", kRequest, "Enumerate", "", "Enumerate"},
    {"N57-shell-create.xml", kRequest, "Create", "", "Shell"},
    {"N59-subscribe-bad-mode.xml", kRequest, "Subscribe", "", "Subscribe"},
    {"N62-activityid-too-long.xml", kRequest, "Get", "JobId", ""},
    {"N68-contenttype-json.xml", kRequest, "Get", "JobId", ""},
    {"N70-no-auth.xml", kRequest, "CreateJob", "", "CreateJob_INPUT"},
});
// clang-format on

std::filesystem::path CorpusFolder() {
  return std::filesystem::path(BITSD_SOURCE_DIR) / "tests" / "corpus";
}

std::string Bytes(std::string_view file) {
  const std::ifstream stream(CorpusFolder() / file, std::ios::binary);
  EXPECT_TRUE(stream) << file;
  std::ostringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

std::string_view ContentTypeOf(std::string_view file) {
  return file.find("utf16") == std::string_view::npos ? "application/soap+xml;charset=UTF-8"
                                                      : "application/soap+xml;charset=UTF-16";
}

Result<Request> ReadFile(std::string_view file) {
  auto text = Decode(Bytes(file), ContentTypeOf(file));
  if (!text) return tl::unexpected<Fault>(text.error());
  if (auto checked = CheckDocument(text->utf8); !checked)
    return tl::unexpected<Fault>(checked.error());
  return ParseEnvelope(text->utf8);
}

Request MustRead(std::string_view file) {
  Result<Request> request = ReadFile(file);
  EXPECT_TRUE(request) << file << ": " << request.error().text;
  return request.value_or(Request{});
}

std::string SelectorNames(const Request& request) {
  std::string names;
  for (const Selector& selector : request.selectors)
    names += (names.empty() ? "" : ",") + selector.name;
  return names;
}

class CorpusTest : public testing::TestWithParam<Expected> {};

TEST_P(CorpusTest, IsReadAsWhatItsClientMeant) {
  const Expected& expected = GetParam();
  const Result<Request> request = ReadFile(expected.file);
  ASSERT_EQ(request.has_value(), expected.outcome == kRequest);
  if (expected.outcome != kRequest) {
    EXPECT_EQ(request.error().code, expected.outcome == kVersion
                                        ? FaultCode::kVersionMismatch
                                        : FaultCode::kSchemaValidationError);
    return;
  }
  const std::string action = request->action.value_or("");
  EXPECT_EQ(action.substr(action.rfind('/') + 1), expected.action);
  EXPECT_EQ(SelectorNames(*request), expected.selectors);
  EXPECT_EQ(request->body ? request->body->name : "", expected.body);
  EXPECT_EQ(request->body_children, expected.body.empty() ? 0u : 1u);
  EXPECT_THAT(request->duplicate_headers, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Files, CorpusTest, testing::ValuesIn(kExpected), [](const auto& info) {
  std::string name(info.param.file.substr(0, info.param.file.find('.')));
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
});

TEST(CorpusFolderTest, EveryFileIsExpected) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CorpusFolder()))
    if (entry.path().extension() == ".xml") ++files;
  EXPECT_EQ(files, kExpected.size());
}

TEST(CorpusHeadersTest, AWindowsRequestHasItsHeaders) {
  const Request request = MustRead("05-seed2a-set-get.xml");
  EXPECT_THAT(request.action,
              Optional(std::string("http://schemas.xmlsoap.org/ws/2004/09/transfer/Get")));
  EXPECT_THAT(request.to, Optional(std::string("http://client1:5985/wsman")));
  EXPECT_THAT(request.message_id,
              Optional(std::string("uuid:840DDDC6-6643-5F65-991C-FBC9AC84A7A9")));
  EXPECT_THAT(request.reply_to, Optional(std::string(ns::kAnonymous)));
  EXPECT_EQ(request.fault_to, std::nullopt);
  EXPECT_THAT(request.resource_uri,
              Optional(std::string("http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/"
                                   "bits/BitsClientJob")));
  ASSERT_TRUE(request.max_envelope_size && request.operation_timeout && request.locale);
  EXPECT_EQ(request.max_envelope_size->value, "512000");
  EXPECT_TRUE(request.max_envelope_size->must_understand);
  EXPECT_EQ(request.operation_timeout->value, "PT60.000S");
  EXPECT_FALSE(request.operation_timeout->must_understand);
  EXPECT_EQ(request.locale->value, "en-US");
  EXPECT_FALSE(request.locale->must_understand);
  EXPECT_THAT(request.not_understood, IsEmpty());
  EXPECT_EQ(request.selectors.front().value, "@JOBID@");
}

TEST(CorpusHeadersTest, AMustUnderstandWithoutPrefixIsNotSoaps) {
  const Request request = MustRead("66-pywinrm-get.xml");
  ASSERT_TRUE(request.max_envelope_size);
  EXPECT_FALSE(request.max_envelope_size->must_understand);
  EXPECT_THAT(request.not_understood, IsEmpty());
}

TEST(CorpusHeadersTest, AnUnknownHeaderThatInsistsIsReported) {
  const Request request = MustRead("N20-mustunderstand-unknown.xml");
  ASSERT_EQ(request.not_understood.size(), 1u);
  EXPECT_EQ(request.not_understood[0].name_space, "http://example.org/z");
  EXPECT_EQ(request.not_understood[0].name, "Strange");
  EXPECT_TRUE(request.message_id) << "the caller still needs it for RelatesTo";
}

TEST(CorpusHeadersTest, ASmallIntegerIsAMessageId) {
  EXPECT_THAT(MustRead("71-amt-get.xml").message_id, Optional(std::string("0")));
}

TEST(CorpusHeadersTest, AMissingActionIsNotThere) {
  EXPECT_EQ(MustRead("N22-missing-action.xml").action, std::nullopt);
}

TEST(CorpusHeadersTest, AStrangeReplyAddressIsKeptForTheDispatcher) {
  EXPECT_THAT(MustRead("N25-nonanonymous-replyto.xml").reply_to,
              Optional(std::string("http://attacker.example/sink")));
}

TEST(CorpusHeadersTest, FragmentLocaleAndOptionsAreRead) {
  const Request fragment = MustRead("30-fragment-get.xml");
  ASSERT_TRUE(fragment.fragment);
  EXPECT_EQ(fragment.fragment->value, "Priority");
  EXPECT_TRUE(fragment.fragment->must_understand);
  EXPECT_TRUE(MustRead("N43-locale-mu.xml").locale->must_understand);
  const Request options = MustRead("35-get-optionset.xml");
  ASSERT_EQ(options.options.size(), 1u);
  EXPECT_EQ(options.options[0].name, "verbose");
  EXPECT_TRUE(options.options[0].must_comply);
  EXPECT_EQ(MustRead("41-cim-getclass.xml").options.size(), 9u);
}

TEST(CorpusBodyTest, ArgumentsKeepTheirTexts) {
  std::map<std::string, std::string> texts;
  const Request create = MustRead("04-seed1-invoke-createjob.xml");
  for (const Element& child : create.body->children) texts[child.name] = child.text;
  const std::map<std::string, std::string> expected = {
      {"DisplayName", "TestJob"},
      {"LocalFile", "C:\\clienttestdir\\testfile1.txt"},
      {"RemoteUrl", "https://Server01/servertestdir/testfile1.txt"},
      {"Type", "0"}};
  EXPECT_EQ(texts, expected);
  EXPECT_EQ(MustRead("16-invoke-addfile-mofcase.xml").body->children[0].text,
            "http://Server01/a.txt?x=1&y=2");
}

TEST(CorpusBodyTest, APutHasNilAndEmbeddedElements) {
  const Request put = MustRead("06-seed2b-set-put-priority.xml");
  ASSERT_TRUE(put.body);
  EXPECT_EQ(put.body->children.size(), 17u);
  const auto child = [&put](std::string_view name) -> const Element& {
    for (const Element& element : put.body->children)
      if (element.name == name) return element;
    ADD_FAILURE() << name;
    return *put.body;
  };
  EXPECT_TRUE(child("Description").nil);
  EXPECT_FALSE(child("DisplayName").nil);
  EXPECT_EQ(child("Files").children.size(), 5u);
  EXPECT_EQ(child("Files").children[0].name_space,
            "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientFile");
}

TEST(CorpusBodyTest, AFilterHasItsDialectAndText) {
  const Element filter = MustRead("25-enumerate-wql.xml").body->children.at(2);
  EXPECT_EQ(filter.name_space, ns::kWsman);
  EXPECT_EQ(filter.text, "select * from BitsClientJob where State = 6");
  ASSERT_EQ(filter.attributes.size(), 1u);
  EXPECT_EQ(filter.attributes[0].name, "Dialect");
  EXPECT_EQ(filter.attributes[0].value, "http://schemas.microsoft.com/wbem/wsman/1/WQL");
}

}  // namespace
}  // namespace wsman::xml
