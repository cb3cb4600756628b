#include "wsman/auth/user_file.h"

#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "wsman/auth/secret_files_fixture.h"

namespace wsman::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Outcome = PasswordVerifier::Outcome;

constexpr char kHash[] =
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$tnSYvahCwPBHKZUspmcxMfb0.WiB9W.zEaKlOBL35rC";

class UserFileTest : public SecretFilesTest {
 protected:
  std::string ReadError() const {
    const auto users = ReadUserFile(file_);
    return users ? "" : users.error();
  }
};

TEST_F(UserFileTest, LinesAreUsersWithGroups) {
  Write(std::string("# people\n\nalice:") + kHash + "\nbob:" + kHash + ":ops,night\n");
  const auto users = ReadUserFile(file_);
  ASSERT_TRUE(users) << users.error();
  ASSERT_EQ(users->size(), 2U);
  EXPECT_EQ((*users)[0].name, "alice");
  EXPECT_EQ((*users)[0].hash, kHash);
  EXPECT_THAT((*users)[0].groups, ElementsAre());
  EXPECT_THAT((*users)[1].groups, ElementsAre("ops", "night"));
}

TEST_F(UserFileTest, MistakesAreNamedWithFileAndLine) {
  Write(std::string("alice:") + kHash + "\nbob\n");
  EXPECT_THAT(ReadError(), HasSubstr(file_.string() + " line 2: expected name:hash"));
  for (const char* hash : {"", "!", "*0", "**", " *"}) {
    Write(std::string("alice:") + hash + "\n");
    EXPECT_THAT(ReadError(), HasSubstr("in crypt(5) form")) << hash;
  }
  Write("alice:secret\n");
  EXPECT_THAT(ReadError(), HasSubstr("line 1: the hash of user alice is not in crypt(5) form"));
  Write(std::string("a:") + kHash + "\na:" + kHash + "\n");
  EXPECT_THAT(ReadError(), HasSubstr("line 2: user a appears twice"));
  Write(std::string(":") + kHash + "\n");
  EXPECT_THAT(ReadError(), HasSubstr("the user name is empty"));
  Write(std::string("a:") + kHash + ":x,,y\n");
  EXPECT_THAT(ReadError(), HasSubstr("empty group name"));
}

TEST_F(UserFileTest, AFileThatOthersMayReadIsRefused) {
  for (const mode_t mode : {0640, 0604, 0620, 0700}) {
    Write(std::string("alice:") + kHash + "\n", mode);
    EXPECT_THAT(ReadError(), HasSubstr("chmod 600")) << mode;
  }
  Write(std::string("alice:") + kHash + "\n", 0400);
  EXPECT_EQ(ReadError(), "");
}

TEST_F(UserFileTest, AMissingFileIsAnErrorOfItsOwn) {
  EXPECT_THAT(ReadError(), HasSubstr("cannot open users file"));
}

TEST_F(UserFileTest, SetPasswordCreatesTheFileForItsOwnerOnly) {
  ASSERT_TRUE(SetPassword(file_, "alice", "secret"));
  EXPECT_EQ(Mode(), 0600U);
  const auto users = ReadUserFile(file_);
  ASSERT_TRUE(users) << users.error();
  ASSERT_EQ(users->size(), 1U);
  EXPECT_TRUE((*users)[0].hash.starts_with("$y$"));
  EXPECT_TRUE(MatchesHash("secret", (*users)[0].hash));
  EXPECT_FALSE(MatchesHash("Secret", (*users)[0].hash));
}

