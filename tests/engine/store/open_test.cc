#include "engine/store/open.h"

#include <array>
#include <filesystem>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/store/migrate.h"
#include "engine/store/sqlite_store.h"
#include "tests/engine/store/store_for_test.h"

namespace engine::store {
namespace {

using ::testing::HasSubstr;

void Execute(const std::filesystem::path& file, const std::string& sql) {
  auto database = Database::Open(file);
  ASSERT_TRUE(database);
  const Status done = database->Execute(sql);
  ASSERT_TRUE(done) << done.error().message;
}

// A closed database with two jobs in it.
void MakeDatabase(const std::filesystem::path& file) {
  const auto store = OpenForTest(file);
  ASSERT_TRUE(store->Apply(PutWithFiles(FullJobForTest(1))));
  ASSERT_TRUE(store->Apply(PutWithFiles(FullJobForTest(2))));
  // No table is empty, so that each of its pages has an end that matters.
  auto access = std::make_shared<Access>();
  access->credentials = {{AuthTarget::kProxy, AuthScheme::kDigest, {1, 2, 3}}};
  auto settings = std::make_shared<JobSettings>();
  settings->custom_headers = {4, 5, 6};
  const JobId id = FullJobForTest(2).id;
  const std::vector<Change> changes{PutAccess{id, std::move(access)},
                                    PutSettings{id, std::move(settings)}};
  ASSERT_TRUE(store->Apply(changes));
}

std::string RefusalOf(const std::filesystem::path& file) {
  const auto store = OpenSqliteStore(file);
  return store ? "opened" : store.error().message;
}

TEST(OpenTest, ANewerSchemaIsRefusedAndKept) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  MakeDatabase(file);
  Execute(file, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
  const std::string before = ReadFileForTest(file);
  EXPECT_THAT(RefusalOf(file), HasSubstr("written by a later release (schema 99"));
  EXPECT_EQ(ReadFileForTest(file), before);
}

TEST(OpenTest, ANewerSchemaWithAWalIsRefusedAndKept) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  MakeDatabase(file);
  // Database::Open leaves the WAL where it is.
  Execute(file, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA user_version = 99");
  const std::string wal = file.native() + "-wal";
  const std::string before = ReadFileForTest(file);
  const std::string wal_before = ReadFileForTest(wal);
  ASSERT_FALSE(wal_before.empty());
  EXPECT_THAT(RefusalOf(file), HasSubstr("written by a later release"));
  EXPECT_EQ(ReadFileForTest(file), before);
  EXPECT_EQ(ReadFileForTest(wal), wal_before);
}

TEST(OpenTest, AnotherApplicationsFileIsRefusedAndKept) {
  const TemporaryDirectory directory;
  const auto file = directory / "other.db";
  WriteFileForTest(file, "");
  Execute(file, "PRAGMA application_id = 7; CREATE TABLE t(x)");
  const std::string before = ReadFileForTest(file);
  EXPECT_THAT(RefusalOf(file), HasSubstr("belongs to another application"));
  EXPECT_EQ(ReadFileForTest(file), before);
}

TEST(OpenTest, TablesWithoutOurMarkBelongToAnotherApplication) {
  const TemporaryDirectory directory;
  const auto file = directory / "other.db";
  WriteFileForTest(file, "");
  Execute(file, "CREATE TABLE job(x)");
  EXPECT_THAT(RefusalOf(file), HasSubstr("belongs to another application"));
}

TEST(OpenTest, OurMarkWithOtherTablesIsRefused) {
  const TemporaryDirectory directory;
  const auto file = directory / "other.db";
  WriteFileForTest(file, "");
  Execute(file, fmt::format("CREATE TABLE job(x); PRAGMA application_id = {}; "
                            "PRAGMA user_version = {}",
                            kApplicationId, Migrations().size()));
  EXPECT_THAT(RefusalOf(file), HasSubstr("cannot be used: table job has no column"));
}

TEST(OpenTest, TextThatIsNoDatabaseIsRefusedAndKept) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  const std::string text(10'000, 'x');
  WriteFileForTest(file, text);
  EXPECT_THAT(RefusalOf(file), HasSubstr("not a database"));
  EXPECT_EQ(ReadFileForTest(file), text);
}

TEST(OpenTest, LinksDirectoriesAndMissingDirectoriesAreRefused) {
  const TemporaryDirectory directory;
  MakeDatabase(directory / "bitsd.db");
  std::filesystem::create_symlink(directory / "bitsd.db", directory / "link.db");
  std::filesystem::create_directory(directory / "directory.db");
  EXPECT_THAT(RefusalOf(directory / "link.db"), HasSubstr("not a regular file"));
  EXPECT_THAT(RefusalOf(directory / "directory.db"), HasSubstr("not a regular file"));
  EXPECT_THAT(RefusalOf(directory / "none/bitsd.db"), HasSubstr("directory does not exist"));
}

TEST(OpenTest, ALinkOnTheWayToTheDirectoryIsFine) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "real");
  std::filesystem::create_directory_symlink(directory / "real", directory / "way");
  EXPECT_EQ(RefusalOf(directory / "way/bitsd.db"), "opened");
}

