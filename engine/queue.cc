#include "engine/queue.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/new_job.h"
#include "engine/queue_impl.h"

namespace engine {
namespace {

bool HasSecrets(const Job& job) {
  return !AccessOf(job).credentials.empty() || !SettingsOf(job).custom_headers.empty();
}

// Of an unfinished file that cannot go on where it was, or whose bytes nobody
// made durable. What the store says about it has no meaning.
void ForgetLostProgress(Job& job) {
  if (MayResume(SettingsOf(job)) && !SettingsOf(job).high_performance) return;
  for (std::size_t i = 0; i < job.files.size(); ++i) {
    File file = job.files[i];
    if (file.transferred || file.bytes_transferred == 0) continue;
    file.bytes_transferred = 0;
    file.bytes_total.reset();
    file.validators = {};
    job.files.Replace(i, std::move(file));
  }
}

}  // namespace

Queue::Queue(QueueDependencies dependencies, std::vector<Job> jobs)
    : impl_(std::make_unique<Impl>(dependencies, std::move(jobs))) {}

Queue::~Queue() = default;

void Queue::Start(transfer::Transfers& transfers) { impl_->Start(transfers); }

void Queue::Stop() { impl_->Stop(); }

void Queue::Wake() { impl_->Wake(); }

void Queue::CreateJob(Actor actor, NewJob job, Completion<JobId> done) {
  impl_->Command<JobId>(done, [impl = impl_.get(), actor = std::move(actor), job = std::move(job),
                               done] { impl->CreateJob(actor, job, done); });
}

void Queue::AddFile(Actor actor, JobId id, FileSpec file, Completion<void> done) {
  impl_->Command<void>(
      done, [impl = impl_.get(), actor = std::move(actor), id, file = std::move(file), done] {
        impl->AddFile(actor, id, file, done);
      });
}

void Queue::Call(JobId id, JobMethod method, Completion<HResult> done) {
  impl_->Command<HResult>(done,
                          [impl = impl_.get(), id, method, done] { impl->Call(id, method, done); });
}

void Queue::Change(JobId id, JobChanges changes, Completion<JobSnapshot> done) {
  impl_->Command<JobSnapshot>(done, [impl = impl_.get(), id, changes = std::move(changes), done] {
    impl->Change(id, changes, done);
  });
}

void Queue::ChangeAccess(JobId id, AccessChange change, Completion<HResult> done) {
  impl_->Command<HResult>(done, [impl = impl_.get(), id, change = std::move(change), done] {
    impl->ChangeAccess(id, change, done);
  });
}

void Queue::ChangeSettings(JobId id, SettingsChanges changes, Completion<JobSnapshot> done) {
  impl_->Command<JobSnapshot>(done, [impl = impl_.get(), id, changes = std::move(changes), done] {
    impl->ChangeSettings(id, changes, done);
  });
}

void Queue::ChangeFiles(JobId id, FileChange change, Completion<HResult> done) {
  impl_->Command<HResult>(done, [impl = impl_.get(), id, change = std::move(change), done] {
    impl->ChangeFiles(id, change, done);
  });
}

void Queue::ReadCustomHeaders(JobId id, Completion<std::optional<SecretText>> done) {
  impl_->Command<std::optional<SecretText>>(
      done, [impl = impl_.get(), id, done] { impl->ReadCustomHeaders(id, done); });
}

void Queue::ReadReply(JobId id, std::uint64_t offset, Completion<std::string> done) {
  impl_->Command<std::string>(
      done, [impl = impl_.get(), id, offset, done] { impl->ReadReply(id, offset, done); });
}

void Queue::OnTransferEvent(transfer::Event event) {
  impl_->Post([impl = impl_.get(), event = std::move(event)] { impl->OnTransferEvent(event); });
}

void Queue::OnNetwork(bool has_network) {
  impl_->Post([impl = impl_.get(), has_network] { impl->OnNetwork(has_network); });
}

Queue::Impl::Impl(QueueDependencies dependencies, std::vector<Job> jobs)
    : QueueState(dependencies) {
  for (Job& job : jobs) Load(std::move(job));
}

void Queue::Impl::Load(Job job) {
  const JobId id = job.id;
  next_sequence_ = std::max(next_sequence_, job.sequence + 1);
  if (job.type != JobType::kDownload && !job.upload) job.upload = NewUpload(std::nullopt);
  if (job.pending == Pending::kTellingServer) return farewells_.Load(std::move(job));
  ++jobs_;
  ++jobs_of_[job.creator.ToString()];
  // To the store a running job and a queued one are the same after a restart,
  // so that this move needs no commit.
  if (const auto outcome = Next(job.state, JobEvent::kDaemonStarted, FactsOf(job)))
    job.state = outcome->next;
  // Whether there is a network will be told anew.
  const bool waits_for_network = job.state == JobState::kTransientError && job.error &&
                                 job.error->code == HResult::kNetworkDisconnected;
  if (waits_for_network) job.state = JobState::kQueued;
  ForgetLostProgress(job);
  KnownJob& known = known_[id];
  known.turn = ++last_turn_;
  known.has_secrets = HasSecrets(job);
  if (job.state == JobState::kQueued && job.pending == Pending::kNothing && MayRun(job)) {
    StandInLine(job, known, known.turn);
    WantProbes(job);
  }
  creations_.Load(job, clock_.Wall(), Now());
  job.request = {};
  index_.Publish(std::make_shared<const Job>(std::move(job)));
}

void Queue::Impl::Start(transfer::Transfers& transfers) {
  transfers_ = &transfers;
  loop_.Post([this] { ResumeWork(); });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "engine");
    loop_.Run([this] { return IsFinished(); });
  });
}

