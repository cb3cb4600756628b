// Complete and Cancel: stop, write down what is to be done, do it to the files,
// delete the job. A restart begins again after the second step.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <ctime>

#include "engine/queue_impl.h"

namespace engine {
namespace {

constexpr std::chrono::seconds kDeleteAgain{5};

// "Sun, 06 Nov 1994 08:49:37 GMT"; empty for other forms.
std::optional<TimePoint> ParseHttpDate(const std::string& text) {
  std::tm parts{};
  const char* const end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::time_t seconds = timegm(&parts);
  return std::chrono::system_clock::from_time_t(seconds);
}

transfer::FileWork WorkOn(const File& file, LocalTarget target, bool keep) {
  return {std::move(target), file.temporary_name.ToString(), keep,
          keep ? ParseHttpDate(file.validators.last_modified.ToString()) : std::nullopt};
}

JobEvent EventOf(Pending how) {
  return how == Pending::kCompleting ? JobEvent::kComplete : JobEvent::kCancel;
}

bool IsKept(const Job& job, const File& file) {
  return job.pending == Pending::kCompleting && file.transferred;
}

}  // namespace

void Queue::Impl::End(JobEntry& entry, Pending how, const Completion<HResult>& done) {
  entry.ending = true;
  StopThen(entry, [this, id = entry.job.id, how, done] { CommitEnd(id, how, done); });
}

void Queue::Impl::CommitEnd(const JobId& id, Pending how, const Completion<HResult>& done) {
  JobEntry& entry = *Find(id);
  // The last file may have arrived while the transfer was being stopped.
  const Outcome outcome = *Next(entry.job.state, EventOf(how), FactsOf(entry.job));
  Job before = entry.job;
  entry.job.pending = how;
  Touch(entry);
  Commit(entry, std::move(before), [this, id, outcome, done](const Status& status) {
    JobEntry& found = *Find(id);
    if (status) return FinishFiles(found, outcome.result, done);
    found.ending = false;
    done(tl::unexpected(status.error()));
  });
}

void Queue::Impl::FinishFiles(JobEntry& entry, HResult result, const Completion<HResult>& done) {
  if (entry.job.upload) return FinishReply(entry, result, done);
  const JobId id = entry.job.id;
  Files work;
  std::vector<std::uint32_t> worked_on;
  std::vector<std::uint32_t> all;
  std::vector<Status> unmapped;
  std::uint32_t& i = entry.next_to_finish;
  for (; i < entry.job.files.size() && all.size() < kFilesFinishedAtOnce; ++i) {
    if (entry.delivered.contains(i)) continue;
    const File& file = entry.job.files[i];
    const bool keep = IsKept(entry.job, file);
    Result<LocalTarget> target = MapLocalName(file.local_name, options_.paths, options_.limits);
    all.push_back(i);
    if (!target) {
      unmapped.push_back(tl::unexpected(target.error()));
      continue;
    }
    worked_on.push_back(i);
    work.push_back(WorkOn(file, *std::move(target), keep));
  }
  // A name that the configuration does not map any more counts as failed.
  std::vector<std::uint32_t> files = worked_on;
  std::set_difference(all.begin(), all.end(), worked_on.begin(), worked_on.end(),
                      std::back_inserter(files));
  std::function<void(std::vector<Status>)> finished = [this, id, files = std::move(files),
                                                       unmapped = std::move(unmapped), result,
                                                       done](std::vector<Status> statuses) {
    statuses.insert(statuses.end(), unmapped.begin(), unmapped.end());
    FilesFinished(id, files, statuses, result, done);
  };
  files_.Finish(std::move(work), Callback(std::move(finished)));
}

void Queue::Impl::FilesFinished(const JobId& id, const std::vector<std::uint32_t>& files,
                                const std::vector<Status>& statuses, HResult result,
                                const Completion<HResult>& done) {
  JobEntry& entry = *Find(id);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const bool keep = IsKept(entry.job, entry.job.files[files[i]]);
    if (statuses[i]) {
      if (keep) entry.delivered.insert(files[i]);
      if (!keep) Discard(entry, files[i]);
      continue;
    }
    const Error& error = statuses[i].error();
    spdlog::warn("job {}: {} of file {} failed with {}: {}", id.ToString(),
                 keep ? "renaming" : "deleting", files[i], NameOf(error.code), error.message);
    if (!keep) result = HResult::kUnableToDeleteFiles;
    if (keep && !entry.rename_error) entry.rename_error = error.code;
  }
  if (entry.next_to_finish < entry.job.files.size()) return FinishFiles(entry, result, done);
  entry.next_to_finish = 0;
  const auto rename_error = std::exchange(entry.rename_error, std::nullopt);
  if (rename_error) return GiveBack(entry, *rename_error, done);
  Delete(id, result, done);
}

