#include "engine/store/sqlite_store.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <limits>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/store/sqlite.h"
#include "tests/engine/store/store_for_test.h"

namespace engine::store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t kMaxSize = (1ull << 63) - 1;

TEST(SqliteStoreTest, AFreshFileHasNoJobs) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(LoadForTest(directory / "bitsd.db").empty());
}

TEST(SqliteStoreTest, TheFileIsForItsOwnerAlone) {
  const TemporaryDirectory directory;
  struct stat status {};
  const auto file = directory / "bitsd.db";
  const auto store = OpenForTest(file);
  ASSERT_TRUE(store->Apply(PutWithFiles(JobForTest(1))));
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  ASSERT_EQ(stat((file.native() + "-wal").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST(SqliteStoreTest, AModeThatIsTooOpenIsRepaired) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  LoadForTest(file);
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  LoadForTest(file);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST(SqliteStoreTest, EveryFieldSurvivesReopening) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  const std::vector<Job> jobs{JobForTest(1), FullJobForTest(2), FullJobForTest(3)};
  {
    const auto store = OpenForTest(file);
    for (const Job& job : jobs) ASSERT_TRUE(store->Apply(PutWithFiles(job)));
  }
  EXPECT_EQ(Describe(LoadForTest(file)), Describe(jobs));
}

TEST(SqliteStoreTest, JobsComeInTheOrderOfTheirCreation) {
  const TemporaryDirectory directory;
  const auto store = OpenForTest(directory / "bitsd.db");
  for (const std::uint64_t number : {3u, 1u, 2u}) {
    ASSERT_TRUE(store->Apply(PutWithFiles(JobForTest(number))));
  }
  const auto jobs = store->LoadAll();
  ASSERT_TRUE(jobs);
  EXPECT_EQ(Describe(*jobs), Describe({JobForTest(1), JobForTest(2), JobForTest(3)}));
}

TEST(SqliteStoreTest, PutReplacesAndLeavesTheFilesAlone) {
  const TemporaryDirectory directory;
  const auto store = OpenForTest(directory / "bitsd.db");
  Job job = FullJobForTest(7);
  ASSERT_TRUE(store->Apply(PutWithFiles(job)));
  const auto files = job.files;
  const SharedText request = job.request;
  job = JobForTest(7);
  job.files = files;
  job.files.Replace(2, FileForTest(9));
  const std::vector<Change> changes{Put(job), PutFile{job.id, 2, job.files[2]}};
  ASSERT_TRUE(store->Apply(changes));
  job.request = request;  // written with the job's first row
  EXPECT_EQ(Describe(*store->LoadAll()), Describe({job}));
}

TEST(SqliteStoreTest, DeleteTakesTheFilesAlong) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  {
    const auto store = OpenForTest(file);
    ASSERT_TRUE(store->Apply(PutWithFiles(FullJobForTest(1))));
    ASSERT_TRUE(store->Apply(PutWithFiles(FullJobForTest(2))));
    ASSERT_TRUE(store->Apply(std::vector<Change>{DeleteJob{IdForTest(1)}}));
    EXPECT_EQ(Describe(*store->LoadAll()), Describe({FullJobForTest(2)}));
  }
  auto database = Database::Open(file);
  ASSERT_TRUE(database);
  EXPECT_EQ(*database->QueryInteger("SELECT count(*) FROM file"),
            static_cast<std::int64_t>(FullJobForTest(2).files.size()));
}

TEST(SqliteStoreTest, DeletingAJobThatIsNotThereChangesNothing) {
  const TemporaryDirectory directory;
  const auto store = OpenForTest(directory / "bitsd.db");
  EXPECT_TRUE(store->Apply(std::vector<Change>{DeleteJob{IdForTest(1)}}));
}

TEST(SqliteStoreTest, AFailureUndoesTheWholeTransaction) {
  const TemporaryDirectory directory;
  const auto store = OpenForTest(directory / "bitsd.db");
  const std::vector<Change> changes{Put(JobForTest(1)), PutFile{IdForTest(2), 0, FileForTest(0)}};
  const Status status = store->Apply(changes);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, HResult::kNotFound);
  EXPECT_TRUE(store->LoadAll()->empty());
  EXPECT_TRUE(store->Apply(PutWithFiles(JobForTest(1))));
}

