// get and watch: the commands that wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <filesystem>
#include <sstream>

#include "provider/bitsctl/commands.h"
#include "tests/provider/bitsctl/fake_service.h"

namespace bitsctl {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class WaitingTest : public ::testing::Test {
 protected:
  WaitingTest() {
    service_.outputs["CreateJob"] =
        MakeElement("CreateJob_OUTPUT", {{"JobId", kFirstId}, {"ReturnValue", "0"}});
    service_.outputs["GetError"] = MakeElement(
        "X",
        {{"ErrorCode", "2149122452"}, {"ErrorDescription", "Not found."}, {"ReturnValue", "0"}});
  }

  void Then(int state, std::uint64_t transferred = 0) {
    service_.next_jobs.emplace_back(MakeJob(kFirstId, "f", state, transferred));
  }

  static std::string Set(int action) {
    return std::string("SetJobState ") + kFirstId + " JobState=" + std::to_string(action);
  }

  FakeService service_;
  FakeClock clock_;
  std::ostringstream out_;
  std::ostringstream err_;
  Context context_{service_, clock_, out_, err_, false, false, false, {}};
  GetCommand get_{"http://h/f.bin", "C:\\f.bin", "", std::chrono::milliseconds(500)};
};

TEST_F(WaitingTest, GetCompletesTheJobAndPrintsTheFile) {
  Then(1);
  Then(2, 50);
  Then(6, 100);
  ASSERT_TRUE(Execute(get_, context_));
  EXPECT_EQ(out_.str(), "C:\\f.bin\n");
  EXPECT_THAT(err_.str(), HasSubstr("Transferring 50%"));
  EXPECT_THAT(service_.calls, Contains(std::string("Put ") + kFirstId + " Priority=0"));
  EXPECT_EQ(service_.calls.back(), Set(1));
}

TEST_F(WaitingTest, PutUploadsAndPrintsTheUrl) {
  get_.type = engine::JobType::kUpload;
  Then(2, 50);
  Then(6, 100);
  ASSERT_TRUE(Execute(get_, context_));
  EXPECT_EQ(out_.str(), "http://h/f.bin\n");
  EXPECT_THAT(service_.calls.front(), HasSubstr(" Type=1"));
  EXPECT_EQ(service_.calls.back(), Set(1));
}

TEST_F(WaitingTest, PutWithReplySaysWhereItIs) {
  get_.type = engine::JobType::kUploadReply;
  get_.reply_file = "C:\\answer";
  Then(6, 100);
  ASSERT_TRUE(Execute(get_, context_));
  EXPECT_EQ(out_.str(), "C:\\answer\n");
  EXPECT_THAT(service_.calls,
              Contains(std::string("Put ") + kFirstId + " ReplyFileName=C:\\answer"));
}

TEST_F(WaitingTest, AFailedPutSaysWhereItWasSent) {
  get_.type = engine::JobType::kUpload;
  Then(4);
  const Done done = Execute(get_, context_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().what, HasSubstr("cannot upload to 'http://h/f.bin'"));
}

TEST_F(WaitingTest, GetOnATerminalRewritesOneLine) {
  context_.interactive = true;
  Then(2, 50);
  Then(6, 100);
  ASSERT_TRUE(Execute(get_, context_));
  EXPECT_THAT(err_.str(), HasSubstr("[===============               ]  50% 50 B of 100 B"));
  EXPECT_TRUE(err_.str().ends_with("\n"));
}

TEST_F(WaitingTest, GetCancelsAJobThatFailedAndSaysWhy) {
  Then(4);
  const Done done = Execute(get_, context_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().what, HasSubstr("BG_E_HTTP_ERROR_404 0x80190194: Not found."));
  EXPECT_EQ(service_.calls.back(), Set(0));
}

TEST_F(WaitingTest, GetSaysATransientErrorOnceAndGoesOn) {
  Then(5);
  Then(5);
  Then(2);
  Then(6);
  ASSERT_TRUE(Execute(get_, context_));
  const std::string said = err_.str();
  EXPECT_THAT(said, HasSubstr("try again"));
  EXPECT_EQ(said.find("try again"), said.rfind("try again"));
}

TEST_F(WaitingTest, GetGivesUpAfterTheTimeout) {
  service_.jobs[kFirstId] = MakeJob(kFirstId, "f", 5);
  context_.timeout = std::chrono::milliseconds(2000);
  const Done done = Execute(get_, context_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().advice, HasSubstr("--timeout"));
  EXPECT_EQ(service_.calls.back(), Set(0));
}

TEST_F(WaitingTest, GetCancelsTheJobWhenItIsInterrupted) {
  service_.jobs[kFirstId] = MakeJob(kFirstId, "f", 2);
  clock_.waits_until_interrupt = 2;
  const Done done = Execute(get_, context_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().what, HasSubstr("interrupted"));
  EXPECT_EQ(service_.calls.back(), Set(0));
}

TEST_F(WaitingTest, GetWaitsForAHostThatIsAwayForLessThanAMinute) {
  const wsman::client::ClientError away{
      wsman::client::ClientError::Kind::kConnect, "cannot connect", 0, 0, {}};
  Then(2);
  service_.next_jobs.emplace_back(tl::unexpected(away));
  Then(6);
  EXPECT_TRUE(Execute(get_, context_));
}

TEST_F(WaitingTest, GetGivesUpAHostThatStaysAway) {
  const wsman::client::ClientError away{
      wsman::client::ClientError::Kind::kConnect, "cannot connect", 0, 0, {}};
  clock_.on_wait = [this, away] { service_.failure = away; };
  service_.jobs[kFirstId] = MakeJob(kFirstId, "f", 2);
  const Done done = Execute(get_, context_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, ExitCode::kNoConnection);
}

TEST_F(WaitingTest, ARelativeNameMeansTheCurrentFolderOfThisMachineOnly) {
  get_.local_file = "";
  const Done remote = Execute(get_, context_);
  ASSERT_FALSE(remote);
  EXPECT_EQ(remote.error().exit, ExitCode::kUsage);
  context_.host_is_local = true;
  Then(6);
  ASSERT_TRUE(Execute(get_, context_));
  EXPECT_EQ(out_.str(), (std::filesystem::current_path() / "f.bin").string() + "\n");
}

TEST_F(WaitingTest, FileNamesAreTheLastSegmentOfThePath) {
  EXPECT_EQ(FileNameOf("http://h/a/b.bin?x=/y#z"), "b.bin");
  EXPECT_EQ(FileNameOf("http://h"), "");
  EXPECT_EQ(FileNameOf("http://h/"), "");
  EXPECT_EQ(FileNameOf("http://h?x=/y"), "");
}

TEST_F(WaitingTest, WatchPrintsChangesUntilTheJobIsTransferred) {
  Then(2, 10);
  Then(2, 10);
  Then(2, 20);
  Then(6, 100);
  ASSERT_TRUE(Execute(WatchCommand{kFirstId, std::chrono::milliseconds(1000)}, context_));
  const std::string text = out_.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, HasSubstr("Transferred 100%"));
}

