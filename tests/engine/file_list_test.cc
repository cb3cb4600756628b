#include "engine/file_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace engine {
namespace {

using ::testing::Optional;

File Numbered(std::size_t number) {
  File file;
  file.remote_url = std::to_string(number);
  file.bytes_total = number;
  return file;
}

FileList NumberedTo(std::size_t count) {
  FileList files;
  for (std::size_t i = 0; i < count; ++i) files.Add(Numbered(i));
  return files;
}

void ExpectNumbered(const FileList& files, std::size_t count) {
  ASSERT_EQ(files.size(), count);
  std::size_t number = 0;
  for (const File& file : files) EXPECT_EQ(file.remote_url, std::to_string(number++));
  EXPECT_EQ(number, count);
}

TEST(FileListTest, KeepsTheOrderAcrossChunks) {
  for (const std::size_t count : {0, 1, 63, 64, 65, 128, 129, 10'000})
    ExpectNumbered(NumberedTo(count), count);
}

TEST(FileListTest, ACopyDoesNotSeeLaterChanges) {
  FileList files = NumberedTo(100);
  const FileList before = files;
  for (const std::size_t index : {0, 63, 64, 99}) files.Replace(index, Numbered(index + 1'000));
  files.Add(Numbered(100));
  ExpectNumbered(before, 100);
  EXPECT_EQ(files[64].remote_url, "1064");
  EXPECT_EQ(files[65].remote_url, "65");
  EXPECT_EQ(files[100].remote_url, "100");
}

TEST(FileListTest, SharesWhatDidNotChange) {
  FileList files = NumberedTo(100);
  const FileList before = files;
  files.Replace(70, Numbered(1'000));
  EXPECT_EQ(&files[0], &before[0]);
  EXPECT_EQ(&files[71], &before[71]);
  EXPECT_NE(&files[70], &before[70]);
}

TEST(FileListTest, NoFilesAreZeroOfZeroBytes) {
  const Progress progress = FileList().progress();
  EXPECT_THAT(progress.bytes_total, Optional(0u));
  EXPECT_EQ(progress.bytes_transferred, 0u);
  EXPECT_EQ(progress.files_total, 0u);
}

TEST(FileListTest, TheTotalIsUnknownWhileOneFileIs) {
  File known;
  known.bytes_total = 10;
  known.bytes_transferred = 10;
  known.transferred = true;
  File unknown;
  unknown.bytes_transferred = 5;
  FileList files = {known, unknown, known};
  EXPECT_FALSE(files.progress().bytes_total);
  EXPECT_EQ(files.progress().bytes_transferred, 25u);
  EXPECT_EQ(files.progress().files_total, 3u);
  EXPECT_EQ(files.progress().files_transferred, 2u);
  files.Replace(1, known);
  EXPECT_THAT(files.progress().bytes_total, Optional(30u));
  EXPECT_EQ(files.progress().bytes_transferred, 30u);
  EXPECT_EQ(files.progress().files_transferred, 3u);
  files.Replace(0, unknown);
  EXPECT_FALSE(files.progress().bytes_total);
  EXPECT_EQ(files.progress().bytes_transferred, 25u);
  EXPECT_EQ(files.progress().files_transferred, 2u);
}

}  // namespace
}  // namespace engine