struct Nonsense {
  std::string_view sql;
  std::string_view complaint;
};

constexpr auto kNonsense = std::to_array<Nonsense>({
    {"UPDATE job SET state = 99 WHERE id = 2", "the row 2 of table job has a bad state (99)"},
    {"UPDATE job SET state = -1 WHERE id = 2", "bad state (-1)"},
    {"UPDATE job SET type = 3", "the row 1 of table job has a bad type (3)"},
    {"UPDATE job SET priority = 4", "bad priority (4)"},
    {"UPDATE job SET pending = 4", "bad pending (4)"},
    {"UPDATE job SET sequence = -1", "bad sequence (-1)"},
    {"UPDATE job SET error_count = 4294967296", "bad error_count (4294967296)"},
    {"UPDATE job SET error_code = -1", "bad error_code (-1)"},
    {"UPDATE job SET error_context = 9", "bad error_context (9)"},
    {"UPDATE job SET error_file = -1", "bad error_file (-1)"},
    {"UPDATE job SET error_message = NULL", "bad error_message (not a text)"},
    {"UPDATE job SET minimum_retry_delay_seconds = -1", "bad minimum_retry_delay_seconds"},
    {"UPDATE job SET no_progress_timeout_seconds = 4294967296", "bad no_progress_timeout_seconds"},
    {"UPDATE file SET bytes_total = -1 WHERE job = 2 AND position = 1",
     "the row 1 of job 2 of table file has a bad bytes_total (-1)"},
    {"UPDATE file SET bytes_transferred = -9223372036854775808", "bad bytes_transferred"},
    {"UPDATE file SET transferred = 2", "bad transferred (2)"},
    {"UPDATE file SET position = 5 WHERE job = 2 AND position = 1", "follows a gap"},
    {"UPDATE file SET position = -1 WHERE position = 0", "bad position (-1)"},
    {"PRAGMA foreign_keys = OFF; UPDATE file SET job = 3 WHERE job = 2", "has no job"},
});

TEST(OpenTest, RowsThatMakeNoSenseAreNamed) {
  for (const auto& [sql, complaint] : kNonsense) {
    const TemporaryDirectory directory(FastParentForTest());
    const auto file = directory / "bitsd.db";
    MakeDatabase(file);
    Execute(file, std::string(sql));
    const auto jobs = OpenForTest(file)->LoadAll();
    ASSERT_FALSE(jobs) << sql;
    EXPECT_EQ(jobs.error().code, HResult::kDatabaseCorrupt);
    EXPECT_THAT(jobs.error().message, HasSubstr(std::string(complaint)));
  }
}

TEST(OpenTest, AGuidOfAnotherLengthIsDamage) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  MakeDatabase(file);
  Execute(file, "PRAGMA ignore_check_constraints = ON; UPDATE job SET guid = x'00' WHERE id = 2");
  EXPECT_THAT(RefusalOf(file), HasSubstr("it is damaged: CHECK constraint failed in job"));
}