TEST_F(WaitingTest, WatchOfAFailedJobIsAFailure) {
  Then(2);
  Then(4);
  const Done done = Execute(WatchCommand{kFirstId, std::chrono::milliseconds(1000)}, context_);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().exit, ExitCode::kFailed);
}

TEST_F(WaitingTest, WatchEndsWhenTheJobIsGone) {
  Then(6 - 4);
  ASSERT_TRUE(Execute(WatchCommand{kFirstId, std::chrono::milliseconds(1000)}, context_));
  EXPECT_THAT(out_.str(), HasSubstr("is gone"));
  EXPECT_EQ(Execute(WatchCommand{kFirstId, std::chrono::milliseconds(1000)}, context_).error().exit,
            ExitCode::kNoSuchJob);
}

TEST_F(WaitingTest, WatchOfAllEndsWhenNoneIsAtWork) {
  service_.jobs[kFirstId] = MakeJob(kFirstId, "f", 2);
  service_.jobs[kSecondId] = MakeJob(kSecondId, "g", 3);
  clock_.on_wait = [this] { service_.jobs.erase(kFirstId); };
  ASSERT_TRUE(Execute(WatchCommand{}, context_));
  EXPECT_THAT(out_.str(), HasSubstr(std::string(kFirstId) + " is gone"));
  EXPECT_THAT(out_.str(), Not(HasSubstr(std::string(kSecondId) + " is gone")));
}

