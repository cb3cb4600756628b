#include "engine/transfer/worker.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "engine/transfer/attempt.h"
#include "engine/transfer/probe.h"
#include "engine/transfer/session_cancel.h"
#include "engine/transfer/side_work.h"
#include "engine/transfer/task_thread.h"
#include "engine/transfer/upload_attempt.h"
#include "engine/transfer/window_trial.h"

namespace engine::transfer {
namespace {

// Deadlines are looked at this often; a thread without work sleeps longer.
constexpr std::chrono::milliseconds kTick{100};
constexpr std::chrono::milliseconds kIdleWait{60'000};

// Without what this machine cannot do.
TransferOptions Usable(TransferOptions options) {
  if (options.background_yields && !CanLimitWindows()) {
    options.background_yields = false;
    spdlog::warn(
        "TCP_WINDOW_CLAMP has no effect on this machine: background transfers do not give way to "
        "other traffic; limit them with bandwidth.background");
  }
  return options;
}

class CurlTransfers final : public Transfers, public Net {
 public:
  CurlTransfers(const TransferOptions& options, DiskThreads& disk, EventSink events)
      : options_(Usable(options)),
        forbidden_hosts_(options_),
        disk_(disk),
        events_(std::move(events)),
        curl_(options_),
        pool_(options_.buffer_pool_bytes),
        throttle_(options_.bandwidth, SystemClock()),
        thread_([this] { RunThread(); }) {}

  ~CurlTransfers() override {
    Shutdown();
    // A disk thread may still be on its way out of Post.
    const std::lock_guard lock(mutex_);
  }

  void Start(Download download) override;
  void Start(Upload upload) override;
  void GoOn(TransferId id) override;
  void Stop(TransferId id) override;
  void Probe(TransferId id, std::string url, ReachPointer reach) override;
  void Cancel(CancelSession cancel) override;
  void Shutdown() override;

 private:
  // Net.
  const TransferOptions& options() const override { return options_; }
  CurlClient& curl() override { return curl_; }
  DiskThreads& disk() override { return disk_; }
  BufferPool& pool() override { return pool_; }
  Throttle& throttle() override { return throttle_; }
  const ForbiddenHosts& forbidden_hosts() const override { return forbidden_hosts_; }
  HeadRefusals& head_refusals() override { return head_refusals_; }
  void Emit(Event event) override { events_(std::move(event)); }
  void Post(Task task) override;
  void WaitForBuffer(TransferId id) override { starved_.push_back(id); }

  // The net thread.
  bool PostUnlessClosed(Task task);
  void RunThread();
  void RunPosted();
  void TickIfDue();
  void FeedStarved();
  void GiveTurns();
  void RemoveEnded();
  void StopEverything();
  std::chrono::milliseconds TimeToWait();
  bool Idle() const { return attempts_.empty() && probes_.idle() && cancels_.idle(); }
  void BeginAttempt(TransferId id, std::unique_ptr<Work> attempt);

  const TransferOptions options_;
  const ForbiddenHosts forbidden_hosts_;
  DiskThreads& disk_;
  const EventSink events_;
  CurlClient curl_;

  std::mutex mutex_;
  std::deque<Task> posted_;  // guarded by mutex_
  bool closed_ = false;      // guarded by mutex_

  // The net thread alone uses these.
  BufferPool pool_;
  Throttle throttle_;
  HeadRefusals head_refusals_;
  std::map<TransferId, std::unique_ptr<Work>> attempts_;
  std::deque<TransferId> starved_;  // paused until the pool has room
  SideWork probes_{kMaxProbes};
  SideWork cancels_{kMaxCancels};
  bool stopping_ = false;
  SteadyTime next_tick_;

  std::mutex join_mutex_;
  std::thread thread_;  // last: it uses the members above
};

void CurlTransfers::Start(Download download) {
  const TransferId id = download.id;
  const FileState state = download.resume;
  const bool accepted = PostUnlessClosed(Task([this, id, download = std::move(download)]() mutable {
    BeginAttempt(id, std::make_unique<Attempt>(*this, std::move(download)));
  }));
  if (!accepted) events_(Stopped{id, state});
}

void CurlTransfers::Start(Upload upload) {
  const TransferId id = upload.id;
  FileState state;
  state.offset = upload.resume.offset;
  const bool accepted = PostUnlessClosed(Task([this, id, upload = std::move(upload)]() mutable {
    BeginAttempt(id, std::make_unique<UploadAttempt>(*this, std::move(upload)));
  }));
  if (!accepted) events_(Stopped{id, state});
}

// One that runs under this id goes on.
void CurlTransfers::BeginAttempt(TransferId id, std::unique_ptr<Work> attempt) {
  const auto [place, added] = attempts_.try_emplace(id, std::move(attempt));
  if (added) place->second->Begin();
}

void CurlTransfers::Cancel(CancelSession cancel) {
  const TransferId id = cancel.id;
  const bool accepted = PostUnlessClosed(Task([this, cancel = std::move(cancel)]() mutable {
    cancels_.Add(std::make_unique<SessionCancel>(*this, std::move(cancel)));
  }));
  const Error error{HResult::kConnectionError, ErrorContext::kGeneralTransport,
                    "the service is ending"};
  if (!accepted) events_(SessionCancelled{id, error, /*again=*/true});
}

void CurlTransfers::GoOn(TransferId id) {
  Post(Task([this, id] {
    if (const auto found = attempts_.find(id); found != attempts_.end()) found->second->GoOn();
  }));
}

void CurlTransfers::Stop(TransferId id) {
  Post(Task([this, id] {
    if (const auto found = attempts_.find(id); found != attempts_.end()) found->second->Stop();
  }));
}

void CurlTransfers::Probe(TransferId id, std::string url, ReachPointer reach) {
  auto probe = std::make_unique<transfer::Probe>(*this, id, std::move(url), std::move(reach));
  const bool accepted = PostUnlessClosed(
      Task([this, probe = std::move(probe)]() mutable { probes_.Add(std::move(probe)); }));
  if (!accepted) events_(Probed{id, std::nullopt});
}

void CurlTransfers::Shutdown() {
  PostUnlessClosed(Task([this] { stopping_ = true; }));
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  const std::lock_guard lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void CurlTransfers::Post(Task task) {
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(task));
  curl_.Wake();
}

bool CurlTransfers::PostUnlessClosed(Task task) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  posted_.push_back(std::move(task));
  curl_.Wake();
  return true;
}

// --- the net thread -----------------------------------------------------------

void CurlTransfers::RunThread() {
  EnterBackgroundThread("net");
  while (true) {
    RunPosted();
    if (stopping_) StopEverything();
    probes_.Begin();
    cancels_.Begin();
    curl_.Run();
    TickIfDue();
    FeedStarved();
    GiveTurns();
    RemoveEnded();
    if (stopping_ && Idle()) return;
    if (Idle()) pool_.DropIdle();
    curl_.Wait(TimeToWait());
  }
}

void CurlTransfers::RunPosted() {
  std::deque<Task> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(posted_);
  }
  for (Task& task : batch) task.Run();
}

void CurlTransfers::TickIfDue() {
  const SteadyTime now = Now();
  if (now < next_tick_) return;
  next_tick_ = now + kTick;
  throttle_.Update();
  cancels_.Tick(now);
  for (const auto& entry : attempts_) {
    entry.second->Tick(now);
    if (!starved_.empty()) entry.second->Flush();
  }
}

// In the order in which they ran dry; those that run dry again queue up anew.
void CurlTransfers::FeedStarved() {
  for (std::size_t n = starved_.size(); n > 0; --n) {
    const TransferId id = starved_.front();
    if (pool_.bytes_out() > 0 && pool_.bytes_out() + kBufferBytes > options_.buffer_pool_bytes) {
      return;
    }
    starved_.pop_front();
    if (const auto found = attempts_.find(id); found != attempts_.end()) found->second->Unpause();
  }
}

// Each of those that wait for a rate limit once at most: sockets come between the turns.
void CurlTransfers::GiveTurns() {
  for (std::size_t n = throttle_.waiting(); n > 0; --n) {
    const std::optional<TransferId> id = throttle_.TakeTurn();
    if (!id) return;
    if (const auto found = attempts_.find(*id); found != attempts_.end()) found->second->Unpause();
  }
}

std::chrono::milliseconds CurlTransfers::TimeToWait() {
  if (Idle()) return kIdleWait;
  const auto turn = throttle_.TimeToTurn();
  if (!turn) return kTick;
  return std::min(kTick, std::chrono::ceil<std::chrono::milliseconds>(*turn));
}

void CurlTransfers::RemoveEnded() {
  std::erase_if(attempts_, [this](const auto& entry) {
    if (!entry.second->ended()) return false;
    throttle_.Forget(entry.first);
    return true;
  });
  probes_.RemoveEnded();
  cancels_.RemoveEnded();
}

void CurlTransfers::StopEverything() {
  for (const auto& entry : attempts_) entry.second->Stop();
  probes_.Stop();
  cancels_.Stop();
}

}  // namespace

std::unique_ptr<Transfers> StartCurlTransfers(const TransferOptions& options, DiskThreads& disk,
                                              EventSink events) {
  return std::make_unique<CurlTransfers>(options, disk, std::move(events));
}

}  // namespace engine::transfer
