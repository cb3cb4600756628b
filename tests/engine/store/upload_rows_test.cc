#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/store/migrate.h"
#include "engine/store/open.h"
#include "store_for_test.h"

namespace engine::store {
namespace {

using testing::HasSubstr;

Job JobWith(const Upload& upload, std::uint64_t number = 1) {
  Job job = JobForTest(number);
  job.type = JobType::kUploadReply;
  job.upload = std::make_shared<const Upload>(upload);
  return job;
}

class UploadRowsTest : public testing::Test {
 protected:
  void Apply(std::vector<Change> changes) { ASSERT_TRUE(store_->Apply(changes)); }
  void Store(const Job& job) { Apply({Put(job), PutUpload{job.id, job.upload}}); }
  Job Load() {
    store_.reset();
    store_ = OpenForTest(file_);
    return store_->LoadAll()->at(0);
  }
  void Execute(const std::string& sql) {
    store_.reset();
    auto database = OpenDatabase(file_, Migrations());
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->Execute(sql)) << sql;
    database->KeepTidy();
  }
  std::int64_t Rows() {
    store_.reset();
    auto database = OpenDatabase(file_, Migrations());
    const auto rows = database->QueryInteger("SELECT count(*) FROM upload");
    return rows.value_or(-1);
  }

  TemporaryDirectory directory_{FastParentForTest()};
  const std::filesystem::path file_ = directory_ / "bitsd.db";
  std::unique_ptr<JobStore> store_ = OpenForTest(file_);
};

TEST_F(UploadRowsTest, AllFieldsSurviveAReopen) {
  const Job job = JobWith(FullUploadForTest());
  Store(job);
  EXPECT_EQ(Describe(Load()), Describe(job));
}

TEST_F(UploadRowsTest, AnEmptySessionAndAReaderWithoutGroupsSurviveToo) {
  Upload upload;
  upload.reader = SourceReader{7, {}};
  Store(JobWith(upload));
  EXPECT_EQ(Describe(Load()), Describe(JobWith(upload)));
  Store(JobWith({}));
  EXPECT_EQ(Describe(Load()), Describe(JobWith({})));
}

TEST_F(UploadRowsTest, ALaterPutReplacesTheWhole) {
  Store(JobWith(FullUploadForTest()));
  Upload later = FullUploadForTest();
  later.session = {};
  later.reader.reset();
  Store(JobWith(later));
  EXPECT_EQ(Describe(Load()), Describe(JobWith(later)));
}

TEST_F(UploadRowsTest, TheRowGoesWithItsJob) {
  const Job job = JobWith(FullUploadForTest());
  Store(job);
  Apply({DeleteJob{job.id}});
  EXPECT_EQ(Rows(), 0);
}

TEST_F(UploadRowsTest, AJobIsKeptForItsServer) {
  Job job = JobWith(FullUploadForTest());
  job.pending = Pending::kTellingServer;
  Store(job);
  EXPECT_EQ(Load().pending, Pending::kTellingServer);
}

TEST_F(UploadRowsTest, AJobThatIsNotThereAndSizesBeyondSqliteAreRefused) {
  const auto upload = std::make_shared<const Upload>(FullUploadForTest());
  const std::vector<Change> nobody{PutUpload{IdForTest(7), upload}};
  EXPECT_EQ(store_->Apply(nobody).error().code, HResult::kNotFound);
  Apply({Put(JobWith({}))});
  Upload source = FullUploadForTest();
  source.session.source.size = 1ull << 63;
  Upload total = FullUploadForTest();
  total.reply.bytes_total = 1ull << 63;
  Upload bytes = FullUploadForTest();
  bytes.reply.bytes_transferred = 1ull << 63;
  for (const Upload& large : {source, total, bytes}) {
    const std::vector<Change> changes{
        PutUpload{IdForTest(1), std::make_shared<const Upload>(large)}};
    EXPECT_EQ(store_->Apply(changes).error().code, HResult::kInvalidArgument);
  }
}

TEST_F(UploadRowsTest, RowsThatMakeNoSenseAreRefusedWithTheirTable) {
  for (const auto* const column :
       {"host_fallback_seconds = -1", "host_fallback_seconds = 4294967296", "source_size = -1",
        "closing = 2", "closed = -1", "reply_bytes_total = -1", "reply_bytes_transferred = -1",
        "reply_transferred = 2", "reader = -1", "reader = 4294967296", "reader = NULL"}) {
    Store(JobWith(FullUploadForTest()));
    Execute("UPDATE upload SET " + std::string(column));
    store_ = OpenForTest(file_);
    const auto jobs = store_->LoadAll();
    ASSERT_FALSE(jobs) << column;
    EXPECT_THAT(jobs.error().message, HasSubstr("table upload")) << column;
  }
}

TEST_F(UploadRowsTest, ADownloadHasNoSuchRow) {
  Store(JobWith(FullUploadForTest()));
  Execute("UPDATE job SET type = 0");
  store_ = OpenForTest(file_);
  EXPECT_FALSE(store_->LoadAll());
}

TEST_F(UploadRowsTest, AnUploadWithoutARowIsAJob) {
  Apply({Put(JobWith({}))});
  EXPECT_EQ(Load().upload, nullptr);
}

}  // namespace
}  // namespace engine::store
