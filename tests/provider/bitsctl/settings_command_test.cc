#include "provider/bitsctl/settings_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "provider/bitsctl/commands.h"
#include "tests/provider/bitsctl/fake_service.h"

namespace bitsctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string First(const std::string& rest = {}) { return kFirstId + rest; }

SettingsCommand Parse(std::vector<std::string> arguments) {
  const auto line = ParseCommandLine(std::move(arguments));
  EXPECT_TRUE(line) << line.error().text;
  if (!line || !std::holds_alternative<SettingsCommand>(line->command)) {
    ADD_FAILURE() << "another command";
    return {};
  }
  return std::get<SettingsCommand>(line->command);
}

std::string Refusal(std::vector<std::string> arguments) {
  const auto line = ParseCommandLine(std::move(arguments));
  return line ? "" : line.error().text;
}

Element Settings() {
  Element settings = MakeElement("BitsdJobSettings", {{"JobId", kFirstId},
                                                      {"NotifyFlags", "11"},
                                                      {"CustomHeaders", "A: b\r\nC: d\x1b\n"},
                                                      {"CustomHeadersWriteOnly", "false"},
                                                      {"HttpMethod", "POST"},
                                                      {"SecurityFlags", "2304"},
                                                      {"MaximumDownloadTime", "60"},
                                                      {"MaximumDownloadSize", ""},
                                                      {"DynamicContent", "true"},
                                                      {"HighPerformance", "false"},
                                                      {"CostFlags", "2147483903"},
                                                      {"Type", "2"},
                                                      {"ReplyFileName", "C:\\answer"},
                                                      {"ReplyBytesTotal", "18446744073709551615"},
                                                      {"ReplyBytesTransferred", "0"}});
  settings.children[7].nil = true;
  return settings;
}

class SettingsCommandTest : public ::testing::Test {
 protected:
  FakeService service_;
  FakeClock clock_;
  std::ostringstream out_;
  std::ostringstream err_;
  Context context_{service_, clock_, out_, err_, false, false, false, {}};
};

TEST_F(SettingsCommandTest, OptionsBecomePropertiesOfTheJob) {
  const SettingsCommand command = Parse(
      {"settings", kFirstId, "--notify-flags", "0xB", "--http-method", "POST", "--security-flags",
       "16", "--max-download-time", "60", "--max-download-size", "none", "--dynamic-content",
       "true", "--high-performance", "false", "--cost-flags", "0x80000021"});
  ASSERT_TRUE(Execute(command, context_));
  EXPECT_THAT(service_.calls,
              ElementsAre("Put " + First(" NotifyFlags=11 HttpMethod=POST SecurityFlags=16 "
                                         "MaximumDownloadTime=60 "
                                         "MaximumDownloadSize=18446744073709551615 "
                                         "DynamicContent=true HighPerformance=false "
                                         "CostFlags=2147483681")));
}

TEST_F(SettingsCommandTest, ValuesThatAreNoneAreRefusedBeforeTheHostIsAsked) {
  using Arguments = std::vector<std::string>;
  for (const Arguments& values :
       {Arguments{"--notify-flags", "all"}, Arguments{"--security-flags", "0x"},
        Arguments{"--security-flags", "0x1FFFFFFFF"}, Arguments{"--security-flags", "-1"},
        Arguments{"--max-download-time", "1h"}, Arguments{"--max-download-size", "1 GB"},
        Arguments{"--dynamic-content", "yes"}, Arguments{"--high-performance", ""}}) {
    EXPECT_THAT(Refusal({"settings", kFirstId, values[0], values[1]}), HasSubstr("must be"))
        << values[1];
  }
  EXPECT_NE(Refusal({"set-url", kFirstId, "first", "http://h/f"}), "");
  EXPECT_NE(Refusal({"set-validation", kFirstId, "0", "perhaps"}), "");
  EXPECT_NE(Refusal({"replace-prefix", kFirstId, "http://a/"}), "");
}

TEST_F(SettingsCommandTest, WithoutOptionsTheSettingsArePrinted) {
  service_.jobs[kFirstId] = Settings();
  ASSERT_TRUE(Execute(Parse({"settings", kFirstId}), context_));
  EXPECT_EQ(out_.str(), "Job:                 " + First("\n") +
                            "Notify flags:        0xB\n"
                            "Custom headers:      A: b\n"
                            "                     C: d?\n"
                            "Headers write-only:  false\n"
                            "HTTP method:         POST\n"
                            "Security flags:      0x900\n"
                            "Maximum time:        60\n"
                            "Maximum size:        none\n"
                            "Dynamic content:     true\n"
                            "High performance:    false\n"
                            "Cost flags:          0x800000FF\n"
                            "Type:                upload-reply\n"
                            "Reply file:          C:\\answer\n"
                            "Reply size:          unknown\n"
                            "Reply bytes:         0\n");
}

TEST_F(SettingsCommandTest, JsonHasNumbersFlagsAndAListOfHeaders) {
  const nlohmann::json settings = SettingsJson(Settings());
  EXPECT_EQ(settings["job_id"], kFirstId);
  EXPECT_EQ(settings["security_flags"], 2304);
  EXPECT_EQ(settings["dynamic_content"], true);
  EXPECT_EQ(settings["http_method"], "POST");
  EXPECT_TRUE(settings["maximum_download_size"].is_null());
  EXPECT_EQ(settings["custom_headers"], (nlohmann::json{"A: b", "C: d\x1b"}));
  EXPECT_EQ(settings["type"], "upload-reply");
  EXPECT_EQ(settings["reply_file"], "C:\\answer");
  EXPECT_TRUE(settings["reply_bytes_total"].is_null());
  EXPECT_EQ(settings["reply_bytes_transferred"], 0);
  EXPECT_EQ(settings.size(), 15U);
}

