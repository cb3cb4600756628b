#include "engine/store/writer.h"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/store/store_for_test.h"

namespace engine::store {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Clock = std::chrono::steady_clock;

// What happened to a FakeStore; any thread.
class Record {
 public:
  // Apply waits until Open is called.
  void Close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  // Returns once Apply was entered `count` times.
  void WaitForCalls(std::size_t count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, seconds(20), [&] { return calls_.size() >= count; }));
  }
  // Number of changes of each transaction that was tried.
  std::vector<std::size_t> Calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  void Enter(std::size_t changes) {
    std::unique_lock lock(mutex_);
    calls_.push_back(changes);
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> calls_;
  bool open_ = true;
};

// Job numbers that a FakeStore cannot take.
constexpr std::uint64_t kTooBig = 1'000;
constexpr std::uint64_t kBreaks = 2'000;

class FakeStore final : public JobStore {
 public:
  explicit FakeStore(Record& record) : record_(record) {}
  Result<std::vector<Job>> LoadAll() override { return std::vector<Job>{}; }
  Status Apply(std::span<const Change> changes) override {
    record_.Enter(changes.size());
    for (const Change& change : changes) {
      const auto number = std::get<PutJob>(change).job->sequence;
      if (number == kTooBig) return Fail(HResult::kDiskFull, "full");
      if (number == kBreaks) return Fail(HResult::kUnexpected, "broken");
    }
    return {};
  }

 private:
  Record& record_;
};

std::vector<Change> Jobs(std::initializer_list<std::uint64_t> numbers) {
  std::vector<Change> changes;
  for (const auto number : numbers) changes.emplace_back(Put(JobForTest(number)));
  return changes;
}

// Answers in the order of their arrival: "1 ok", "2 E_UNEXPECTED"…
class Answers {
 public:
  std::function<void(Status)> For(std::string name) {
    return [this, name](const Status& status) {
      const std::lock_guard lock(mutex_);
      list_.push_back(name + " " + (status ? "ok" : NameOf(status.error().code)));
      changed_.notify_all();
    };
  }
  std::vector<std::string> Wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds(20), [&] { return list_.size() >= count; }));
    return list_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> list_;
};

class WriterTest : public ::testing::Test {
 protected:
  // Holds the store thread inside a first transaction.
  void OccupyStore() {
    record_.Close();
    writer_.Submit(Jobs({0}), answers_.For("first"));
    record_.WaitForCalls(1);
  }

  Record record_;
  Answers answers_;
  std::atomic<int> fatal_calls_ = 0;
  Writer writer_{std::make_unique<FakeStore>(record_), [this](const Error&) { ++fatal_calls_; }};
};

TEST_F(WriterTest, TheThreadIsCalledStore) {
  std::promise<std::string> name;
  writer_.Submit(Jobs({1}), [&name](const Status&) {
    char text[16] = "";
    pthread_getname_np(pthread_self(), text, sizeof text);
    name.set_value(text);
  });
  EXPECT_EQ(name.get_future().get(), "store");
}

TEST_F(WriterTest, WhatWaitsGoesIntoOneTransactionInOrder) {
  OccupyStore();
  writer_.Submit(Jobs({1, 2}), answers_.For("a"));
  writer_.Submit(Jobs({3}), answers_.For("b"));
  writer_.Submit(Jobs({}), answers_.For("c"));
  writer_.Submit(Jobs({4}), answers_.For("d"));
  record_.Open();
  EXPECT_THAT(answers_.Wait(5), ElementsAre("first ok", "a ok", "b ok", "c ok", "d ok"));
  EXPECT_THAT(record_.Calls(), ElementsAre(1, 4));
}

TEST_F(WriterTest, StopCommitsWhatWaits) {
  OccupyStore();
  writer_.Submit(Jobs({1}), answers_.For("waiting"));
  record_.Open();
  writer_.Stop();
  writer_.Stop();
  EXPECT_THAT(answers_.Wait(2), ElementsAre("first ok", "waiting ok"));
}

TEST_F(WriterTest, SubmissionsAfterStopFail) {
  writer_.Stop();
  writer_.Submit(Jobs({1}), answers_.For("late"));
  EXPECT_THAT(answers_.Wait(1), ElementsAre("late E_UNEXPECTED"));
  EXPECT_THAT(record_.Calls(), IsEmpty());
}