TEST(OpenTest, ValuesOfAnotherTypeAreNamed) {
  constexpr auto kChanges = std::to_array<Nonsense>({
      {"created = 'x'", "bad created (not a number)"},
      {"guid = x'00'", "bad guid (not a GUID of 16 bytes)"},
      {"guid = 'sixteen letters.'", "bad guid (not a GUID of 16 bytes)"},
      {"display_name = x'07'", "bad display_name (not a text)"},
      {"owner = NULL", "bad owner (not a text)"},
      {"completed = 1.5", "bad completed (not a number)"},
  });
  for (const auto& [sql, complaint] : kChanges) {
    const TemporaryDirectory directory(FastParentForTest());
    const auto file = directory / "bitsd.db";
    MakeDatabase(file);
    // The same columns without types and checks, as a hostile file may have them.
    Execute(
        file,
        fmt::format("CREATE TABLE copy AS SELECT * FROM job;"
                    "UPDATE copy SET {} WHERE id = 1;"
                    "PRAGMA foreign_keys = OFF; DROP TABLE job;"
                    "ALTER TABLE copy RENAME TO job;"
                    "CREATE UNIQUE INDEX ids ON job (id); CREATE UNIQUE INDEX guids ON job (guid)",
                    sql));
    const auto jobs = OpenForTest(file)->LoadAll();
    ASSERT_FALSE(jobs) << sql;
    EXPECT_THAT(jobs.error().message, HasSubstr(std::string(complaint)));
  }
}

TEST(OpenTest, ATriggerInTheFileDoesNotRun) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  MakeDatabase(file);
  Execute(file, "CREATE TRIGGER evil AFTER UPDATE ON job BEGIN DELETE FROM file; END");
  const auto store = OpenForTest(file);
  ASSERT_TRUE(store->Apply(std::vector<Change>{Put(FullJobForTest(1))}));
  EXPECT_EQ(Describe(*store->LoadAll()), Describe({FullJobForTest(1), FullJobForTest(2)}));
}

TEST(OpenTest, AThousandDamagedFilesAreRefusedOrReadButNeverCrash) {
  const TemporaryDirectory directory(FastParentForTest());
  MakeDatabase(directory / "good.db");
  const std::string good = ReadFileForTest(directory / "good.db");
  std::mt19937 random(20'240'501);
  int refused = 0;
  for (int i = 0; i < 1'000; ++i) {
    std::string bad = good;
    // Every other time in the header and the schema, where most of the structure is.
    const std::size_t range = i % 2 == 0 ? good.size() : std::min<std::size_t>(good.size(), 512);
    const auto flips = 1 + random() % 8;
    for (std::size_t flip = 0; flip < flips; ++flip) {
      bad[random() % range] ^= static_cast<char>(1 << (random() % 8));
    }
    const auto file = directory / "bad.db";
    std::filesystem::remove(directory / "bad.db-wal");
    WriteFileForTest(file, bad);
    auto store = OpenSqliteStore(file);
    if (!store || !(*store)->LoadAll()) ++refused;
  }
  EXPECT_GT(refused, 100);
}

TEST(OpenTest, TruncatedFilesAreRefusedOrReadButNeverCrash) {
  const TemporaryDirectory directory(FastParentForTest());
  MakeDatabase(directory / "good.db");
  const std::string good = ReadFileForTest(directory / "good.db");
  // Below the 100 bytes of its header SQLite takes a file for an empty one.
  for (std::size_t size = 100; size < good.size(); size += 509) {
    std::filesystem::remove(directory / "bad.db-wal");
    WriteFileForTest(directory / "bad.db", good.substr(0, size));
    auto store = OpenSqliteStore(directory / "bad.db");
    EXPECT_FALSE(store && (*store)->LoadAll()) << size;
  }
}

}  // namespace
}  // namespace engine::store