TEST_F(SettingsCommandTest, RemovingHeadersIsAnEmptyText) {
  ASSERT_TRUE(Execute(Parse({"remove-headers", kFirstId}), context_));
  EXPECT_THAT(service_.calls, ElementsAre("Put " + First(" CustomHeaders=")));
}

TEST_F(SettingsCommandTest, HeadersAreReadFromStandardInputAndAreNoArguments) {
  const SettingsCommand command = Parse({"set-headers", kFirstId, "--write-only"});
  EXPECT_TRUE(command.read_headers);
  EXPECT_EQ(command.values, (Properties{{"CustomHeadersWriteOnly", "true"}}));
  EXPECT_NE(Refusal({"set-headers", kFirstId, "X-Key: secret"}), "");
}

TEST_F(SettingsCommandTest, TheReplyFileIsAPropertyOfTheJob) {
  ASSERT_TRUE(Execute(Parse({"set-reply-file", kFirstId, "C:\\answer"}), context_));
  ASSERT_TRUE(Execute(Parse({"settings", kFirstId, "--reply-file", "C:\\b"}), context_));
  EXPECT_THAT(service_.calls, ElementsAre("Put " + First(" ReplyFileName=C:\\answer"),
                                          "Put " + First(" ReplyFileName=C:\\b")));
}

TEST_F(SettingsCommandTest, AReplyIsPrintedUpToItsEnd) {
  service_.outputs["GetReplyData"] =
      MakeElement("GetReplyData_OUTPUT", {{"Data", ""}, {"ReturnValue", "0"}});
  ASSERT_TRUE(Execute(Parse({"reply-data", kFirstId}), context_));
  EXPECT_THAT(service_.calls, ElementsAre("GetReplyData " + First(" Offset=0")));
  EXPECT_EQ(out_.str(), "");
  service_.outputs["GetReplyData"] =
      MakeElement("GetReplyData_OUTPUT", {{"Data", "not base64"}, {"ReturnValue", "0"}});
  EXPECT_FALSE(Execute(Parse({"reply-data", kFirstId}), context_));
}

TEST_F(SettingsCommandTest, FilesAreChangedByMethods) {
  ASSERT_TRUE(Execute(Parse({"replace-prefix", kFirstId, "http://a/", "http://b/"}), context_));
  ASSERT_TRUE(Execute(Parse({"set-url", kFirstId, "1", "http://c/f"}), context_));
  ASSERT_TRUE(Execute(Parse({"set-validation", kFirstId, "0", "false"}), context_));
  EXPECT_THAT(
      service_.calls,
      ElementsAre("ReplaceRemotePrefix " + First(" OldPrefix=http://a/ NewPrefix=http://b/"),
                  "SetRemoteName " + First(" FileIndex=1 RemoteUrl=http://c/f"),
                  "SetValidationState " + First(" FileIndex=0 Valid=false")));
}

TEST_F(SettingsCommandTest, RangesMakeAddAMethodOfTheSettings) {
  const auto line =
      ParseCommandLine({"add", kFirstId, "http://h/f", "C:\\f", "--ranges", "0:100,2000:eof"});
  ASSERT_TRUE(line);
  ASSERT_TRUE(Execute(std::get<AddCommand>(line->command), context_));
  EXPECT_THAT(service_.calls,
              ElementsAre("AddFileWithRanges " + First(" RemoteUrl=http://h/f LocalFile=C:\\f "
                                                       "Ranges=0:100,2000:eof")));
}

TEST_F(SettingsCommandTest, ASuccessThatLeftSomethingUndoneIsSaid) {
  service_.outputs["ReplaceRemotePrefix"] = MakeElement("X", {{"ReturnValue", "1"}});
  ASSERT_TRUE(Execute(Parse({"replace-prefix", kFirstId, "http://a/", "http://b/"}), context_));
  EXPECT_THAT(err_.str(), HasSubstr("S_FALSE"));
}

TEST_F(SettingsCommandTest, ARefusalNamesWhatCouldNotBeDone) {
  service_.outputs["SetValidationState"] = MakeElement("X", {{"ReturnValue", "2147483658"}});
  const Done done = Execute(Parse({"set-validation", kFirstId, "0", "true"}), context_);
  ASSERT_FALSE(done);
  EXPECT_THAT(ToText(done.error()), HasSubstr("cannot validate a file of job"));
  EXPECT_THAT(ToText(done.error()), HasSubstr("E_PENDING 0x8000000A"));
}

TEST_F(SettingsCommandTest, WhatTheHostRefusesIsSaidInItsWords) {
  service_.failure = {wsman::client::ClientError::Kind::kFault, "HEAD has no content. Use GET.",
                      500, 0x80070057U, "InvalidRepresentation"};
  const Done done = Execute(Parse({"settings", kFirstId, "--http-method", "HEAD"}), context_);
  ASSERT_FALSE(done);
  EXPECT_EQ(ToText(done.error()),
            "bitsctl: HEAD has no content. Use GET [E_INVALIDARG 0x80070057]");
}

TEST_F(SettingsCommandTest, AHostWithoutTheClassIsNotOneWithoutTheJob) {
  service_.next_jobs.push_back(tl::unexpected(NotThere()));
  service_.next_jobs.push_back(MakeJob(kFirstId, "one", 2));
  const Done done = Execute(Parse({"settings", kFirstId}), context_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, ExitCode::kFailed);
  EXPECT_THAT(ToText(done.error()), HasSubstr("BitsdJobSettings"));
  service_.next_jobs.push_back(tl::unexpected(NotThere()));
  EXPECT_EQ(Execute(Parse({"settings", kFirstId}), context_).error().exit, ExitCode::kNoSuchJob);
}

}  // namespace
}  // namespace bitsctl
