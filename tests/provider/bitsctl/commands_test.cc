#include "provider/bitsctl/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "provider/bitsctl/uri_alias.h"
#include "tests/provider/bitsctl/fake_service.h"

namespace bitsctl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string First(const std::string& rest = {}) { return kFirstId + rest; }

class CommandsTest : public ::testing::Test {
 protected:
  CommandsTest() {
    service_.jobs[kFirstId] = MakeJob(kFirstId, "one", 2, 50);
    service_.jobs[kSecondId] = MakeJob(kSecondId, "two", 6, 100);
    service_.outputs["CreateJob"] =
        MakeElement("CreateJob_OUTPUT", {{"JobId", kFirstId}, {"ReturnValue", "0"}});
  }

  FakeService service_;
  FakeClock clock_;
  std::ostringstream out_;
  std::ostringstream err_;
  Context context_{service_, clock_, out_, err_, false, false, false, {}};
};

TEST_F(CommandsTest, CreateMakesASuspendedJobAndPrintsItsGuid) {
  CreateCommand command;
  command.job = {"name", "http://h/f", "C:\\f", "text", {}, 0};
  ASSERT_TRUE(Execute(command, context_));
  EXPECT_EQ(out_.str(), First("\n"));
  EXPECT_THAT(service_.calls,
              ElementsAre("CreateJob DisplayName=name RemoteUrl=http://h/f LocalFile=C:\\f "
                          "ServiceAccount=0 Suspend=true Description=text"));
}

TEST_F(CommandsTest, CreateMakesUploadsAndNamesTheirReplies) {
  JobSpec spec;
  spec.url = "http://h/f";
  spec.type = engine::JobType::kUploadReply;
  spec.reply_file = "C:\\answer";
  ASSERT_TRUE(Execute(CreateCommand{spec, false}, context_));
  EXPECT_THAT(service_.calls.front(), HasSubstr(" Type=2"));
  EXPECT_EQ(service_.calls.back(), std::string("Put ") + kFirstId + " ReplyFileName=C:\\answer");
}

TEST_F(CommandsTest, CreateWithStartSetsThePriorityBeforeItStarts) {
  CreateCommand command;
  command.job = {"name", "u", "l", "", 1, {}};
  command.start = true;
  ASSERT_TRUE(Execute(command, context_));
  EXPECT_THAT(service_.calls, ElementsAre(HasSubstr("CreateJob"), "Put " + First(" Priority=1"),
                                          "SetJobState " + First(" JobState=2")));
}

TEST_F(CommandsTest, AJobThatCannotBeStartedIsCancelled) {
  service_.outputs["SetJobState"] = MakeElement("X", {{"ReturnValue", "2149580803"}});
  CreateCommand command;
  command.start = true;
  const Done done = Execute(command, context_);
  ASSERT_FALSE(done);
  EXPECT_THAT(ToText(done.error()), HasSubstr("BG_E_EMPTY 0x80200003"));
  EXPECT_THAT(service_.calls, Contains("SetJobState " + First(" JobState=0")));
}

TEST_F(CommandsTest, AJobIsNamedByItsGuidWithoutALookUp) {
  ASSERT_TRUE(Execute(ShowCommand{"00000000-0000-4000-8000-000000000001"}, context_));
  EXPECT_THAT(service_.calls, ElementsAre("Get " + First()));
  EXPECT_THAT(out_.str(), HasSubstr("Transferring"));
}

TEST_F(CommandsTest, AJobIsNamedByADisplayNameThatOnlyItHas) {
  ASSERT_TRUE(Execute(AddCommand{"two", "http://h/g", "C:\\g"}, context_));
  EXPECT_EQ(service_.calls.back(),
            std::string("AddFile ") + kSecondId + " RemoteUrl=http://h/g LocalFile=C:\\g");
}