TEST_F(UserFileTest, SetPasswordKeepsGroupsCommentsAndOthers) {
  Write(std::string("# people\nalice:") + kHash + ":ops\nbob:" + kHash + "\n");
  ASSERT_TRUE(SetPassword(file_, "alice", "secret"));
  EXPECT_THAT(Text(), HasSubstr("# people\nalice:$y$"));
  EXPECT_THAT(Text(), HasSubstr(":ops\nbob:" + std::string(kHash) + "\n"));
  EXPECT_TRUE(MatchesHash("secret", ReadUserFile(file_)->front().hash));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(UserFileTest, NamesAndPasswordsThatCannotWorkAreRefused) {
  const auto refusal = [this](std::string_view name, std::string_view password) {
    const auto done = SetPassword(file_, name, password);
    return done ? std::string() : done.error();
  };
  EXPECT_THAT(refusal("", "x"), HasSubstr("empty"));
  EXPECT_THAT(refusal("a:b", "x"), HasSubstr("contains ':'"));
  EXPECT_THAT(refusal("D\\a", "x"), HasSubstr("contains ':'"));
  EXPECT_THAT(refusal("a\nb", "x"), HasSubstr("control character"));
  EXPECT_THAT(refusal("#a", "x"), HasSubstr("starts with '#'"));
  EXPECT_THAT(refusal("\xFF", "x"), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal(std::string(257, 'a'), "x"), HasSubstr("longer than 256"));
  EXPECT_THAT(refusal("a", ""), HasSubstr("password is empty"));
  EXPECT_THAT(refusal("a", std::string(512, 'x')), HasSubstr("longer than 511"));
  EXPECT_THAT(refusal("a", std::string_view("x\0y", 3)), HasSubstr("NUL"));
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_EQ(refusal(std::string(256, 'a'), std::string(511, 'x')), "");
  EXPECT_EQ(refusal(std::string(255, 'a'), std::string(510, 'x')), "");
}

TEST_F(UserFileTest, GroupsOfOneUserAreReplacedAndAllElseStays) {
  const std::string hash = kHash;
  const auto file = [&hash](const std::string& alice, const std::string& bob) {
    return "# people\nalice:" + hash + alice + "\nalice2:" + hash + ":x\nbob:" + hash + bob + "\n";
  };
  Write(file(":old,older", ""));
  ASSERT_TRUE(SetGroups(file_, "alice", {"ops", "dev"}));
  EXPECT_EQ(Text(), file(":ops,dev", ""));
  ASSERT_TRUE(SetGroups(file_, "bob", {"ops"}));
  ASSERT_TRUE(SetGroups(file_, "alice", {}));
  EXPECT_EQ(Text(), file("", ":ops"));
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(UserFileTest, BadGroupsAndUnknownUsersChangeNothing) {
  const std::string text = std::string("alice:") + kHash + "\n";
  Write(text);
  for (const std::string group : {"", "a b", "a:b", "a,b", "a\\b", "a#", "a\n"}) {
    EXPECT_FALSE(SetGroups(file_, "alice", {group})) << group;
  }
  const auto unknown = SetGroups(file_, "carol", {"ops"});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error(), HasSubstr("'carol' is not in"));
  EXPECT_FALSE(SetGroups(folder_ / "none", "alice", {"ops"}));
  EXPECT_EQ(Text(), text);
}

TEST_F(UserFileTest, AGroupNameMayHave256Bytes) {
  Write(std::string("alice:") + kHash + "\n");
  EXPECT_TRUE(SetGroups(file_, "alice", {std::string(255, 'g')}));
  EXPECT_TRUE(SetGroups(file_, "alice", {std::string(256, 'g')}));
  EXPECT_FALSE(SetGroups(file_, "alice", {std::string(257, 'g')}));
}

TEST_F(UserFileTest, AFileWithAMistakeIsLeftForItsOwner) {
  Write("alice\n");
  EXPECT_FALSE(SetPassword(file_, "bob", "x"));
  EXPECT_EQ(Text(), "alice\n");
}

class PasswordVerifierTest : public UserFileTest {
 protected:
  void StartVerifier(std::size_t queue_limit = 64) {
    auto started = PasswordVerifier::Start(file_, {.queue_limit = queue_limit, .others = nullptr});
    ASSERT_TRUE(started) << started.error();
    verifier_ = *std::move(started);
  }
  Outcome Verify(const std::string& name, const std::string& password) {
    std::promise<Outcome> promise;
    verifier_->Verify(name, password,
                      [&promise](Outcome outcome, const Verified&) { promise.set_value(outcome); });
    return promise.get_future().get();
  }

  std::unique_ptr<PasswordVerifier> verifier_;
};

TEST_F(PasswordVerifierTest, OnlyTheRightPasswordIsAccepted) {
  ASSERT_TRUE(SetPassword(file_, "alice", "secret"));
  StartVerifier();
  EXPECT_EQ(Verify("alice", "wrong"), Outcome::kRefused);
  EXPECT_EQ(Verify("alice", "secret"), Outcome::kAccepted);
  EXPECT_EQ(Verify("nobody", "secret"), Outcome::kRefused);
}

TEST_F(PasswordVerifierTest, NameAndGroupsOfTheFileComeWithTheOutcome) {
  Write("alice:" + HashPassword("secret") + ":ops\n");
  StartVerifier();
  for (const char* user : {"alice", "ALICE", "\\alice", ".\\alice", "CORP\\Alice", "alice@corp"}) {
    std::promise<Verified> found;
    verifier_->Verify(user, "secret",
                      [&found](Outcome, const Verified& who) { found.set_value(who); });
    const Verified who = found.get_future().get();
    EXPECT_EQ(who.name, "alice") << user;
    EXPECT_THAT(who.groups, ElementsAre("ops"));
    ASSERT_TRUE(verifier_->Remembered(user, "secret"));
    EXPECT_EQ(verifier_->Remembered(user, "secret")->name, "alice");
  }
  EXPECT_EQ(Verify("bob\\", "secret"), Outcome::kRefused);
}

TEST_F(PasswordVerifierTest, SuccessesAreRememberedAndFailuresAreNot) {
  ASSERT_TRUE(SetPassword(file_, "alice", "secret"));
  StartVerifier();
  EXPECT_FALSE(verifier_->Remembered("alice", "secret"));
  Verify("alice", "wrong");
  EXPECT_FALSE(verifier_->Remembered("alice", "wrong"));
  Verify("alice", "secret");
  EXPECT_TRUE(verifier_->Remembered("alice", "secret"));
  EXPECT_FALSE(verifier_->Remembered("alices", "ecret"));
  const auto checks = verifier_->checks();
  EXPECT_EQ(Verify("alice", "secret"), Outcome::kAccepted);
  EXPECT_EQ(verifier_->checks(), checks);
}

TEST_F(PasswordVerifierTest, AChangedFileEmptiesTheMemoryAndIsReadAgain) {
  ASSERT_TRUE(SetPassword(file_, "alice", "first"));
  StartVerifier();
  ASSERT_EQ(Verify("alice", "first"), Outcome::kAccepted);
  const auto generation = verifier_->Generation();
  ASSERT_TRUE(SetPassword(file_, "alice", "second"));
  EXPECT_NE(verifier_->Generation(), generation);
  EXPECT_FALSE(verifier_->Remembered("alice", "first"));
  EXPECT_EQ(Verify("alice", "first"), Outcome::kRefused);
  EXPECT_EQ(Verify("alice", "second"), Outcome::kAccepted);
}

TEST_F(PasswordVerifierTest, TheRecentGenerationKnowsOfAChangeAMomentLater) {
  ASSERT_TRUE(SetPassword(file_, "alice", "first"));
  StartVerifier();
  const auto generation = verifier_->Generation();
  EXPECT_EQ(verifier_->RecentGeneration(), generation);
  ASSERT_TRUE(SetPassword(file_, "alice", "second"));
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_NE(verifier_->RecentGeneration(), generation);
  EXPECT_EQ(verifier_->RecentGeneration(), verifier_->Generation());
}

TEST_F(PasswordVerifierTest, AMistakeInTheFileRefusesEverybodyUntilItIsCorrected) {
  ASSERT_TRUE(SetPassword(file_, "alice", "secret"));
  const std::string good = Text();
  StartVerifier();
  Write("alice\n");
  EXPECT_EQ(Verify("alice", "secret"), Outcome::kRefused);
  Write(good + "# corrected\n");
  EXPECT_EQ(Verify("alice", "secret"), Outcome::kAccepted);
}

TEST_F(PasswordVerifierTest, WithoutAFileThereAreNoUsersUntilThereIsOne) {
  StartVerifier();
  EXPECT_EQ(Verify("alice", "secret"), Outcome::kRefused);
  ASSERT_TRUE(SetPassword(file_, "alice", "secret"));
  EXPECT_EQ(Verify("alice", "secret"), Outcome::kAccepted);
}

TEST_F(PasswordVerifierTest, AMistakeAtTheStartIsReported) {
  Write("alice\n");
  const auto started = PasswordVerifier::Start(file_);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr("line 1"));
}

