// What bitsctl reads from and writes to files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "provider/bitsctl/terminal.h"
#include "provider/bitsctl/user_groups.h"

namespace bitsctl {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "bitsctl-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ / "users";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }
  std::string Read() const {
    std::ostringstream text;
    text << std::ifstream(file_).rdbuf();
    return text.str();
  }

  std::filesystem::path folder_;
  std::filesystem::path file_;
};

TEST_F(FilesTest, GroupsOfOneUserAreReplacedAndAllElseStays) {
  Write("# people\nalice:$y$a:old,older\nalice2:$y$b:x\nbob:$y$c\n");
  ASSERT_TRUE(SetGroups(file_, "alice", {"ops", "dev"}));
  EXPECT_EQ(Read(), "# people\nalice:$y$a:ops,dev\nalice2:$y$b:x\nbob:$y$c\n");
  ASSERT_TRUE(SetGroups(file_, "bob", {"ops"}));
  ASSERT_TRUE(SetGroups(file_, "alice", {}));
  EXPECT_EQ(Read(), "# people\nalice:$y$a\nalice2:$y$b:x\nbob:$y$c:ops\n");
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(FilesTest, BadGroupsAndUnknownUsersChangeNothing) {
  Write("alice:$y$a\n");
  for (const std::string group : {"", "a b", "a:b", "a\\b", "a#", "a\n"}) {
    EXPECT_FALSE(SetGroups(file_, "alice", {group})) << group;
  }
  EXPECT_FALSE(SetGroups(file_, "carol", {"ops"}));
  EXPECT_FALSE(SetGroups(folder_ / "none", "alice", {"ops"}));
  EXPECT_EQ(Read(), "alice:$y$a\n");
}

TEST_F(FilesTest, AGroupNameMayHave256Bytes) {
  Write("alice:$y$a\n");
  EXPECT_TRUE(SetGroups(file_, "alice", {std::string(255, 'g')}));
  EXPECT_TRUE(SetGroups(file_, "alice", {std::string(256, 'g')}));
  EXPECT_FALSE(SetGroups(file_, "alice", {std::string(257, 'g')}));
}

TEST_F(FilesTest, APasswordIsTheFirstLineOfItsFile) {
  Write("s e c\r\nother\n");
  EXPECT_EQ(ReadPasswordFile(file_).value(), "s e c");
  Write("");
  EXPECT_FALSE(ReadPasswordFile(file_));
  EXPECT_FALSE(ReadPasswordFile(folder_ / "none"));
}

TEST(SignalClockTest, ASignalEndsAWait) {
  SignalClock clock;
  EXPECT_TRUE(clock.Wait(std::chrono::milliseconds(1)));
  ::raise(SIGINT);
  EXPECT_FALSE(clock.Wait(std::chrono::milliseconds(10'000)));
}

}  // namespace
}  // namespace bitsctl
