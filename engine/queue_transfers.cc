// What the transfer threads report and what they are told.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/queue_impl.h"

namespace engine {
namespace {

// A visitor from lambdas.
template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

// Times a file may start anew without progress before that counts as a failure.
constexpr unsigned kMaxRestarts = 3;

}  // namespace

void Queue::Impl::OnTransferEvent(transfer::Event event) {
  const transfer::TransferId id = std::visit([](const auto& e) { return e.id; }, event);
  JobEntry* const entry = ReadyForEvent(id.job, [this, event] { OnTransferEvent(event); });
  if (entry == nullptr) return;
  const bool of_probe = std::holds_alternative<transfer::Probed>(event);
  if (!of_probe && !(entry->attempt && entry->attempt->id == id)) return;  // an older attempt
  std::visit([this, entry](const auto& e) { Handle(*entry, e); }, event);
}

void Queue::Impl::StartNextFile(JobEntry& entry) {
  const FileList& files = entry.job.files;
  while (entry.next_file < files.size() && files[entry.next_file].transferred) ++entry.next_file;
  if (entry.next_file < files.size()) return StartFile(entry, entry.next_file);
  Move(entry, JobEvent::kConnected);
  Move(entry, JobEvent::kAllFilesDone);
}

void Queue::Impl::StartFile(JobEntry& entry, std::uint32_t index) {
  if (stopping_) return;
  const auto changed = entry.changed_files.find(index);
  entry.starts_when_stored =
      changed != entry.changed_files.end() && changed->second.stored < changed->second.restarted;
  if (entry.starts_when_stored) return;
  const File& file = entry.job.files[index];
  const transfer::TransferId id{entry.job.id, index, ++last_attempt_};
  const transfer::FileState resume{file.bytes_transferred, file.bytes_total, file.validators};
  const Result<LocalTarget> target = MapLocalName(file.local_name, options_.paths, options_.limits);
  if (!target) {
    // The configuration has changed since the file was added.
    Error error = target.error();
    error.context = ErrorContext::kLocalFile;
    return FileFailed(entry, {id, resume, std::move(error), /*recoverable=*/false, std::nullopt});
  }
  Result<transfer::ReachPointer> reach = OpenReach(entry.job);
  if (!reach)
    return FileFailed(entry, {id, resume, reach.error(), /*recoverable=*/false, std::nullopt});
  entry.attempt = JobEntry::Attempt{id};
  transfers_->Start({id, file.remote_url, *target, file.temporary_name, resume,
                     entry.job.priority == Priority::kForeground, *std::move(reach)});
}

void Queue::Impl::StartWhenStored(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { StartWhenStored(id); });
  if (entry == nullptr || !entry->starts_when_stored) return;
  StartNextFile(*entry);
  const bool goes_on = entry->attempt || entry->starts_when_stored;
  if (!goes_on) Save(*entry);
}

void Queue::Impl::StopThen(JobEntry& entry, Task then) {
  if (!entry.attempt) {
    entry.retry_timer.Stop();
    entry.starts_when_stored = false;
    return then();
  }
  entry.when_stopped = std::move(then);
  if (entry.attempt->stopping) return;
  entry.attempt->stopping = true;
  transfers_->Stop(entry.attempt->id);
}

void Queue::Impl::TakeState(JobEntry& entry, std::uint32_t index,
                            const transfer::FileState& state) {
  File file = entry.job.files[index];
  const bool worthless = state.offset < file.bytes_transferred;
  if (state.offset > file.bytes_transferred) {
    RecordProgress(entry.retry);
    entry.restarts = 0;
  }
  if (state.offset != file.bytes_transferred) Touch(entry);
  if (worthless) file.bytes_total.reset();
  file.bytes_transferred = state.offset;
  if (state.total) file.bytes_total = state.total;
  file.validators = state.validators;
  ReplaceFile(entry, index, std::move(file));
  JobEntry::Versions& version = entry.changed_files[index];
  if (worthless) version.restarted = version.changed;
}

void Queue::Impl::AttemptEnded(JobEntry& entry) {
  const bool preempted = entry.attempt->stopping;
  entry.attempt.reset();
  RequestPlan();
  if (entry.when_stopped) {
    const JobId id = entry.job.id;
    std::exchange(entry.when_stopped, nullptr)();
    return RunWaiting(id);
  }
  const bool files_left = FactsOf(entry.job).unfinished_files > 0;
  if ((preempted || stopping_) && files_left) return BackToQueue(entry);
  StartNextFile(entry);
  Save(entry);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Connected& event) {
  TakeState(entry, event.id.file, event.state);
  if (Move(entry, JobEvent::kConnected))
    Save(entry);
  else
    NoteProgress(entry);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Progressed& event) {
  TakeState(entry, event.id.file, event.state);
  NoteProgress(entry);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Restarted& event) {
  TakeState(entry, event.id.file, {});
  const bool ends = entry.when_stopped || entry.attempt->stopping || stopping_;
  if (ends || ++entry.restarts <= kMaxRestarts) return AttemptEnded(entry);
  Handle(entry,
         transfer::Failed{event.id,
                          {},
                          Error{HResult::kInsufficientRangeSupport, ErrorContext::kRemoteFile,
                                "the file had to start anew too often without progress"},
                          /*recoverable=*/true,
                          std::nullopt});
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Finished& event) {
  TakeState(entry, event.id.file, event.state);
  File file = entry.job.files[event.id.file];
  file.transferred = true;
  file.bytes_total = event.state.offset;
  ReplaceFile(entry, event.id.file, std::move(file));
  RecordProgress(entry.retry);
  entry.restarts = 0;
  Move(entry, JobEvent::kConnected);  // a file without bytes to fetch
  AttemptEnded(entry);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Stopped& event) {
  TakeState(entry, event.id.file, event.state);
  AttemptEnded(entry);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Failed& event) {
  TakeState(entry, event.id.file, event.state);
  // Whoever waits for the end of the attempt decides what comes next.
  if (entry.when_stopped) return AttemptEnded(entry);
  const bool preempted = entry.attempt->stopping;
  entry.attempt.reset();
  RequestPlan();
  FileFailed(entry, event);
  if (preempted) BackToQueue(entry);  // does nothing when the failure shows
  Save(entry);
}

void Queue::Impl::FileFailed(JobEntry& entry, const transfer::Failed& failed) {
  const FailureFacts facts{failed.recoverable, failed.retry_after, entry.job.minimum_retry_delay,
                           entry.job.no_progress_timeout};
  const RetryDecision decision = Decide(facts, entry.retry, Now(), options_.retry);
  std::visit(Overloaded{
                 [&](const TryAgainInPlace& again) { ArmRetry(entry, again.after); },
                 [&](const ShowTransient& transient) {
                   ShowError(entry, failed, JobEvent::kRecoverableFailure);
                   ArmRetry(entry, transient.retry_after);
                 },
                 [&](const ShowFatal&) { ShowError(entry, failed, JobEvent::kFatalFailure); },
             },
             decision);
}

void Queue::Impl::ShowError(JobEntry& entry, const transfer::Failed& failed, JobEvent event) {
  const Error& error = failed.error;
  spdlog::info("job {}: file {} failed with {}: {}", entry.job.id.ToString(), failed.id.file,
               NameOf(error.code), error.message);
  Move(entry, event);
  entry.job.error = std::make_shared<const JobError>(
      JobError{error.code, error.context, failed.id.file, error.message});
  if (error.code != HResult::kNetworkDisconnected) ++entry.job.error_count;
}

}  // namespace engine
