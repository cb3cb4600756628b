// A Queue between fakes that the test drives: the clock stands still until it
// is turned, transfers report what the test says, the store keeps jobs in memory.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/job_index.h"
#include "engine/queue.h"

namespace engine {

// No wait of a test is longer.
constexpr std::chrono::seconds kPatience{20};

class FakeClock : public Clock {
 public:
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(steady_.load()));
  }
  TimePoint Wall() const override { return TimePoint(std::chrono::milliseconds(wall_.load())); }
  void Advance(std::chrono::milliseconds by) {
    steady_ += by.count();
    wall_ += by.count();
  }
  void JumpWall(std::chrono::milliseconds by) { wall_ += by.count(); }

 private:
  std::atomic<std::int64_t> steady_{1'000'000};
  std::atomic<std::int64_t> wall_{1'700'000'000'000};
};

// What is "on disk", and how the disk behaves. Outlives the store that uses it.
class StoreContents {
 public:
  Status Apply(std::span<const store::Change> changes);
  std::vector<Job> Jobs() const;
  std::optional<Job> Find(const JobId& id) const;
  std::size_t commits() const;
  void SetFull(bool full);  // commits fail with kDiskFull
  void Hold(bool hold);     // commits wait
  void Replace(const std::vector<Job>& jobs);

 private:
  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::map<JobId, Job> jobs_;
  std::size_t commits_ = 0;
  bool full_ = false;
  bool hold_ = false;
};

// Takes orders and reports nothing by itself.
class FakeTransfers : public transfer::Transfers {
 public:
  explicit FakeTransfers(transfer::EventSink sink) : sink_(std::move(sink)) {}
  void Start(transfer::Download download) override;
  void Start(transfer::Upload upload) override;
  void GoOn(transfer::TransferId id) override;
  void Stop(transfer::TransferId id) override;
  void Probe(transfer::TransferId id, std::string url, transfer::ReachPointer reach) override;
  void Cancel(transfer::CancelSession cancel) override;
  // Reports Stopped for every attempt that was not ended with Report.
  void Shutdown() override;

  void Report(transfer::Event event);
  // The oldest order not taken yet; waits for it.
  transfer::Download TakeStart();
  transfer::Upload TakeUpload();
  transfer::CancelSession TakeCancel();
  transfer::TransferId TakeStop();
  // Orders that nobody has taken.
  std::size_t starts() const;
  std::size_t uploads() const;
  std::size_t cancels() const;
  std::size_t stops() const;
  std::vector<transfer::TransferId> gone_on() const;  // in the order of the GoOns
  std::vector<transfer::TransferId> probes() const;

 private:
  transfer::EventSink sink_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<transfer::Download> starts_;
  std::deque<transfer::Upload> uploads_;
  std::deque<transfer::CancelSession> cancels_;
  std::deque<transfer::TransferId> stops_;
  std::vector<transfer::TransferId> probes_;
  std::vector<transfer::TransferId> gone_on_;
  std::map<transfer::TransferId, transfer::FileState> running_;
};

// Says yes at once; or what it was told; or, while held, nothing until released.
class FakeFiles : public transfer::FileOperations {
 public:
  void CheckTarget(LocalTarget target, std::function<void(Status)> done) override;
  void CheckSource(LocalTarget source, std::optional<SourceReader> reader,
                   std::function<void(Result<SourceVersion>)> done) override;
  void Finish(std::vector<transfer::FileWork> files,
              std::function<void(std::vector<Status>)> done) override;
  void Run(std::function<void()> work) override;

  void Hold();
  void Release();
  std::size_t held() const;
  void FailTargets(std::optional<Error> error);
  void SetSource(Result<SourceVersion> source);                        // what CheckSource finds
  void FailWork(const std::string& name, std::optional<Error> error);  // by target name
  std::vector<transfer::FileWork> work() const;                        // of all calls

 private:
  void Answer(std::function<void()> answer);
  mutable std::mutex mutex_;
  bool hold_ = false;
  std::vector<std::function<void()>> held_;
  std::optional<Error> target_error_;
  Result<SourceVersion> source_;
  std::map<std::string, Error> work_errors_;
  std::vector<transfer::FileWork> work_;
};

class QueueTest : public testing::Test {
 protected:
  QueueTest();
  ~QueueTest() override;

  void StartQueue();
  void StopQueue();
  // A clean stop and a start.
  void Restart();
  // What is in the store now is all that the next start finds.
  void CrashAndRestart();

  template <class T, class Run>
  Result<T> Await(Run run) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    std::future<Result<T>> future = promise->get_future();
    run([promise](Result<T> result) { promise->set_value(std::move(result)); });
    return Get(future);
  }
  template <class T>
  static Result<T> Get(std::future<Result<T>>& future) {
    if (future.wait_for(kPatience) != std::future_status::ready) {
      ADD_FAILURE() << "no answer";
      return Fail(HResult::kTimeout, "no answer");
    }
    return future.get();
  }

  static NewJob Spec(const std::string& name, bool start = false);
  Result<JobId> TryCreate(NewJob spec, Actor actor = {"alice", false});
  JobId Create(const std::string& name, bool start = false);
  Status AddFile(const JobId& id, const std::string& name, Actor actor = {"alice", false});
  Result<HResult> Call(const JobId& id, JobMethod method);
  std::future<Result<HResult>> BeginCall(const JobId& id, JobMethod method);
  Result<JobSnapshot> Change(const JobId& id, JobChanges changes);
  Result<HResult> ChangeAccess(const JobId& id, AccessChange change);
  Job Get(const JobId& id);
  JobState StateOf(const JobId& id) { return Get(id).state; }

  // Until the engine and store threads have nothing left to do.
  void Settle();
  // Until the engine thread has done what was posted; for a store that waits.
  void SettleEngine();
  void Advance(std::chrono::milliseconds by);

  // A file of `total` bytes with an ETag, `offset` of them durable.
  static transfer::FileState At(std::uint64_t offset, std::uint64_t total = 100);
  void Report(transfer::Event event);
  // The next transfer's life up to its last byte.
  transfer::Download Connect(std::uint64_t total = 100);
  void Finish(const transfer::Download& download, std::uint64_t total = 100);
  void FailTransfer(const transfer::Download& download, bool recoverable = true);
  // A job in TRANSFERRED.
  JobId CreateTransferred(const std::string& name);

  Options options_;
  FakeClock clock_;
  StoreContents store_;
  FakeFiles files_;
  std::filesystem::path key_file_;  // does not exist until credentials are stored
  std::unique_ptr<store::Secrets> secrets_;
  std::unique_ptr<JobIndex> index_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<FakeTransfers> transfers_;
};

}  // namespace engine