TEST_F(WriterTest, OnlyTheSubmissionsThatDoNotFitFail) {
  OccupyStore();
  writer_.Submit(Jobs({1}), answers_.For("a"));
  writer_.Submit(Jobs({2, kTooBig}), answers_.For("b"));
  writer_.Submit(Jobs({3}), answers_.For("c"));
  record_.Open();
  EXPECT_THAT(answers_.Wait(4), ElementsAre("first ok", "a ok", "b ERROR_DISK_FULL", "c ok"));
  EXPECT_THAT(record_.Calls(), ElementsAre(1, 4, 1, 2, 1));
  EXPECT_EQ(fatal_calls_, 0);
}

TEST_F(WriterTest, ASubmissionAloneIsNotTriedTwice) {
  writer_.Submit(Jobs({kTooBig}), answers_.For("a"));
  writer_.Submit(Jobs({}), answers_.For("b"));
  answers_.Wait(2);
  writer_.Submit(Jobs({kTooBig}), answers_.For("c"));
  EXPECT_THAT(answers_.Wait(3), SizeIs(3));
  writer_.Stop();
  EXPECT_EQ(record_.Calls().back(), 1u);
}

TEST_F(WriterTest, AfterABrokenStoreNothingIsCommitted) {
  OccupyStore();
  writer_.Submit(Jobs({1}), answers_.For("a"));
  writer_.Submit(Jobs({kBreaks}), answers_.For("b"));
  record_.Open();
  EXPECT_THAT(answers_.Wait(3), ElementsAre("first ok", "a E_UNEXPECTED", "b E_UNEXPECTED"));
  writer_.Submit(Jobs({2}), answers_.For("c"));
  EXPECT_THAT(answers_.Wait(4).back(), "c E_UNEXPECTED");
  writer_.Stop();
  EXPECT_THAT(record_.Calls(), ElementsAre(1, 2));
  EXPECT_EQ(fatal_calls_, 1);
}

TEST_F(WriterTest, ABreakAmongRetriesEndsThem) {
  OccupyStore();
  writer_.Submit(Jobs({kTooBig}), answers_.For("a"));
  writer_.Submit(Jobs({kBreaks}), answers_.For("b"));
  writer_.Submit(Jobs({1}), answers_.For("c"));
  record_.Open();
  EXPECT_THAT(answers_.Wait(4),
              ElementsAre("first ok", "a ERROR_DISK_FULL", "b E_UNEXPECTED", "c E_UNEXPECTED"));
  writer_.Stop();
  EXPECT_THAT(record_.Calls(), ElementsAre(1, 3, 1, 1));
  EXPECT_EQ(fatal_calls_, 1);
}

TEST(WriterStoreTest, SixtyFourThreadsSubmitAtOnce) {
  constexpr std::uint64_t kThreads = 64;
  constexpr std::uint64_t kEach = 50;
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  std::atomic<std::uint64_t> good = 0;
  {
    Writer writer(OpenForTest(file), [](const Error& error) { ADD_FAILURE() << error.message; });
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([t, &writer, &good] {
        for (std::uint64_t i = 0; i < kEach; ++i) {
          writer.Submit(PutWithFiles(JobForTest(1 + t * kEach + i)),
                        [&good](const Status& status) { good += status ? 1 : 0; });
        }
      });
    }
    threads.clear();
  }
  EXPECT_EQ(good, kThreads * kEach);
  const auto jobs = LoadForTest(file);
  ASSERT_EQ(jobs.size(), kThreads * kEach);
  for (std::uint64_t i = 0; i < jobs.size(); ++i) EXPECT_EQ(jobs[i].sequence, i + 1);
}

TEST(WriterStoreTest, AFullDatabaseTakesWhatFits) {
  const TemporaryDirectory directory;
  const auto file = directory / "bitsd.db";
  auto store = OpenSqliteStore(file, 60);
  ASSERT_TRUE(store);
  Job big = JobForTest(2);
  big.description = std::string(1'000'000, 'x');
  Answers answers;
  {
    Writer writer(std::move(*store), [](const Error& error) { ADD_FAILURE() << error.message; });
    writer.Submit(PutWithFiles(JobForTest(1)), answers.For("1"));
    writer.Submit(PutWithFiles(big), answers.For("2"));
    writer.Submit(PutWithFiles(JobForTest(3)), answers.For("3"));
  }
  EXPECT_THAT(answers.Wait(3), ElementsAre("1 ok", "2 ERROR_DISK_FULL", "3 ok"));
  EXPECT_EQ(Describe(LoadForTest(file)), Describe({JobForTest(1), JobForTest(3)}));
}

}  // namespace
}  // namespace engine::store
