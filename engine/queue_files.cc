// Which files of a job transfer at once.
//
// A large file has the network to itself. Small ones, and those whose size nobody
// has told yet, run ahead of each other, so that the time a server takes to
// answer and the time the disk takes to sync are spent once for many. What comes
// of an attempt is taken in the order of the list: a file is transferred only
// after those before it, and of several failures the first one counts.
#include <algorithm>

#include "engine/queue_impl.h"

namespace engine {
namespace {

constexpr std::uint64_t kLargeFile = 1 << 20;
// Attempts of a job, together with those that wait for the disk or for the end
// of one before them.
constexpr std::size_t kFilesAhead = 256;

bool IsLarge(const File& file) {
  return std::max(file.bytes_total.value_or(0), file.bytes_transferred) >= kLargeFile;
}

// What the job's maximum size leaves for the file.
std::optional<std::uint64_t> BytesLeftFor(const Job& job, std::uint32_t index) {
  const std::optional<std::uint64_t> most = SettingsOf(job).maximum_download_size;
  if (!most) return std::nullopt;
  const std::uint64_t others =
      job.files.progress().bytes_transferred - job.files[index].bytes_transferred;
  return *most - std::min(*most, others);
}

bool FirstHasEnded(const JobEntry& entry) {
  return !entry.attempts.empty() && entry.attempts.begin()->second.end;
}

// The file at fault gets all attention until there is progress: what others
// achieve is no reason to try it again and again.
bool IsTroubled(const JobEntry& entry) {
  return entry.retry.first_quick || entry.retry.first_failure || entry.restarts > 0;
}

// The first file that waits for its start, as far as the attempts tell.
std::uint32_t NextToStart(const JobEntry& entry) {
  const FileList& files = entry.job.files;
  const bool first_runs = entry.attempts.contains(entry.next_file);
  std::uint32_t next = first_runs ? entry.attempts.rbegin()->first + 1 : entry.next_file;
  while (next < files.size() && files[next].transferred) ++next;
  return next;
}

}  // namespace

bool Queue::Impl::GoOn(JobEntry& entry) {
  do {
    TakeEnds(entry);
    if (!GoesNoFurther(entry)) {
      StartFiles(entry);
    } else if (entry.attempts.empty()) {
      if (!entry.when_stopped) {
        AllEnded(entry);
        return true;
      }
      entry.preempted = false;
      entry.failure.reset();
      RequestPlan();
      const JobId id = entry.job.id;
      std::exchange(entry.when_stopped, nullptr)();
      RunWaiting(id);
      return false;
    }
  } while (FirstHasEnded(entry));
  return true;
}

void Queue::Impl::TakeEnds(JobEntry& entry) {
  while (FirstHasEnded(entry)) {
    const JobEntry::Attempt attempt = std::move(entry.attempts.begin()->second);
    entry.attempts.erase(entry.attempts.begin());
    std::visit([this, &entry](const auto& end) { Handle(entry, end); }, *attempt.end);
  }
}

bool Queue::Impl::GoesNoFurther(const JobEntry& entry) const {
  return stopping_ || entry.preempted || entry.when_stopped || entry.failure;
}

void Queue::Impl::StartFiles(JobEntry& entry) {
  const FileList& files = entry.job.files;
  while (entry.next_file < files.size() && files[entry.next_file].transferred) ++entry.next_file;
  std::uint32_t next = NextToStart(entry);
  while (next < files.size() && MayStart(entry, next) && StartFile(entry, next))
    next = NextToStart(entry);
  if (entry.next_file < files.size()) return;
  Move(entry, JobEvent::kConnected);
  Move(entry, JobEvent::kAllFilesDone);
}

bool Queue::Impl::MayStart(const JobEntry& entry, std::uint32_t index) const {
  if (entry.attempts.empty()) return true;
  // Those that count towards a limit, or are lost when one is stopped for another.
  const JobSettings& settings = SettingsOf(entry.job);
  if (settings.maximum_download_size || !MayResume(settings)) return false;
  if (entry.attempts.size() >= kFilesAhead || IsTroubled(entry)) return false;
  std::size_t receiving = 0;
  for (const auto& [file, attempt] : entry.attempts) {
    if (attempt.end && !std::holds_alternative<transfer::Finished>(*attempt.end)) return false;
    if (!attempt.Receives()) continue;
    ++receiving;
    if (IsLarge(entry.job.files[file])) return false;
  }
  if (receiving == 0) return true;
  return receiving < options_.transfers.files_per_job && !IsLarge(entry.job.files[index]);
}

bool Queue::Impl::StartFile(JobEntry& entry, std::uint32_t index) {
  const auto changed = entry.changed_files.find(index);
  entry.starts_when_stored = (changed != entry.changed_files.end() &&
                              changed->second.stored < changed->second.restarted) ||
                             entry.upload_versions.stored < entry.upload_versions.restarted;
  if (entry.starts_when_stored) return false;
  const File& file = entry.job.files[index];
  const transfer::TransferId id{entry.job.id, index, ++last_attempt_};
  const transfer::FileState resume{file.bytes_transferred, file.bytes_total, file.validators};
  JobEntry::Attempt& attempt =
      entry.attempts.emplace(index, JobEntry::Attempt{.id = id, .end = {}}).first->second;
  const Result<LocalTarget> target = MapLocalName(file.local_name, options_.paths, options_.limits);
  if (!target) {
    // The configuration has changed since the file was added.
    Error error = target.error();
    error.context = ErrorContext::kLocalFile;
    attempt.end = transfer::Failed{id, resume, std::move(error), /*recoverable=*/false, {}};
    return true;
  }
  Result<transfer::ReachPointer> reach = OpenReach(entry.job);
  if (!reach) {
    attempt.end = transfer::Failed{id, resume, reach.error(), /*recoverable=*/false, {}};
    return true;
  }
  if (entry.job.upload) {
    StartUpload(entry, id, *target, *std::move(reach));
    return true;
  }
  transfers_->Start(transfer::Download{id, file.remote_url.ToString(), *target,
                                       file.temporary_name.ToString(), resume, entry.job.priority,
                                       *std::move(reach), entry.job.settings, file.ranges,
                                       BytesLeftFor(entry.job, index)});
  return true;
}

void Queue::Impl::StartWhenStored(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { StartWhenStored(id); });
  if (entry == nullptr || !entry->starts_when_stored) return;
  GoOn(*entry);
  const bool goes_on = !entry->attempts.empty() || entry->starts_when_stored;
  if (!goes_on) Save(*entry);
}