void Queue::Impl::FinishReply(JobEntry& entry, HResult result, const Completion<HResult>& done) {
  const JobId id = entry.job.id;
  const File& reply = entry.job.upload->reply;
  const bool keep = entry.job.pending == Pending::kCompleting;
  // Without a name none has been started.
  if (entry.job.type != JobType::kUploadReply || reply.local_name.empty())
    return Delete(id, result, done);
  Result<LocalTarget> target = MapLocalName(reply.local_name, options_.paths, options_.limits);
  if (!target) return ReplyFinished(id, tl::unexpected(target.error()), result, done);
  Files work;
  work.push_back(WorkOn(reply, *std::move(target), keep));
  std::function<void(std::vector<Status>)> finished = [this, id, result,
                                                       done](const std::vector<Status>& statuses) {
    ReplyFinished(id, statuses.front(), result, done);
  };
  files_.Finish(std::move(work), Callback(std::move(finished)));
}

void Queue::Impl::ReplyFinished(const JobId& id, const Status& status, HResult result,
                                const Completion<HResult>& done) {
  if (status) return Delete(id, result, done);
  JobEntry& entry = *Find(id);
  spdlog::warn("job {}: its reply could not be finished: {} {}", id.ToString(),
               NameOf(status.error().code), status.error().message);
  if (entry.job.pending == Pending::kCompleting) return GiveBack(entry, status.error().code, done);
  Delete(id, HResult::kUnableToDeleteFiles, done);
}

void Queue::Impl::Discard(JobEntry& entry, std::uint32_t index) {
  File file = entry.job.files[index];
  file.bytes_transferred = 0;
  ReplaceFile(entry, index, std::move(file));
}

void Queue::Impl::GiveBack(JobEntry& entry, HResult reason, const Completion<HResult>& done) {
  entry.job.pending = Pending::kNothing;
  entry.ending = false;
  SetState(entry, JobState::kTransferred);
  entry.unsaved = true;
  Submit(entry, [this, id = entry.job.id, reason, done](Status status) {
    if (JobEntry* const found = Find(id)) found->unsaved = !status;
    done(reason);
    SaveAgain(id);
  });
}

void Queue::Impl::Delete(const JobId& id, HResult result, const Completion<HResult>& done) {
  if (MustTell(Find(id)->job)) return PartWith(id, result, done);
  std::function<void(Status)> deleted = [this, id, result, done](const Status& status) {
    if (status) {
      spdlog::info("job {} has ended", id.ToString());
      Forget(id);
      return done(result);
    }
    // The files are gone, so that the job must go too; a restart would see to it.
    if (stopping_) return done(tl::unexpected(status.error()));
    Find(id)->save_timer.Start(Now() + kDeleteAgain,
                               [this, id, result, done] { Delete(id, result, done); });
  };
  writer_.Submit({store::DeleteJob{id}}, Callback(std::move(deleted)));
}

bool Queue::Impl::MustTell(const Job& job) const {
  if (job.pending != Pending::kCancelling || !HasOpenSession(job)) return false;
  if (farewells_.HasRoom()) return true;
  spdlog::warn("job {}: {} servers are to be told of cancelled uploads; this one is not",
               job.id.ToString(), Farewells::kMost);
  return false;
}

void Queue::Impl::PartWith(const JobId& id, HResult result, const Completion<HResult>& done) {
  Job job = Find(id)->job;
  job.pending = Pending::kTellingServer;
  job.state = JobState::kCancelled;
  job.modified = clock_.Wall();
  const auto row = std::make_shared<const Job>(std::move(job));
  std::function<void(Status)> stored = [this, id, row, result, done](const Status& status) {
    if (status) {
      spdlog::info("job {} has ended; its server is told", id.ToString());
      Forget(id);
      farewells_.Add(*row);
      return done(result);
    }
    if (stopping_) return done(tl::unexpected(status.error()));
    Find(id)->save_timer.Start(Now() + kDeleteAgain,
                               [this, id, result, done] { PartWith(id, result, done); });
  };
  writer_.Submit({store::PutJob{row}}, Callback(std::move(stored)));
}

void Queue::Impl::Forget(const JobId& id) {
  const auto found = known_.find(id);
  active_.erase(id);
  const std::unique_ptr<JobEntry> entry = std::move(found->second.entry);
  LeaveLine(entry->job, found->second);
  probes_ -= entry->probes.size();
  known_.erase(found);
  index_.Remove(id);
  Dismiss(entry->job.creator.ToString());
  creations_.Forget(id);
  RequestPlan();
  // They are answered that there is no such job.
  for (const Task& task : entry->waiting_commands) task();
}

}  // namespace engine
