#include "engine/store/migrate.h"

#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/store/open.h"
#include "tests/engine/store/store_for_test.h"

namespace engine::store {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kSecond =
    "ALTER TABLE job ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'";
constexpr std::string_view kThird = "CREATE TABLE extra (x INTEGER) STRICT";
constexpr std::string_view kBroken = "CREATE TABLE half (x); CREATE TABLE half (x)";

// The migrations of the program with further steps.
std::vector<std::string_view> WithSteps(std::initializer_list<std::string_view> steps) {
  std::vector<std::string_view> all(Migrations().begin(), Migrations().end());
  all.insert(all.end(), steps);
  return all;
}

std::string LastVersionName(const std::filesystem::path& file) {
  return file.native() + ".version-" + std::to_string(Migrations().size());
}

std::int64_t Query(const std::filesystem::path& file, std::string_view sql) {
  auto database = Database::Open(file);
  return database ? database->QueryInteger(sql).value_or(-1) : -1;
}

TEST(MigrateTest, AFileOfVersion1OpensWithAllItHolds) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  WriteFileForTest(file, "");
  {
    auto database = Database::Open(file);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->Execute(
        ReadFileForTest(SOURCE_DIRECTORY "/tests/engine/store/fixtures/version_1.sql")));
  }
  Job second = FullJobForTest(2);
  second.request = {};             // came with version 2
  second.seconds_downloading = 0;  // the rest came with version 4
  second.files = {FileForTest(0), FileForTest(1), File{}};
  EXPECT_EQ(Describe(LoadForTest(file)), Describe({JobForTest(1), second}));
}

TEST(MigrateTest, AFreshFileGetsTheLastVersionAndNoCopy) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  LoadForTest(file);
  EXPECT_EQ(Query(file, "PRAGMA user_version"), static_cast<std::int64_t>(Migrations().size()));
  EXPECT_EQ(Query(file, "PRAGMA application_id"), kApplicationId);
  EXPECT_FALSE(std::filesystem::exists(file.native() + ".version-0"));
}

TEST(MigrateTest, EveryStepRunsAndACopyOfTheOldFileStays) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  ASSERT_TRUE(OpenForTest(file)->Apply(PutWithFiles(FullJobForTest(1))));
  const auto migrations = WithSteps({kSecond, kThird});
  ASSERT_TRUE(OpenDatabase(file, migrations));
  EXPECT_EQ(Query(file, "PRAGMA user_version"), static_cast<std::int64_t>(migrations.size()));
  EXPECT_EQ(Query(file, "SELECT count(*) FROM job WHERE colour = 'red'"), 1);
  EXPECT_EQ(Query(file, "SELECT count(*) FROM extra"), 0);
  struct stat status {};
  ASSERT_EQ(stat(LastVersionName(file).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(Describe(LoadForTest(LastVersionName(file))), Describe({FullJobForTest(1)}));
}

TEST(MigrateTest, AFailedStepLeavesTheVersionBeforeIt) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  ASSERT_TRUE(OpenForTest(file)->Apply(PutWithFiles(FullJobForTest(1))));
  const auto version = static_cast<std::int64_t>(Migrations().size());
  const auto failed = OpenDatabase(file, WithSteps({kSecond, kBroken}));
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message,
              HasSubstr("the step to schema " + std::to_string(version + 2) + " failed"));
  EXPECT_EQ(Query(file, "PRAGMA user_version"), version + 1);
  EXPECT_EQ(Query(file, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
  // The next try replaces nothing but its own copy.
  ASSERT_TRUE(OpenDatabase(file, WithSteps({kSecond, kThird})));
  EXPECT_EQ(Describe(LoadForTest(LastVersionName(file))), Describe({FullJobForTest(1)}));
}

TEST(MigrateTest, AQuoteInTheNameIsJustACharacter) {
  const TemporaryDirectory directory;
  const auto file = directory / "it's.db";
  ASSERT_TRUE(OpenForTest(file)->Apply(PutWithFiles(JobForTest(1))));
  ASSERT_TRUE(OpenDatabase(file, WithSteps({kSecond})));
  EXPECT_EQ(Describe(LoadForTest(LastVersionName(file))), Describe({JobForTest(1)}));
}

TEST(MigrateTest, TheReleaseBeforeRefusesTheMigratedFile) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  LoadForTest(file);
  ASSERT_TRUE(OpenDatabase(file, WithSteps({kSecond})));
  const auto store = OpenSqliteStore(file);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("later release"));
}

}  // namespace
}  // namespace engine::store
