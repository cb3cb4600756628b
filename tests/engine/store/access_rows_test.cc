#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "store_for_test.h"

namespace engine::store {
namespace {

using testing::HasSubstr;
using testing::Not;

Access FullAccess() {
  Access access;
  access.credentials = {{AuthTarget::kServer, AuthScheme::kBasic, {1, 2, 3}},
                        {AuthTarget::kProxy, AuthScheme::kNegotiate, {4}}};
  access.certificate = ClientCertificate{7, "MY", {}};
  access.certificate->hash.fill(0xAB);
  access.proxy = {ProxyUsage::kOverride, "proxy:8080", "<local>"};
  return access;
}

class AccessRowsTest : public testing::Test {
 protected:
  void Apply(std::vector<Change> changes) { ASSERT_TRUE(store_->Apply(changes)); }
  PutAccess Change(const Access& access, std::uint64_t job = 1) {
    return {IdForTest(job), std::make_shared<const Access>(access)};
  }
  void Reopen() {
    store_.reset();
    store_ = OpenForTest(file_);
  }
  Access Load(std::size_t job = 0) {
    Reopen();
    const auto jobs = store_->LoadAll();
    return AccessOf(jobs->at(job));
  }
  // Every byte of every file of the store, while it is open.
  std::string AllBytes() {
    std::string bytes;
    for (const auto& entry : std::filesystem::directory_iterator(file_.parent_path()))
      bytes += ReadFileForTest(entry.path());
    return bytes;
  }

  TemporaryDirectory directory_{FastParentForTest()};
  const std::filesystem::path file_ = directory_ / "bitsd.db";
  std::unique_ptr<JobStore> store_ = OpenForTest(file_);
};

TEST_F(AccessRowsTest, AllFieldsSurviveAReopen) {
  Apply({Put(JobForTest(1)), Put(JobForTest(2)), Change(FullAccess())});
  EXPECT_EQ(Load(0), FullAccess());
  EXPECT_EQ(Load(1), Access());
}

TEST_F(AccessRowsTest, APutReplacesTheWholeAndNullClearsIt) {
  Apply({Put(JobForTest(1)), Change(FullAccess())});
  Access fewer = FullAccess();
  fewer.credentials.pop_back();
  fewer.certificate.reset();
  Apply({Change(fewer)});
  EXPECT_EQ(Load(), fewer);
  Apply({PutAccess{IdForTest(1), nullptr}});
  EXPECT_EQ(Load(), Access());
}

TEST_F(AccessRowsTest, AChangeOfTheJobsRowLeavesThemAlone) {
  Apply({Put(JobForTest(1)), Change(FullAccess())});
  Job job = JobForTest(1);
  job.state = JobState::kTransferred;
  Apply({Put(job)});
  EXPECT_EQ(Load(), FullAccess());
}

TEST_F(AccessRowsTest, AMissingJobIsAnError) {
  const std::vector<store::Change> changes{Change(FullAccess(), 9)};
  const Status applied = store_->Apply(changes);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, HResult::kNotFound);
}

TEST_F(AccessRowsTest, RemovedSecretsAreInNoFileOfTheStore) {
  const std::string marker = "SEALED-MARKER-3f9c";
  Access access;
  access.credentials = {{AuthTarget::kServer, AuthScheme::kBasic, {marker.begin(), marker.end()}}};
  Apply({Put(JobForTest(1)), Change(access)});
  ASSERT_THAT(AllBytes(), HasSubstr(marker)) << "the scan would find it";
  Apply({Change(Access())});
  EXPECT_THAT(AllBytes(), Not(HasSubstr(marker))) << "after the removal";
  Apply({Change(access)});
  ASSERT_THAT(AllBytes(), HasSubstr(marker));
  Apply({DeleteJob{IdForTest(1)}});
  EXPECT_THAT(AllBytes(), Not(HasSubstr(marker))) << "after the job ended";
  Reopen();
  EXPECT_THAT(AllBytes(), Not(HasSubstr(marker)));
}

}  // namespace
}  // namespace engine::store