TEST_F(PasswordVerifierTest, AUserWithoutAPasswordIsRefusedLikeAnUnknownOne) {
  Write("alice:*:ops\n");
  StartVerifier();
  // The last one is what unknown users' checks are made with.
  for (const char* password : {"*", "*0", "x", "", "a user who is not in the file"}) {
    const std::uint64_t before = verifier_->checks();
    EXPECT_EQ(Verify("alice", password), Outcome::kRefused) << password;
    EXPECT_EQ(verifier_->checks(), before + 1) << "in the same time";
  }
  ASSERT_TRUE(SetPassword(file_, "alice", "secret"));
  EXPECT_EQ(Verify("alice", "secret"), Outcome::kAccepted);
}

TEST_F(PasswordVerifierTest, UnknownUsersCostACheckToo) {
  ASSERT_TRUE(SetPassword(file_, "alice", "secret"));
  StartVerifier();
  Verify("nobody", "x");
  EXPECT_EQ(verifier_->checks(), 1U);
}

// Counts outcomes from the verifier's thread.
struct Tally {
  std::mutex mutex;
  std::condition_variable changed;
  int accepted = 0, refused = 0, busy = 0;

  PasswordVerifier::Done Done() {
    return [this](Outcome outcome, const Verified&) {
      const std::lock_guard lock(mutex);
      ++(outcome == Outcome::kAccepted ? accepted : outcome == Outcome::kRefused ? refused : busy);
      changed.notify_all();
    };
  }
  void WaitFor(int total) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this, total] { return accepted + refused + busy >= total; });
  }
};