TEST_F(WaitingTest, WatchStopsAtItsTimeout) {
  service_.jobs[kFirstId] = MakeJob(kFirstId, "f", 2);
  context_.timeout = std::chrono::milliseconds(3000);
  EXPECT_FALSE(Execute(WatchCommand{kFirstId, std::chrono::milliseconds(1000)}, context_));
}

// A job as a host tells it in an event.
Element EventOf(const std::string& kind, const std::string& id, int state) {
  Element event = MakeElement("__Instance" + kind + "Event", {});
  Element target = MakeJob(id, "f", state);
  target.name = "TargetInstance";
  event.children.push_back(std::move(target));
  return event;
}

TEST_F(WaitingTest, WatchShowsEveryStateThatTheHostTells) {
  service_.has_events = true;
  Then(1);
  service_.next_events = {
      {EventOf("Modification", kFirstId, 2)},
      {},
      {EventOf("Modification", kFirstId, 5), EventOf("Modification", kFirstId, 6)}};
  ASSERT_TRUE(Execute(WatchCommand{kFirstId, std::chrono::milliseconds(1)}, context_));
  const std::string lines = out_.str();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4);
  EXPECT_EQ(std::count_if(service_.calls.begin(), service_.calls.end(),
                          [](const std::string& call) { return call.starts_with("Get"); }),
            1);
  EXPECT_THAT(service_.calls.front(),
              HasSubstr(std::string("AND TargetInstance.JobId = '") + kFirstId + "'"));
  EXPECT_EQ(service_.calls.back(), "Unsubscribe uuid:1");
}

TEST_F(WaitingTest, WatchSaysThatTheJobHasGoneWhenTheHostTells) {
  service_.has_events = true;
  Then(2);
  service_.next_events = {{EventOf("Deletion", kFirstId, 2)}};
  ASSERT_TRUE(Execute(WatchCommand{kFirstId, std::chrono::milliseconds(1)}, context_));
  EXPECT_THAT(out_.str(), HasSubstr("is gone"));
}

TEST_F(WaitingTest, WatchLooksAgainWhenEventsWereLost) {
  service_.has_events = true;
  Then(2);
  Then(6);
  service_.next_events = {{MakeElement("DroppedEvents", {})}};
  ASSERT_TRUE(Execute(WatchCommand{kFirstId, std::chrono::milliseconds(1)}, context_));
  EXPECT_THAT(out_.str(), HasSubstr("Transferred"));
}

TEST_F(WaitingTest, WatchPollsAHostThatLosesTheSubscription) {
  service_.has_events = true;
  Then(2);
  Then(2);
  Then(6);
  ASSERT_TRUE(Execute(WatchCommand{kFirstId, std::chrono::milliseconds(1)}, context_));
  EXPECT_EQ(std::count(service_.calls.begin(), service_.calls.end(), "PullEvents uuid:1"), 1);
}

TEST_F(WaitingTest, WatchOfAllJobsFollowsTheEvents) {
  service_.has_events = true;
  service_.jobs[kFirstId] = MakeJob(kFirstId, "f", 2);
  service_.next_events = {{EventOf("Creation", kSecondId, 1)},
                          {EventOf("Deletion", kFirstId, 6)},
                          {EventOf("Modification", kSecondId, 6)}};
  ASSERT_TRUE(Execute(WatchCommand{"", std::chrono::milliseconds(1)}, context_));
  EXPECT_THAT(out_.str(), HasSubstr(std::string(kFirstId) + " is gone"));
  EXPECT_EQ(std::count_if(service_.calls.begin(), service_.calls.end(),
                          [](const std::string& call) { return call.starts_with("Enumerate"); }),
            1);
}

}  // namespace
}  // namespace bitsctl
