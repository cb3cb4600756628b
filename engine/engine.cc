#include "engine/engine.h"

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <mutex>

#include "engine/job_index.h"
#include "engine/network_watch.h"
#include "engine/queue.h"
#include "engine/store/secrets.h"
#include "engine/store/sqlite_store.h"
#include "engine/store/writer.h"
#include "engine/transfer/disk.h"
#include "engine/transfer/worker.h"

namespace engine {
namespace {

// What is on disk is right and what is in memory may not be: end here, without
// destructors that would write, and let the restart recover. No reply that says
// "done" goes out after this.
[[noreturn]] void EndAfterStoreFailure(const Error& error) {
  spdlog::critical("the job store has failed: {} The process ends; a restart recovers.",
                   error.message);
  spdlog::default_logger()->flush();
  std::quick_exit(EXIT_FAILURE);
}

}  // namespace

class Engine::Impl {
 public:
  Impl(Options options, std::unique_ptr<store::JobStore> store, std::vector<Job> jobs)
      : options_(std::move(options)),
        secrets_(options_.secrets_key),
        writer_(std::move(store), EndAfterStoreFailure),
        disk_(options_.transfers),
        queue_({options_, index_, writer_, disk_, secrets_, SystemClock()}, std::move(jobs)),
        transfers_(transfer::StartCurlTransfers(
            options_.transfers, disk_,
            [this](transfer::Event event) { queue_.OnTransferEvent(std::move(event)); })) {
    queue_.Start(*transfers_);
    network_ =
        std::make_unique<NetworkWatch>([this](bool has_network) { queue_.OnNetwork(has_network); });
  }
  ~Impl() { Stop(); }

  void Stop() {
    std::call_once(stopped_, [this] {
      network_.reset();
      queue_.Stop();
      writer_.Stop();
    });
  }

  const JobIndex& index() const { return index_; }
  JobEvents& events() { return index_.events(); }
  Queue& queue() { return queue_; }

 private:
  // In the order of dependence: what stands below uses what stands above.
  const Options options_;
  store::Secrets secrets_;
  JobIndex index_;
  store::Writer writer_;
  transfer::DiskThreads disk_;
  Queue queue_;
  std::unique_ptr<transfer::Transfers> transfers_;
  std::unique_ptr<NetworkWatch> network_;
  std::once_flag stopped_;
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::Start(Options options) {
  const TransferOptions& transfers = options.transfers;
  if (Status proxies = CheckProxyLists(transfers.proxy, transfers.proxy_bypass); !proxies)
    return tl::unexpected(proxies.error());
  auto store = store::OpenSqliteStore(options.state_directory / "bitsd.db");
  if (!store) return tl::unexpected(store.error());
  Result<std::vector<Job>> jobs = (*store)->LoadAll();
  if (!jobs) return tl::unexpected(jobs.error());
  spdlog::info("{} jobs in {}", jobs->size(), options.state_directory.string());
  return std::unique_ptr<Engine>(
      new Engine(std::make_unique<Impl>(std::move(options), *std::move(store), *std::move(jobs))));
}

void Engine::Stop() { impl_->Stop(); }

JobSnapshot Engine::Find(const JobId& id) const { return impl_->index().Find(id); }

std::vector<JobSnapshot> Engine::List(std::uint64_t after, std::size_t most) const {
  return impl_->index().List(after, most);
}

std::unique_ptr<JobWatch> Engine::Subscribe(JobListener listener) {
  return impl_->events().Subscribe(std::move(listener));
}

void Engine::CreateJob(Actor actor, NewJob job, Completion<JobId> done) {
  impl_->queue().CreateJob(std::move(actor), std::move(job), std::move(done));
}

void Engine::AddFile(Actor actor, JobId id, FileSpec file, Completion<void> done) {
  impl_->queue().AddFile(std::move(actor), id, std::move(file), std::move(done));
}

void Engine::Call(JobId id, JobMethod method, Completion<HResult> done) {
  impl_->queue().Call(id, method, std::move(done));
}

void Engine::ChangeAccess(JobId id, AccessChange change, Completion<HResult> done) {
  impl_->queue().ChangeAccess(id, std::move(change), std::move(done));
}

void Engine::ChangeSettings(JobId id, SettingsChanges changes, Completion<JobSnapshot> done) {
  impl_->queue().ChangeSettings(id, std::move(changes), std::move(done));
}

void Engine::ChangeFiles(JobId id, FileChange change, Completion<HResult> done) {
  impl_->queue().ChangeFiles(id, std::move(change), std::move(done));
}

void Engine::ReadCustomHeaders(JobId id, Completion<std::optional<SecretText>> done) {
  impl_->queue().ReadCustomHeaders(id, std::move(done));
}

void Engine::ReadReply(JobId id, std::uint64_t offset, Completion<std::string> done) {
  impl_->queue().ReadReply(id, offset, std::move(done));
}

void Engine::Change(JobId id, JobChanges changes, Completion<JobSnapshot> done) {
  impl_->queue().Change(id, std::move(changes), std::move(done));
}

}  // namespace engine
