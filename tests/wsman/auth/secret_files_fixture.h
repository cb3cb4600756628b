// A folder of its own for the users file and the files beside it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace wsman::auth {

// `file_` is the one that a test is about: the users file unless said otherwise.
class SecretFilesTest : public ::testing::Test {
 protected:
  SecretFilesTest() {
    std::string folder = ::testing::TempDir() + "secrets_XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    users_ = folder_ / "users";
    file_ = users_;
  }
  ~SecretFilesTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(file_) << text;
    ::chmod(file_.c_str(), mode);
  }
  std::string Text() const {
    std::ifstream in(file_);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  mode_t Mode() const {
    struct stat status {};
    EXPECT_EQ(::stat(file_.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  std::filesystem::path folder_;
  std::filesystem::path users_;
  std::filesystem::path file_;
};

}  // namespace wsman::auth
