#include "provider/bitsd/files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "tests/provider/bitsd/temporary_folder.h"

namespace bitsd {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::StartsWith;

class FilesTest : public testing::Test {
 protected:
  static mode_t ModeOf(const fs::path& file) {
    struct stat status {};
    return stat(file.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }
  static std::string TextOf(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(FilesTest, MissingDirectoriesAreMadeForThisAccountAlone) {
  ASSERT_TRUE(MakeDirectory(folder_ / "a" / "b"));
  EXPECT_EQ(ModeOf(folder_ / "a"), 0700u);
  EXPECT_EQ(ModeOf(folder_ / "a" / "b"), 0700u);
}

TEST_F(FilesTest, ADirectoryThatExistsKeepsItsMode) {
  chmod(folder_.c_str(), 0750);
  ASSERT_TRUE(MakeDirectory(folder_));
  EXPECT_EQ(ModeOf(folder_), 0750u);
}

TEST_F(FilesTest, AFileInTheWayIsNamed) {
  std::ofstream(folder_ / "f") << "x";
  EXPECT_EQ(MakeDirectory(folder_ / "f").error(),
            "cannot use the directory " + (folder_ / "f").string() + ": Not a directory");
  EXPECT_THAT(MakeDirectory(folder_ / "f" / "g").error(),
              StartsWith("cannot make the directory " + (folder_ / "f" / "g").string()));
}

TEST_F(FilesTest, ReplacingLeavesTheNewTextAndNothingElse) {
  const fs::path file = folder_ / "endpoints.json";
  ASSERT_TRUE(ReplaceFile(file, "old"));
  ASSERT_TRUE(ReplaceFile(file, "new"));
  EXPECT_EQ(TextOf(file), "new");
  EXPECT_EQ(ModeOf(file), 0600u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(FilesTest, AFileThatCannotBeWrittenIsNamed) {
  EXPECT_THAT(ReplaceFile(folder_ / "none" / "f", "x").error(),
              EndsWith(": No such file or directory"));
}

TEST_F(FilesTest, AFailedReplacementLeavesNoTemporaryFile) {
  fs::create_directory(folder_ / "taken");
  EXPECT_FALSE(ReplaceFile(folder_ / "taken", "x"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace bitsd