TEST_F(CommandsTest, AnAmbiguousNameIsAUsageErrorThatListsTheGuids) {
  service_.jobs[kSecondId] = MakeJob(kSecondId, "one", 3);
  const Done done = Execute(SetCommand{"one", {{"Priority", "0"}}}, context_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, ExitCode::kUsage);
  EXPECT_THAT(done.error().advice, HasSubstr(kFirstId));
  EXPECT_THAT(done.error().advice, HasSubstr(kSecondId));
}

TEST_F(CommandsTest, AJobThatIsNotThereHasAnExitCodeOfItsOwn) {
  EXPECT_EQ(Execute(ShowCommand{"three"}, context_).error().exit, ExitCode::kNoSuchJob);
  service_.jobs.clear();
  EXPECT_EQ(Execute(ShowCommand{kFirstId}, context_).error().exit, ExitCode::kNoSuchJob);
}

TEST_F(CommandsTest, AnActionGoesOnAfterAJobThatFailed) {
  const Done done = Execute(ActionCommand{JobAction::kSuspend, {"three", "two", "four"}}, context_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().what, HasSubstr("three"));
  EXPECT_THAT(err_.str(), HasSubstr("four"));
  EXPECT_THAT(service_.calls, Contains(std::string("SetJobState ") + kSecondId + " JobState=3"));
}

TEST_F(CommandsTest, ASuccessThatLeftSomethingUndoneIsSaid) {
  service_.outputs["SetJobState"] = MakeElement("X", {{"ReturnValue", "2097175"}});
  ASSERT_TRUE(Execute(ActionCommand{JobAction::kComplete, {"one"}}, context_));
  EXPECT_THAT(err_.str(), HasSubstr("BG_S_PARTIAL_COMPLETE 0x00200017"));
}

TEST_F(CommandsTest, ListPrintsALineForEachJob) {
  ASSERT_TRUE(Execute(ListCommand{}, context_));
  EXPECT_THAT(out_.str(), HasSubstr(First("  Transferring  normal    0/1    50%   100 B  one")));
  EXPECT_THAT(out_.str(), HasSubstr("Transferred"));
}

TEST_F(CommandsTest, ListCanBeLimitedToAState) {
  ASSERT_TRUE(Execute(ListCommand{JobState::kTransferred}, context_));
  EXPECT_THAT(out_.str(), HasSubstr("two"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("one")));
}

TEST_F(CommandsTest, JsonHasNullForWhatIsNotKnown) {
  context_.json = true;
  ASSERT_TRUE(Execute(ShowCommand{"one"}, context_));
  const auto job = nlohmann::json::parse(out_.str());
  EXPECT_EQ(job["job_id"], kFirstId);
  EXPECT_EQ(job["state"], "Transferring");
  EXPECT_EQ(job["bytes_total"], 100);
  EXPECT_TRUE(job["transferred"].is_null());
  EXPECT_EQ(job["created"], "2021-01-01T00:00:00Z");
  EXPECT_TRUE(job["files"][0]["bytes_total"].is_null());
  EXPECT_TRUE(job["error"].is_null());
}

TEST_F(CommandsTest, ShowOfAFailedJobHasItsError) {
  service_.jobs[kFirstId] = MakeJob(kFirstId, "one", 4);
  service_.outputs["GetError"] = MakeElement("X", {{"ErrorCode", "2149122452"},
                                                   {"ErrorContext", "5"},
                                                   {"ErrorDescription", "Not found."},
                                                   {"ContextDescription", "The remote file."},
                                                   {"ReturnValue", "0"}});
  ASSERT_TRUE(Execute(ShowCommand{"one"}, context_));
  EXPECT_THAT(out_.str(),
              HasSubstr("BG_E_HTTP_ERROR_404 0x80190194: Not found. (The remote file.)"));
}

TEST_F(CommandsTest, AJobWithoutErrorIsNotAFailure) {
  service_.outputs["GetError"] = MakeElement("X", {{"ReturnValue", "2149580815"}});
  ASSERT_TRUE(Execute(ErrorCommand{"one"}, context_));
  EXPECT_THAT(out_.str(), HasSubstr("no error"));
}