void Queue::Impl::YieldToFirst(JobEntry& entry, std::uint32_t index) {
  if (entry.attempts.size() < 2 || !IsLarge(entry.job.files[index])) return;
  bool taken = false;
  for (auto& [file, attempt] : entry.attempts) {
    if (!attempt.Receives() || !IsLarge(entry.job.files[file])) continue;
    if (taken) StopAttempt(attempt);
    taken = true;
  }
}

void Queue::Impl::StopAttempt(JobEntry::Attempt& attempt) {
  if (attempt.stopping || attempt.end) return;
  attempt.stopping = true;
  transfers_->Stop(attempt.id);
}

void Queue::Impl::StopAttempts(JobEntry& entry) {
  entry.starts_when_stored = false;
  for (auto& [file, attempt] : entry.attempts) StopAttempt(attempt);
}

void Queue::Impl::StopThen(JobEntry& entry, Task then) {
  StopAttempts(entry);
  if (entry.attempts.empty()) {
    entry.retry_timer.Stop();
    return then();
  }
  entry.when_stopped = std::move(then);
}

void Queue::Impl::AllEnded(JobEntry& entry) {
  const bool preempted = std::exchange(entry.preempted, false);
  const auto failure = std::exchange(entry.failure, std::nullopt);
  RequestPlan();
  if (failure) FileFailed(entry, *failure);
  const bool files_left = FactsOf(entry.job).unfinished_files > 0;
  // Does nothing when the failure shows.
  if ((preempted || stopping_) && files_left) MoveBack(entry);
  if (!failure && !files_left) StartFiles(entry);
}

}  // namespace engine
