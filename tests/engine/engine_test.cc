// The engine as providers use it, on a real store.
#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <future>

namespace engine {
namespace {

using testing::Optional;
using testing::SizeIs;

constexpr std::chrono::seconds kPatience{20};

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    std::string name = (std::filesystem::temp_directory_path() / "engine_test_XXXXXX").string();
    directory_ = mkdtemp(name.data());
    options_.state_directory = directory_ / "state";
    options_.paths.drives["C"] = directory_ / "c";
    for (const char* made : {"state", "c"}) {
      std::filesystem::create_directory(directory_ / made);
      std::filesystem::permissions(directory_ / made, std::filesystem::perms::owner_all);
    }
    StartEngine();
  }
  ~EngineTest() override {
    engine_.reset();
    std::filesystem::remove_all(directory_);
  }

  void StartEngine() {
    Result<std::unique_ptr<Engine>> engine = Engine::Start(options_);
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = *std::move(engine);
  }

  template <class T, class Run>
  static Result<T> Await(Run run) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    std::future<Result<T>> future = promise->get_future();
    run([promise](Result<T> result) { promise->set_value(std::move(result)); });
    if (future.wait_for(kPatience) != std::future_status::ready)
      return Fail(HResult::kTimeout, "no answer");
    return future.get();
  }

  Result<JobId> Create(const std::string& name) {
    NewJob job;
    job.display_name = name;
    job.owner = "S-1-5-20";
    job.file = {"http://127.0.0.1:9/" + name, "C:\\data\\" + name};
    return Await<JobId>(
        [&](Completion<JobId> done) { engine_->CreateJob({"alice"}, job, std::move(done)); });
  }
  Result<HResult> Call(const JobId& id, JobMethod method) {
    return Await<HResult>(
        [&](Completion<HResult> done) { engine_->Call(id, method, std::move(done)); });
  }

  std::filesystem::path directory_;
  Options options_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, JobsOutliveTheEngine) {
  const Result<JobId> first = Create("a");
  const Result<JobId> second = Create("b");
  ASSERT_TRUE(first && second);
  const Status added = Await<void>([&](Completion<void> done) {
    engine_->AddFile({"alice"}, *second, {"http://127.0.0.1:9/c", "C:\\data\\c"}, std::move(done));
  });
  EXPECT_TRUE(added);
  JobChanges changes;
  changes.description = "kept";
  EXPECT_TRUE(Await<JobSnapshot>(
      [&](Completion<JobSnapshot> done) { engine_->Change(*first, changes, std::move(done)); }));
  const Job before = *engine_->Find(*second);
  engine_.reset();
  StartEngine();
  ASSERT_THAT(engine_->List(), SizeIs(2));
  EXPECT_EQ(engine_->List()[0]->id, *first);
  EXPECT_EQ(engine_->List()[0]->description, "kept");
  const Job after = *engine_->Find(*second);
  EXPECT_EQ(after.creator, "alice");
  EXPECT_EQ(after.files.size(), 2u);
  EXPECT_EQ(after.files[1].temporary_name, before.files[1].temporary_name);
}

TEST_F(EngineTest, ACancelledJobStaysGone) {
  const Result<JobId> id = Create("a");
  ASSERT_TRUE(id);
  EXPECT_THAT(Call(*id, JobMethod::kCancel), Optional(HResult::kOk));
  EXPECT_EQ(engine_->Find(*id), nullptr);
  engine_.reset();
  StartEngine();
  EXPECT_THAT(engine_->List(), SizeIs(0));
}

TEST_F(EngineTest, CompleteWithoutAFinishedFileLeavesNoFile) {
  const Result<JobId> id = Create("a");
  ASSERT_TRUE(id);
  EXPECT_THAT(Call(*id, JobMethod::kComplete), Optional(HResult::kPartialComplete));
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "c" / "data"));
}

TEST_F(EngineTest, ChangesAfterStopAreRefused) {
  const Result<JobId> id = Create("a");
  ASSERT_TRUE(id);
  engine_->Stop();
  engine_->Stop();
  EXPECT_EQ(Create("b").error().code, HResult::kUnexpected);
  EXPECT_EQ(Call(*id, JobMethod::kCancel).error().code, HResult::kUnexpected);
  EXPECT_NE(engine_->Find(*id), nullptr) << "readers still get answers";
}

TEST_F(EngineTest, AStoreThatIsNotOursIsRefused) {
  engine_.reset();
  const std::filesystem::path file = options_.state_directory / "bitsd.db";
  std::filesystem::remove(file);
  std::ofstream(file) << std::string(8'192, 'x');
  const Result<std::unique_ptr<Engine>> engine = Engine::Start(options_);
  ASSERT_FALSE(engine);
  EXPECT_FALSE(engine.error().message.empty());
}

}  // namespace
}  // namespace engine
