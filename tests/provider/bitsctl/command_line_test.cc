#include "provider/bitsctl/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>

#include <fstream>
#include <sstream>

namespace bitsctl {
namespace {

using ::testing::HasSubstr;

template <class T>
T Parse(std::vector<std::string> arguments) {
  auto line = ParseCommandLine(std::move(arguments));
  EXPECT_TRUE(line) << line.error().text;
  if (!line || !std::holds_alternative<T>(line->command)) {
    ADD_FAILURE() << "another command";
    return {};
  }
  return std::get<T>(line->command);
}

ExitCode ExitOf(std::vector<std::string> arguments) {
  const auto line = ParseCommandLine(std::move(arguments));
  return line ? ExitCode::kOk : line.error().exit;
}

TEST(CommandLineTest, CreateTakesItsOptions) {
  const auto command =
      Parse<CreateCommand>({"create", "n", "http://h/f", "C:\\f", "--priority", "Foreground",
                            "--start", "--service-account", "local", "--description", "d"});
  EXPECT_EQ(command.job.name, "n");
  EXPECT_EQ(command.job.local_file, "C:\\f");
  EXPECT_EQ(command.job.priority, 0U);
  EXPECT_EQ(command.job.service_account, 1U);
  EXPECT_EQ(command.job.description, "d");
  EXPECT_TRUE(command.start);
  EXPECT_FALSE(Parse<CreateCommand>({"create", "n", "u", "l"}).job.priority);
}

TEST(CommandLineTest, GlobalOptionsMayFollowTheCommand) {
  const auto line = ParseCommandLine(
      {"get", "http://h/f", "--host", "https://x/wsman", "--timeout", "2.5", "--json"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->host, "https://x/wsman");
  EXPECT_EQ(line->timeout, std::chrono::milliseconds(2500));
  EXPECT_TRUE(line->json);
  const auto wsman = ParseCommandLine({"wsman", "identify", "--json"});
  ASSERT_TRUE(wsman);
  EXPECT_TRUE(wsman->json);
}

TEST(CommandLineTest, TheWayToLogInIsAutomaticUnlessOneIsNamed) {
  using wsman::client::AuthMode;
  EXPECT_EQ(ParseCommandLine({"list"})->auth, AuthMode::kAuto);
  for (const auto& [word, way] :
       {std::pair("auto", AuthMode::kAuto), std::pair("negotiate", AuthMode::kNegotiate),
        std::pair("Kerberos", AuthMode::kKerberos), std::pair("NTLM", AuthMode::kNtlm),
        std::pair("basic", AuthMode::kBasic)}) {
    const auto line = ParseCommandLine({"list", "--auth", word});
    ASSERT_TRUE(line) << line.error().text;
    EXPECT_EQ(line->auth, way);
  }
  EXPECT_EQ(ExitOf({"list", "--auth", "digest"}), ExitCode::kUsage);
  EXPECT_EQ(ExitOf({"list", "--auth", "4"}), ExitCode::kUsage);
}

TEST(CommandLineTest, TheEnvironmentGivesWhatTheCommandLineDoesNot) {
  ::setenv("BITSCTL_HOST", "https://env/wsman", 1);
  ::setenv("BITSCTL_PASSWORD_FILE", "/secret", 1);
  const auto from_environment = ParseCommandLine({"list"});
  const auto from_arguments = ParseCommandLine({"list", "--host", "https://x/wsman"});
  ::unsetenv("BITSCTL_HOST");
  ::unsetenv("BITSCTL_PASSWORD_FILE");
  ASSERT_TRUE(from_environment);
  EXPECT_EQ(from_environment->host, "https://env/wsman");
  EXPECT_EQ(from_environment->password_file, "/secret");
  ASSERT_TRUE(from_arguments);
  EXPECT_EQ(from_arguments->host, "https://x/wsman");
  EXPECT_EQ(ParseCommandLine({"list"})->host, "http://127.0.0.1:5985/wsman");
}

TEST(CommandLineTest, ActionsTakeSeveralJobs) {
  const auto command = Parse<ActionCommand>({"complete", "a", "{b}"});
  EXPECT_EQ(command.action, JobAction::kComplete);
  EXPECT_THAT(command.jobs, ::testing::ElementsAre("a", "{b}"));
  EXPECT_EQ(Parse<ActionCommand>({"suspend", "a"}).action, JobAction::kSuspend);
  EXPECT_EQ(ExitOf({"cancel"}), ExitCode::kUsage);
}

TEST(CommandLineTest, SetSendsOnlyWhatIsGiven) {
  const auto command =
      Parse<SetCommand>({"set", "j", "--priority", "low", "--retry-delay", "60", "--name", ""});
  const Properties expected = {{"Priority", "3"}, {"DisplayName", ""}, {"MinimumRetryDelay", "60"}};
  EXPECT_EQ(command.values, expected);
  EXPECT_EQ(ExitOf({"set", "j"}), ExitCode::kUsage);
  EXPECT_EQ(ExitOf({"set", "j", "--retry-delay", "-1"}), ExitCode::kUsage);
  EXPECT_EQ(ExitOf({"set", "j", "--retry-delay", "4294967295"}), ExitCode::kOk);
  EXPECT_EQ(ExitOf({"set", "j", "--retry-delay", "4294967296"}), ExitCode::kUsage);
}

TEST(CommandLineTest, WsmanInvokeKeepsSelectorsAndValuesApart) {
  const auto command = Parse<WsmanCommand>({"wsman", "invoke", "wmi/root/a/B", "Go", "-s",
                                            "JobId={1}", "x=1=2", "--selector", "K=v", "y="});
  EXPECT_EQ(command.verb, WsmanCommand::Verb::kInvoke);
  EXPECT_EQ(command.uri, "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/a/B");
  EXPECT_EQ(command.method, "Go");
  ASSERT_EQ(command.selectors.size(), 2U);
  EXPECT_EQ(command.selectors[0].value, "{1}");
  const Properties values = {{"x", "1=2"}, {"y", ""}};
  EXPECT_EQ(command.values, values);
}

TEST(CommandLineTest, WsmanVerbsTakeWhatTheyNeed) {
  EXPECT_EQ(Parse<WsmanCommand>({"wsman", "identify"}).verb, WsmanCommand::Verb::kIdentify);
  EXPECT_EQ(Parse<WsmanCommand>({"wsman", "get", "u", "-s", "a=b"}).selectors.size(), 1U);
  EXPECT_EQ(Parse<WsmanCommand>({"wsman", "put", "u", "a=b"}).values.size(), 1U);
  EXPECT_EQ(Parse<WsmanCommand>({"wsman", "enum", "u", "--filter", "q"}).filter, "q");
  EXPECT_EQ(Parse<WsmanCommand>({"wsman", "delete", "u"}).verb, WsmanCommand::Verb::kDelete);
  EXPECT_EQ(ExitOf({"wsman"}), ExitCode::kUsage);
  EXPECT_EQ(ExitOf({"wsman", "get"}), ExitCode::kUsage);
  EXPECT_EQ(ExitOf({"wsman", "put", "u", "novalue"}), ExitCode::kUsage);
  EXPECT_EQ(ExitOf({"wsman", "get", "u", "-s", "=x"}), ExitCode::kUsage);
}

TEST(CommandLineTest, PasswdTakesGroupsSeparatedByCommas) {
  const auto command =
      Parse<PasswdCommand>({"passwd", "--file", "users", "alice", "--groups", "a,b"});
  EXPECT_EQ(command.file, "users");
  EXPECT_EQ(command.name, "alice");
  EXPECT_THAT(*command.groups, ::testing::ElementsAre("a", "b"));
  EXPECT_FALSE(Parse<PasswdCommand>({"passwd", "--file", "users", "alice"}).groups);
  EXPECT_FALSE(command.ntlm);
  EXPECT_TRUE(Parse<PasswdCommand>({"passwd", "--file", "users", "alice", "--ntlm"}).ntlm);
  EXPECT_EQ(ExitOf({"passwd", "alice"}), ExitCode::kUsage);
}

TEST(CommandLineTest, WhatIsWrongIsNamed) {
  const auto unknown = ParseCommandLine({"frob"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().exit, ExitCode::kUsage);
  EXPECT_THAT(unknown.error().text, HasSubstr("'frob' is not known"));
  EXPECT_EQ(ExitOf({}), ExitCode::kUsage);
  EXPECT_EQ(ExitOf({"list", "--state", "x"}), ExitCode::kUsage);
  EXPECT_EQ(ExitOf({"list", "--insecure"}), ExitCode::kUsage);
  EXPECT_EQ(Parse<ListCommand>({"list", "--state", "transient_error"}).state,
            JobState::kTransientError);
}

TEST(CommandLineTest, TimesAreBetweenAMillisecondAndAYear) {
  EXPECT_EQ(ExitOf({"list", "--timeout", "0"}), ExitCode::kUsage);
  EXPECT_EQ(ExitOf({"list", "--timeout", "0.001"}), ExitCode::kOk);
  EXPECT_EQ(ExitOf({"list", "--timeout", "31536000"}), ExitCode::kOk);
  EXPECT_EQ(ExitOf({"list", "--timeout", "31536001"}), ExitCode::kUsage);
}

TEST(CommandLineTest, HelpIsNotAnError) {
  const auto help = ParseCommandLine({"--help"});
  ASSERT_FALSE(help);
  EXPECT_EQ(help.error().exit, ExitCode::kOk);
  EXPECT_THAT(help.error().text, HasSubstr("Exit codes:"));
  EXPECT_EQ(ExitOf({"--version"}), ExitCode::kOk);
}

// The words that start the lines below "Subcommands:".
std::vector<std::string> VerbsIn(const std::string& help) {
  std::istringstream lines(help.substr(help.find("Subcommands:")));
  std::vector<std::string> verbs;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.starts_with("  ")) {
    std::istringstream words(line);
    words >> verbs.emplace_back();
  }
  return verbs;
}

TEST(CommandLineTest, EveryVerbIsInThePage) {
  std::ifstream stream(BITSD_SOURCE_DIR "/docs/bitsctl.md");
  const std::string page{std::istreambuf_iterator<char>(stream), {}};
  const std::vector<std::string> verbs = VerbsIn(ParseCommandLine({"--help"}).error().text);
  EXPECT_EQ(verbs.size(), 29U);
  for (const std::string& verb : verbs) {
    EXPECT_THAT(page, HasSubstr("### bitsctl " + verb + "\n"));
    EXPECT_THAT(page, HasSubstr("$ bitsctl " + verb + " "));
  }
  for (const std::string& verb : VerbsIn(ParseCommandLine({"wsman", "--help"}).error().text)) {
    EXPECT_THAT(page, HasSubstr("$ bitsctl wsman " + verb));
  }
}

}  // namespace
}  // namespace bitsctl
