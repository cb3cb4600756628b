#include "engine/store/writer.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

namespace engine::store {
namespace {

using Done = std::function<void(Status)>;

// Submissions that go into one transaction, in the order of the calls.
struct Batch {
  struct Part {
    std::size_t changes;  // how many of `changes` are its own
    Done done;
  };
  std::vector<Change> changes;
  std::vector<Part> parts;
};

}  // namespace

class Writer::Impl {
 public:
  Impl(std::unique_ptr<JobStore> store, std::function<void(const Error&)> fatal)
      : store_(std::move(store)), fatal_(std::move(fatal)), thread_([this] { Run(); }) {}

  ~Impl() { Stop(); }

  void Submit(std::vector<Change> changes, Done done);
  void Stop();

 private:
  void Run();
  std::optional<Batch> NextBatch();
  void Commit(const Batch& batch);
  void CommitParts(const Batch& batch);
  Status Apply(std::span<const Change> changes);

  // Of the store thread alone.
  std::unique_ptr<JobStore> store_;
  std::function<void(const Error&)> fatal_;
  std::optional<Error> failure_;  // set once the store can no longer be trusted

  std::mutex mutex_;
  std::condition_variable work_;
  Batch waiting_;          // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::once_flag joined_;
  std::thread thread_;  // last: it uses all of the above
};

void Writer::Impl::Submit(std::vector<Change> changes, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      waiting_.parts.push_back({changes.size(), std::move(done)});
      std::ranges::move(changes, std::back_inserter(waiting_.changes));
      work_.notify_one();
      return;
    }
  }
  done(Fail(HResult::kUnexpected, "The store is closed."));
}

void Writer::Impl::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    work_.notify_one();
  }
  std::call_once(joined_, [this] {
    thread_.join();
    store_.reset();
  });
}

void Writer::Impl::Run() {
  pthread_setname_np(pthread_self(), "store");
  while (const auto batch = NextBatch()) Commit(*batch);
}

// Waits for changes. Empty when all is done and the writer stops.
std::optional<Batch> Writer::Impl::NextBatch() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return stopping_ || !waiting_.parts.empty(); });
  if (waiting_.parts.empty()) return std::nullopt;
  return std::exchange(waiting_, {});
}

void Writer::Impl::Commit(const Batch& batch) {
  const bool failed_before = failure_.has_value();
  const Status status = Apply(batch.changes);
  if (!status && IsHarmless(status.error().code) && batch.parts.size() > 1) {
    CommitParts(batch);
  } else {
    for (const Batch::Part& part : batch.parts) part.done(status);
  }
  if (failure_ && !failed_before) fatal_(*failure_);
}

// Each submission in a transaction of its own, so that only those fail that must.
void Writer::Impl::CommitParts(const Batch& batch) {
  std::span<const Change> rest = batch.changes;
  for (const Batch::Part& part : batch.parts) {
    part.done(Apply(rest.first(part.changes)));
    rest = rest.subspan(part.changes);
  }
}

Status Writer::Impl::Apply(std::span<const Change> changes) {
  if (failure_) return tl::unexpected<Error>(*failure_);
  Status status = store_->Apply(changes);
  if (!status && !IsHarmless(status.error().code)) failure_ = status.error();
  return status;
}

Writer::Writer(std::unique_ptr<JobStore> store, std::function<void(const Error&)> fatal)
    : impl_(std::make_unique<Impl>(std::move(store), std::move(fatal))) {}

Writer::~Writer() = default;

void Writer::Submit(std::vector<Change> changes, std::function<void(Status)> done) {
  impl_->Submit(std::move(changes), std::move(done));
}

void Writer::Stop() { impl_->Stop(); }

}  // namespace engine::store
