#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/store/migrate.h"
#include "engine/store/open.h"
#include "store_for_test.h"

namespace engine::store {
namespace {

using testing::HasSubstr;
using testing::Not;

JobSettings FullSettings() {
  JobSettings settings;
  settings.notify_flags = 0x3F;
  settings.custom_headers = {1, 2, 3};
  settings.custom_headers_write_only = true;
  settings.http_method = "POST";
  settings.security_flags = 0xF1F;
  settings.maximum_download_time = std::chrono::seconds(4'294'967'295);
  settings.maximum_download_size = (1ull << 63) - 1;
  settings.dynamic_content = true;
  settings.high_performance = true;
  settings.cost_flags = 0x80000021;
  return settings;
}

class SettingsRowsTest : public testing::Test {
 protected:
  void Apply(std::vector<Change> changes) { ASSERT_TRUE(store_->Apply(changes)); }
  PutSettings Change(const JobSettings& settings, std::uint64_t job = 1) {
    return {IdForTest(job), std::make_shared<const JobSettings>(settings)};
  }
  JobSettings Load(std::size_t job = 0) {
    store_.reset();
    store_ = OpenForTest(file_);
    return SettingsOf(store_->LoadAll()->at(job));
  }
  // Every byte of every file of the store, while it is open.
  std::string AllBytes() {
    std::string bytes;
    for (const auto& entry : std::filesystem::directory_iterator(file_.parent_path()))
      bytes += ReadFileForTest(entry.path());
    return bytes;
  }
  void Execute(const std::string& sql) {
    store_.reset();
    auto database = OpenDatabase(file_, Migrations());
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->Execute(sql));
    database->KeepTidy();
  }

  TemporaryDirectory directory_{FastParentForTest()};
  const std::filesystem::path file_ = directory_ / "bitsd.db";
  std::unique_ptr<JobStore> store_ = OpenForTest(file_);
};

TEST_F(SettingsRowsTest, AllFieldsSurviveAReopen) {
  Apply({Put(JobForTest(1)), Put(JobForTest(2)), Change(FullSettings())});
  EXPECT_EQ(Load(0), FullSettings());
  EXPECT_EQ(Load(1), JobSettings());
}

TEST_F(SettingsRowsTest, APutReplacesTheWholeAndNullBringsTheDefaults) {
  Apply({Put(JobForTest(1)), Change(FullSettings())});
  JobSettings fewer = FullSettings();
  fewer.custom_headers.clear();
  fewer.maximum_download_size.reset();
  Apply({Change(fewer)});
  EXPECT_EQ(Load(), fewer);
  Apply({PutSettings{IdForTest(1), nullptr}});
  EXPECT_EQ(Load(), JobSettings());
}

TEST_F(SettingsRowsTest, ReplacedAndDeletedHeadersAreInNoFile) {
  const auto with = [this](std::string_view text, std::uint64_t job) {
    JobSettings settings;
    settings.custom_headers.assign(text.begin(), text.end());
    return Change(settings, job);
  };
  Apply({Put(JobForTest(1)), Put(JobForTest(2)), with("FIRSTMARKER", 1), with("OTHERMARKER", 2)});
  ASSERT_THAT(AllBytes(), HasSubstr("FIRSTMARKER"));
  Apply({with("SECONDMARKER", 1)});
  EXPECT_THAT(AllBytes(), Not(HasSubstr("FIRSTMARKER")));
  Apply({DeleteJob{IdForTest(1)}});
  EXPECT_THAT(AllBytes(), Not(HasSubstr("SECONDMARKER")));
  EXPECT_THAT(AllBytes(), HasSubstr("OTHERMARKER"));
}

TEST_F(SettingsRowsTest, AJobThatIsNotThereAndASizeBeyondSqliteAreRefused) {
  const std::vector<store::Change> nobody{Change(FullSettings(), 7)};
  EXPECT_EQ(store_->Apply(nobody).error().code, HResult::kNotFound);
  Apply({Put(JobForTest(1))});
  JobSettings large;
  large.maximum_download_size = 1ull << 63;
  const std::vector<store::Change> too_large{Change(large)};
  EXPECT_EQ(store_->Apply(too_large).error().code, HResult::kInvalidArgument);
}

TEST_F(SettingsRowsTest, RowsThatMakeNoSenseAreRefusedWithTheirTable) {
  Apply({Put(JobForTest(1)), Change(FullSettings())});
  for (const auto* const column :
       {"notify_flags = -1", "custom_headers_write_only = 2", "security_flags = 4294967296",
        "maximum_download_time_seconds = -1", "maximum_download_size = -1", "dynamic_content = 2",
        "high_performance = -1", "cost_flags = -1"}) {
    Execute("BEGIN; UPDATE settings SET " + std::string(column) + "; COMMIT");
    store_ = OpenForTest(file_);
    const auto jobs = store_->LoadAll();
    ASSERT_FALSE(jobs) << column;
    EXPECT_THAT(jobs.error().message, HasSubstr("table settings")) << column;
    Execute("DELETE FROM settings");
    store_ = OpenForTest(file_);
    Apply({Change(FullSettings())});
  }
  Execute("UPDATE custom_headers SET sealed = x''");
  store_ = OpenForTest(file_);
  EXPECT_FALSE(store_->LoadAll());
}

TEST_F(SettingsRowsTest, RangesThatMakeNoSenseAreRefused) {
  Apply(PutWithFiles(FullJobForTest(1)));
  for (const auto* const ranges : {"zeroblob(16)", "zeroblob(0)"}) {
    Execute("UPDATE file SET ranges = " + std::string(ranges));
    store_ = OpenForTest(file_);
    EXPECT_FALSE(store_->LoadAll()) << ranges;
  }
}

TEST_F(SettingsRowsTest, LaterVersionsOfAFileKeepItsRanges) {
  const Job job = FullJobForTest(1);
  Apply(PutWithFiles(job));
  File moved = job.files[3];
  moved.bytes_transferred = 9;
  Apply({PutFile{job.id, 3, moved}});
  store_.reset();
  const Job loaded = LoadForTest(file_).at(0);
  EXPECT_EQ(loaded.files[3].bytes_transferred, 9U);
  EXPECT_EQ(*loaded.files[3].ranges, *job.files[3].ranges);
}

}  // namespace
}  // namespace engine::store