void Queue::Impl::ResumeWork() {
  if (const auto problem = secrets_.problem()) spdlog::error("{}", problem->message);
  for (auto& [id, known] : known_) known.last_activity = Now();
  if (!known_.empty()) ArmInactivity(Now() + options_.inactivity_timeout);
  for (const auto& [id, known] : known_) {
    const JobSnapshot job = index_.Find(id);
    if (job->pending != Pending::kNothing) {
      ResumeEnd(*Find(id));
    } else if (job->state == JobState::kTransientError) {
      JobEntry& entry = *Find(id);
      entry.retry.first_failure = Now();
      ArmRetry(entry, entry.job.minimum_retry_delay);
    }
  }
  farewells_.Start({.transfers = transfers_,
                    .reach = [this](const Job& job) { return OpenReach(job); },
                    .forget =
                        [this](const JobId& id, std::function<void(Status)> done) {
                          writer_.Submit({store::DeleteJob{id}}, Callback(std::move(done)));
                        }});
  RequestPlan();
}

void Queue::Impl::ResumeEnd(JobEntry& entry) {
  entry.ending = true;
  const JobEvent event =
      entry.job.pending == Pending::kCompleting ? JobEvent::kComplete : JobEvent::kCancel;
  const auto outcome = Next(entry.job.state, event, FactsOf(entry.job));
  FinishFiles(entry, outcome ? outcome->result : HResult::kOk, [](const Result<HResult>&) {});
}

void Queue::Impl::Stop() {
  if (!thread_.joinable()) return;
  loop_.Post([this] {
    stopping_ = true;
    farewells_.Stop();
  });
  transfers_->Shutdown();
  // Posted behind the last events of the transfers.
  loop_.Post([this] { EndShutdown(); });
  thread_.join();
}

void Queue::Impl::EndShutdown() {
  shut_down_ = true;
  for (auto& [id, known] : known_) {
    if (!known.entry) continue;
    JobEntry& entry = *known.entry;
    const bool behind = entry.progress_to_store || entry.unsaved;
    if (behind && !entry.committing && !entry.ending) Save(entry);
  }
}

JobEntry* Queue::Impl::Find(const JobId& id) {
  const auto found = known_.find(id);
  if (found == known_.end()) return nullptr;
  KnownJob& known = found->second;
  if (touched_.empty()) loop_.Post([this] { SettleJobs(); });
  if (touched_.empty() || touched_.back() != id) touched_.push_back(id);
  if (!known.entry) {
    known.entry = std::make_unique<JobEntry>(*index_.Find(id), loop_);
    known.entry->turn = known.turn;
    known.entry->last_activity = known.last_activity;
  }
  return known.entry.get();
}

JobEntry& Queue::Impl::AddEntry(Job job) {
  const JobId id = job.id;
  known_[id].entry = std::make_unique<JobEntry>(std::move(job), loop_);
  return *Find(id);
}

void Queue::Impl::SettleJobs() {
  for (const JobId& id : std::exchange(touched_, {})) {
    const auto found = known_.find(id);
    if (found != known_.end() && found->second.entry) Settle(id, found->second);
  }
}

void Queue::Impl::Settle(const JobId& id, KnownJob& known) {
  const JobEntry& entry = *known.entry;
  const bool waits = entry.job.state == JobState::kQueued && MayRun(entry.job) &&
                     !entry.committing && entry.attempts.empty() && !entry.ending &&
                     !entry.when_stopped;
  if (waits)
    StandInLine(entry.job, known, entry.turn);
  else
    LeaveLine(entry.job, known);
  if (!entry.attempts.empty() || HoldsSlot(entry.job.state))
    active_.insert(id);
  else
    active_.erase(id);
  known.turn = entry.turn;
  known.last_activity = entry.last_activity;
  known.has_secrets = HasSecrets(entry.job);
  if (entry.IsIdle()) known.entry.reset();
}

void Queue::Impl::StandInLine(const Job& job, KnownJob& known, std::uint64_t turn) {
  if (known.in_line && known.line == job.priority && known.turn == turn) return;
  LeaveLine(job, known);
  known.in_line = true;
  known.line = job.priority;
  known.turn = turn;
  waiting_.Add(job.creator, {known.line, turn}, job.id);
}

void Queue::Impl::LeaveLine(const Job& job, KnownJob& known) {
  if (known.in_line) waiting_.Remove(job.creator, {known.line, known.turn});
  known.in_line = false;
}

JobEntry* Queue::Impl::ReadyForCommand(const JobId& id, Task again) {
  JobEntry* const entry = Find(id);
  if (entry == nullptr || !(entry->committing || entry->when_stopped)) return entry;
  entry->waiting_commands.push_back(std::move(again));
  return nullptr;
}

JobEntry* Queue::Impl::ReadyForEvent(const JobId& id, Task again) {
  JobEntry* const entry = Find(id);
  if (entry == nullptr || !entry->committing) return entry;
  entry->waiting_events.push_back(std::move(again));
  return nullptr;
}

void Queue::Impl::RunWaiting(const JobId& id) {
  // Each task may start a commit, or end the job.
  while (JobEntry* const entry = Find(id)) {
    if (entry->committing) return;
    const bool has_events = !entry->waiting_events.empty();
    if (!has_events && (entry->when_stopped || entry->waiting_commands.empty())) return;
    std::list<Task>& tasks = has_events ? entry->waiting_events : entry->waiting_commands;
    const Task task = std::move(tasks.front());
    tasks.pop_front();
    task();
  }
}

}  // namespace engine