TEST_F(CommandsTest, FilesListsEachFile) {
  ASSERT_TRUE(Execute(FilesCommand{"one"}, context_));
  EXPECT_THAT(out_.str(), HasSubstr("unknown"));
  EXPECT_THAT(out_.str(), HasSubstr("http://h/f"));
}

TEST_F(CommandsTest, ControlCharactersOfOthersDoNotReachTheTerminal) {
  service_.jobs[kFirstId] = MakeJob(kFirstId, "evil\x1b[2J\xc2\x9b\n", 2);
  ASSERT_TRUE(Execute(ListCommand{}, context_));
  EXPECT_THAT(out_.str(), HasSubstr("evil?[2J???\n"));
}

TEST_F(CommandsTest, RawVerbsReachAnyResource) {
  WsmanCommand command;
  command.uri = JobUri();
  command.verb = WsmanCommand::Verb::kInvoke;
  command.method = "SetJobState";
  command.selectors = {{"JobId", kFirstId}};
  command.values = {{"JobState", "2"}};
  ASSERT_TRUE(Execute(command, context_));
  EXPECT_EQ(service_.calls.back(), "SetJobState " + First(" JobState=2"));
  EXPECT_EQ(out_.str(), "SetJobState_OUTPUT\n    ReturnValue = 0\n");
  command.verb = WsmanCommand::Verb::kDelete;
  EXPECT_TRUE(Execute(command, context_));
  command.verb = WsmanCommand::Verb::kIdentify;
  EXPECT_TRUE(Execute(command, context_));
  EXPECT_THAT(out_.str(), HasSubstr("ProductVendor = test"));
  command.verb = WsmanCommand::Verb::kEnumerate;
  command.filter = "SELECT * FROM X";
  context_.json = true;
  out_.str("");
  EXPECT_TRUE(Execute(command, context_));
  EXPECT_EQ(service_.calls.back(), "Enumerate q=SELECT * FROM X");
  EXPECT_EQ(nlohmann::json::parse(out_.str()).size(), 2U);
}

TEST_F(CommandsTest, EventsArePrintedUntilTheHostEndsTheSubscription) {
  WsmanCommand command;
  command.verb = WsmanCommand::Verb::kSubscribe;
  command.uri = JobUri();
  command.filter = "SELECT * FROM X";
  EXPECT_FALSE(Execute(command, context_)) << "a host without events";
  service_.has_events = true;
  service_.next_events = {{MakeElement("Event", {{"A", "1"}}), MakeElement("Event", {{"A", "2"}})},
                          {},
                          {MakeElement("Event", {{"A", "3"}})}};
  context_.json = true;
  EXPECT_FALSE(Execute(command, context_));
  EXPECT_EQ(service_.calls.front(), "Subscribe SELECT * FROM X");
  EXPECT_EQ(out_.str(), "{\"A\":\"1\"}\n{\"A\":\"2\"}\n{\"A\":\"3\"}\n");
}

TEST_F(CommandsTest, EventsArePrintedUntilTheTimeIsOver) {
  WsmanCommand command;
  command.verb = WsmanCommand::Verb::kSubscribe;
  command.uri = JobUri();
  service_.has_events = true;
  context_.timeout = std::chrono::milliseconds(0);
  EXPECT_TRUE(Execute(command, context_));
  EXPECT_EQ(service_.calls.back(), "Unsubscribe uuid:1");
}

TEST_F(CommandsTest, TheHostsRefusalIsTheFailure) {
  service_.failure = wsman::client::ClientError{wsman::client::ClientError::Kind::kFault,
                                                "No role.", 500, 5, "AccessDenied"};
  EXPECT_EQ(Execute(ListCommand{}, context_).error().exit, ExitCode::kRefused);
  EXPECT_EQ(Execute(CreateCommand{}, context_).error().exit, ExitCode::kRefused);
}

}  // namespace
}  // namespace bitsctl
