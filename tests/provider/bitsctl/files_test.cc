// What bitsctl reads from and writes to files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <stdlib.h>

#include <fstream>

#include "provider/bitsctl/terminal.h"

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
  std::filesystem::path folder_;
  std::filesystem::path file_;
};

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