// The first check runs while the others arrive, so `checks` more have to wait:
// the queue is filled well within the 17 ms it takes.
void Fill(PasswordVerifier& verifier, Tally& tally, int checks) {
  for (int i = 0; i < checks; ++i) {
    verifier.Verify("nobody", std::to_string(i), tally.Done());
  }
}

TEST_F(PasswordVerifierTest, AFullQueueIsBusyAtOnce) {
  StartVerifier(/*queue_limit=*/3);
  Tally tally;
  Fill(*verifier_, tally, 2);
  EXPECT_EQ(tally.busy, 0);
  Fill(*verifier_, tally, 1);
  {
    const std::lock_guard lock(tally.mutex);
    EXPECT_EQ(tally.busy, 0);
  }
  Fill(*verifier_, tally, 20);
  tally.WaitFor(23);
  EXPECT_GE(tally.busy, 1);
  EXPECT_GE(tally.refused, 3);
}

TEST_F(PasswordVerifierTest, ConnectionsOfOneClientShareACheck) {
  ASSERT_TRUE(SetPassword(file_, "alice", "secret"));
  StartVerifier();
  Tally tally;
  Fill(*verifier_, tally, 10);  // time enough for the others to join
  EXPECT_FALSE(verifier_->Join("alice", "secret", tally.Done()));
  verifier_->Verify("alice", "secret", tally.Done());
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(verifier_->Join("alice", "secret", tally.Done()));
  tally.WaitFor(111);
  EXPECT_EQ(tally.accepted, 101);
  EXPECT_EQ(verifier_->checks(), 11U);
}

TEST_F(PasswordVerifierTest, WaitingChecksEndAsBusyWhenItStops) {
  StartVerifier();
  Tally tally;
  Fill(*verifier_, tally, 30);
  verifier_.reset();
  EXPECT_EQ(tally.busy + tally.refused, 30);
  EXPECT_GE(tally.busy, 1);
}

}  // namespace
}  // namespace wsman::auth
