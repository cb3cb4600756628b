#include "provider/bitsctl/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "provider/bitsctl/uri_alias.h"
#include "tests/provider/bitsctl/fake_service.h"

namespace bitsctl {
namespace {

using ::testing::HasSubstr;

TEST(OutputTest, BytesHaveUnits) {
  EXPECT_EQ(FormatBytes({}), "unknown");
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(FormatBytes(12'900'000), "12.3 MiB");
  EXPECT_EQ(FormatBytes(18'446'744'073'709'551'614U), "16384.0 PiB");
}

TEST(OutputTest, AHundredPercentMeansEveryByte) {
  EXPECT_EQ(FormatPercent(1, {}), "-");
  EXPECT_EQ(FormatPercent(0, 0), "100%");
  EXPECT_EQ(FormatPercent(999, 1000), "99%");
  EXPECT_EQ(FormatPercent(1000, 1000), "100%");
}

TEST(OutputTest, TimesAreUtc) {
  EXPECT_EQ(FormatTime({}), "-");
  EXPECT_EQ(FormatTime(FromFileTime(132'539'328'000'000'000)), "2021-01-01T00:00:00Z");
  EXPECT_EQ(FromFileTime(0), std::nullopt);
}

TEST(OutputTest, ElementsBecomeJsonWithArraysForRepeatedNames) {
  Element element = MakeElement("X", {{"A", "1"}, {"B", "2"}, {"A", "3"}, {"A", "4"}});
  element.children[1].nil = true;
  element.children.push_back(MakeElement("C", {{"D", "5"}}));
  EXPECT_EQ(Dump(ToJson(element), -1), R"({"A":["1","3","4"],"B":null,"C":{"D":"5"}})");
  EXPECT_EQ(ElementText(element),
            "X\n    A = 1\n    B = null\n    A = 3\n    A = 4\n    C\n"
            "        D = 5\n");
}

TEST(OutputTest, BytesThatAreNotUtf8DoNotStopJson) {
  EXPECT_EQ(Dump(nlohmann::json("a\xff"), -1), "\"a\xef\xbf\xbd\"");
}

TEST(OutputTest, AJobWithoutStateIsNotAJob) {
  EXPECT_FALSE(ReadJob(MakeElement("X", {{"JobId", "{1}"}})));
  EXPECT_FALSE(ReadJob(MakeElement("X", {{"JobId", "{1}"}, {"State", "9"}})));
  EXPECT_TRUE(ReadJob(MakeElement("X", {{"JobId", "{1}"}, {"State", "8"}})));
  EXPECT_FALSE(ReadJob(MakeElement("X", {{"State", "3"}})));
}

TEST(OutputTest, WordsForStatesAndPrioritiesAreReadWithoutCase) {
  EXPECT_EQ(ParseState("TRANSFERRED"), JobState::kTransferred);
  EXPECT_EQ(ParseState(""), std::nullopt);
  EXPECT_EQ(ParsePriority("Low"), 3U);
  EXPECT_EQ(ParsePriority("lowest"), std::nullopt);
  EXPECT_EQ(PriorityName(0), "foreground");
  EXPECT_EQ(PriorityName(4), "4");
}

TEST(UriAliasTest, ShortNamesBecomeFullUris) {
  EXPECT_EQ(ExpandUri("wmi/root/x/Y"), "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/x/Y");
  EXPECT_EQ(ExpandUri("wmicimv2/Y"), "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Y");
  EXPECT_EQ(ExpandUri("cimv2/Y"), "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/Y");
  EXPECT_EQ(ExpandUri("WinRM/config"), "http://schemas.microsoft.com/wbem/wsman/1/config");
  EXPECT_EQ(ExpandUri("http://x/wmi/y"), "http://x/wmi/y");
  EXPECT_EQ(ExpandUri("wmi"), "wmi");
}

TEST(FailureTest, ExitCodesTellKindsApart) {
  using Kind = wsman::client::ClientError::Kind;
  const auto exit_of = [](Kind kind, const std::string& subcode = {}) {
    return ToFailure(wsman::client::ClientError{kind, "x", 0, 0, subcode}).exit;
  };
  EXPECT_EQ(exit_of(Kind::kConnect), ExitCode::kNoConnection);
  EXPECT_EQ(exit_of(Kind::kTls), ExitCode::kNoConnection);
  EXPECT_EQ(exit_of(Kind::kUnauthorized), ExitCode::kRefused);
  EXPECT_EQ(exit_of(Kind::kFault, "AccessDenied"), ExitCode::kRefused);
  EXPECT_EQ(exit_of(Kind::kFault, "InvalidParameter"), ExitCode::kFailed);
  EXPECT_EQ(exit_of(Kind::kHttp), ExitCode::kFailed);
  EXPECT_EQ(exit_of(Kind::kProtocol), ExitCode::kFailed);
}

TEST(FailureTest, TheTextSaysWhatIsWrongAndWhatToDo) {
  const Failure failure = ToFailure(wsman::client::ClientError{
      wsman::client::ClientError::Kind::kFault, "The URL is bad.", 500, 0x80070057, "X"});
  EXPECT_EQ(ToText(failure),
            "bitsctl: The URL is bad - check the URL and the local file name [E_INVALIDARG "
            "0x80070057]");
  EXPECT_EQ(CodeText(2150858752U), "0x80338000");
  EXPECT_EQ(CodeText(0x12345678), "0x12345678");
}

TEST(FailureTest, EveryReasonForNoLoginHasItsAdvice) {
  using Login = wsman::client::ClientError::Login;
  const auto advice = [](Login login) {
    return ToFailure(wsman::client::ClientError{wsman::client::ClientError::Kind::kUnauthorized,
                                                "x", 401, 0, "", login})
        .advice;
  };
  EXPECT_THAT(advice(Login::kNoCredentials), HasSubstr("--user"));
  EXPECT_THAT(advice(Login::kNoTicket), HasSubstr("kinit"));
  EXPECT_THAT(advice(Login::kClockSkew), HasSubstr("clocks"));
  EXPECT_THAT(advice(Login::kKerberos), HasSubstr("--host"));
  EXPECT_THAT(advice(Login::kNotOffered), HasSubstr("--auth"));
  EXPECT_THAT(advice(Login::kTicketRefused), HasSubstr("keytab"));
  EXPECT_THAT(advice(Login::kRefused), HasSubstr("--password-file"));
}

TEST(FailureTest, AHostThatCannotBeTrustedIsNoConnection) {
  EXPECT_EQ(ToFailure(wsman::client::ClientError{wsman::client::ClientError::Kind::kUntrusted, "x",
                                                 0, 0, ""})
                .exit,
            ExitCode::kNoConnection);
}

TEST(FailureTest, ControlCharactersArePrintedAsQuestionMarks) {
  EXPECT_EQ(Printable("a\tb\x7f\x1b[0m\xc3\xa4"), "a?b??[0m\xc3\xa4");
  EXPECT_EQ(Printable("\xc2\x9b\xc2\xa0"), "??\xc2\xa0");
}

}  // namespace
}  // namespace bitsctl