TEST(SqliteStoreTest, SizesReachTo2To63Minus1) {
  const TemporaryDirectory directory;
  const auto store = OpenForTest(directory / "bitsd.db");
  Job job = JobForTest(1);
  job.files = {FileForTest(0)};
  const auto with_sizes = [&job](std::optional<std::uint64_t> total, std::uint64_t transferred) {
    File file = job.files[0];
    file.bytes_total = total;
    file.bytes_transferred = transferred;
    job.files.Replace(0, std::move(file));
    return job;
  };
  for (const std::uint64_t size : {kMaxSize - 1, kMaxSize}) {
    ASSERT_TRUE(store->Apply(PutWithFiles(with_sizes(size, size))));
    EXPECT_EQ(Describe(*store->LoadAll()), Describe({job}));
  }
  EXPECT_EQ(store->Apply(PutWithFiles(with_sizes(kMaxSize + 1, kMaxSize))).error().code,
            HResult::kInvalidArgument);
  EXPECT_EQ(store->Apply(PutWithFiles(with_sizes(std::nullopt, kMaxSize + 1))).error().code,
            HResult::kInvalidArgument);
  job = JobForTest(kMaxSize + 1);
  EXPECT_EQ(store->Apply(PutWithFiles(job)).error().code, HResult::kInvalidArgument);
}

TEST(SqliteStoreTest, TextsReachTo16MiB) {
  const TemporaryDirectory directory;
  const auto store = OpenForTest(directory / "bitsd.db");
  constexpr std::size_t kLimit = 16 << 20;
  Job job = JobForTest(1);
  job.description = std::string(kLimit / 2, 'x');
  EXPECT_TRUE(store->Apply(PutWithFiles(job)));
  job.description = std::string(kLimit + 1, 'x');
  EXPECT_EQ(store->Apply(PutWithFiles(job)).error().code, HResult::kInvalidArgument);
  EXPECT_EQ(store->LoadAll()->at(0).description.size(), kLimit / 2);
}

TEST(SqliteStoreTest, ASecondOpenerIsRefused) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  const auto store = OpenForTest(file);
  const auto second = OpenSqliteStore(file);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, HResult::kDatabaseLocked);
  EXPECT_THAT(second.error().message,
              AllOf(HasSubstr(file.native()), HasSubstr("another process has it open")));
  EXPECT_TRUE(store->Apply(PutWithFiles(JobForTest(1))));
}

TEST(SqliteStoreTest, ASecondProcessIsRefused) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  const auto store = OpenForTest(file);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto second = OpenSqliteStore(file);
    _exit(!second && second.error().code == HResult::kDatabaseLocked ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(SqliteStoreTest, AFullDatabaseRefusesAndGoesOn) {
  const TemporaryDirectory directory;
  auto opened = OpenSqliteStore(directory / "bitsd.db", 40);
  ASSERT_TRUE(opened);
  const auto store = std::move(*opened);
  Job big = JobForTest(2);
  big.description = std::string(1'000'000, 'x');
  ASSERT_TRUE(store->Apply(PutWithFiles(JobForTest(1))));
  const Status status = store->Apply(PutWithFiles(big));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, HResult::kDiskFull);
  ASSERT_TRUE(store->Apply(PutWithFiles(JobForTest(3))));
  EXPECT_EQ(Describe(*store->LoadAll()), Describe({JobForTest(1), JobForTest(3)}));
}

// The file size limit stands in for a full disk: write(2) itself fails.
int FillUpInChild(const std::filesystem::path& file) {
  const auto store = OpenForTest(file);
  if (!store->Apply(PutWithFiles(JobForTest(1)))) return 1;
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{200'000, 200'000};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  Job big = JobForTest(2);
  big.description = std::string(1'000'000, 'x');
  const Status full = store->Apply(PutWithFiles(big));
  if (full || full.error().code != HResult::kDiskFull) return 3;
  if (!store->Apply(PutWithFiles(JobForTest(3)))) return 4;
  return 0;
}

TEST(SqliteStoreTest, AWriteWithoutRoomIsADiskFullAndHarmless) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(FillUpInChild(file));
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(Describe(LoadForTest(file)), Describe({JobForTest(1), JobForTest(3)}));
}

}  // namespace
}  // namespace engine::store
