// What clients ask for.
#include <spdlog/spdlog.h>

#include "engine/new_job.h"
#include "engine/queue_impl.h"
#include "engine/text.h"

namespace engine {
namespace {

JobEvent EventOf(JobMethod method) {
  switch (method) {
    case JobMethod::kCancel:
      return JobEvent::kCancel;
    case JobMethod::kComplete:
      return JobEvent::kComplete;
    case JobMethod::kResume:
      return JobEvent::kResume;
    case JobMethod::kSuspend:
      return JobEvent::kSuspend;
  }
  return JobEvent::kSuspend;
}

}  // namespace

Status Queue::Impl::Admit(const Actor& actor) {
  const LimitOptions& limits = options_.limits;
  if (!actor.exempt_from_limits && jobs_ >= limits.jobs_per_machine)
    return Fail(HResult::kTooManyJobsPerMachine,
                "The machine has " + std::to_string(jobs_) +
                    " jobs, as many as it may. Complete or cancel some first.");
  const auto found = jobs_of_.find(actor.name);
  const std::size_t own = found == jobs_of_.end() ? 0 : found->second;
  if (!actor.exempt_from_limits && own >= limits.jobs_per_user)
    return Fail(HResult::kTooManyJobsPerUser,
                "You have " + std::to_string(own) +
                    " jobs, as many as a user may. Complete or cancel some first.");
  ++jobs_;
  ++jobs_of_[actor.name];
  return {};
}

void Queue::Impl::Dismiss(const std::string& creator) {
  --jobs_;
  const auto found = jobs_of_.find(creator);
  if (--found->second == 0) jobs_of_.erase(found);
}

void Queue::Impl::CreateJob(const Actor& actor, NewJob job, const Completion<JobId>& done) {
  if (job.request.empty()) return CheckAndInsert(actor, std::move(job), done);
  // Before the limits: the job of a repeated call is there already.
  if (creations_.Repeats(actor.name, job.request, done, Now())) return;
  CheckAndInsert(
      actor, job,
      [this, creator = actor.name, request = job.request, done](const Result<JobId>& id) {
        creations_.Finish(creator, request, id, Now());
        done(id);
      });
}

void Queue::Impl::CheckAndInsert(const Actor& actor, NewJob job, const Completion<JobId>& done) {
  Result<LocalTarget> target = CheckNewJob(job, options_);
  if (!target) return done(tl::unexpected(target.error()));
  const Status ranges = CheckRanges(job.file.ranges, options_.limits, actor.exempt_from_limits);
  if (!ranges) return done(tl::unexpected(ranges.error()));
  if (const Status admitted = Admit(actor); !admitted)
    return done(tl::unexpected(admitted.error()));
  if (job.type != JobType::kDownload) {
    std::function<void(Result<SourceVersion>)> found = [this, actor, job = std::move(job),
                                                        done](const Result<SourceVersion>& source) {
      InsertJob(actor, job, source.map([](const SourceVersion& version) {
        return std::optional(version.size);
      }),
                done);
    };
    return files_.CheckSource(*std::move(target), actor.reader, Callback(std::move(found)));
  }
  std::function<void(Status)> checked = [this, actor, job = std::move(job),
                                         done](const Status& status) {
    InsertJob(actor, job, status.map([] { return std::optional<std::uint64_t>(); }), done);
  };
  files_.CheckTarget(*std::move(target), Callback(std::move(checked)));
}

Job Queue::Impl::MakeJob(const Actor& actor, const NewJob& spec) {
  const TimePoint now = clock_.Wall();
  Job job{.id = JobId::Random(),
          .type = spec.type,
          .state = spec.start ? JobState::kQueued : JobState::kSuspended,
          .display_name = spec.display_name,
          .description = spec.description,
          .owner = names_.Share(spec.owner),
          .creator = names_.Share(actor.name),
          .request = spec.request,
          .created = now,
          .modified = now,
          .sequence = next_sequence_++,
          .resumed = spec.start};
  job.files.Add(MakeFile(spec.file));
  if (spec.type != JobType::kDownload) job.upload = NewUpload(actor.reader);
  return job;
}

void Queue::Impl::InsertJob(const Actor& actor, const NewJob& spec, const CheckedFile& checked,
                            const Completion<JobId>& done) {
  if (stopping_ || !checked) {
    Dismiss(actor.name);
    return done(tl::unexpected(stopping_ ? StoppedError() : checked.error()));
  }
  JobEntry& entry = AddEntry(MakeJob(actor, spec));
  const JobId id = entry.job.id;
  File file = entry.job.files[0];
  file.bytes_total = *checked;
  ReplaceFile(entry, 0, std::move(file));
  if (entry.job.upload) {
    ++entry.upload_versions.changed;
    if (spec.start) PrepareUpload(entry);
  }
  entry.turn = ++last_turn_;
  entry.last_activity = Now();
  entry.committing = true;
  Submit(entry, [this, id, done](const Status& committed) {
    JobEntry& found = *Find(id);
    found.committing = false;
    if (!committed) {
      Forget(id);
      return done(tl::unexpected(committed.error()));
    }
    found.job.request = {};
    spdlog::info("job {} created by {}", id.ToString(), Quoted(found.job.creator));
    if (!inactivity_timer_.IsRunning())
      ArmInactivity(found.last_activity + options_.inactivity_timeout);
    RequestPlan();
    done(id);
    RunWaiting(id);
  });
}

void Queue::Impl::AddFile(const Actor& actor, const JobId& id, FileSpec file,
                          const Completion<void>& done) {
  JobEntry* const entry = Find(id);
  if (entry == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  if (entry->ending) return done(tl::unexpected(JobIsEnding(id)));
  if (const Status room = CheckFileCount(entry->job, file); !room) return done(room);
  Result<LocalTarget> target = CheckFile(file, options_);
  if (!target) return done(tl::unexpected(target.error()));
  const Status ranges = CheckRanges(file.ranges, options_.limits, actor.exempt_from_limits);
  if (!ranges) return done(ranges);
  const std::size_t files = entry->job.files.size() + entry->files_being_added;
  if (!actor.exempt_from_limits && files >= options_.limits.files_per_job)
    return done(Fail(HResult::kTooManyFilesInJob,
                     "The job has " + std::to_string(files) +
                         " files, as many as it may. Put the file into another job."));
  ++entry->files_being_added;
  std::function<void(Status)> checked = [this, id, file = std::move(file),
                                         done](const Status& status) {
    InsertFile(id, file, status, done);
  };
  files_.CheckTarget(*std::move(target), Callback(std::move(checked)));
}

void Queue::Impl::InsertFile(const JobId& id, const FileSpec& file, const Status& target,
                             const Completion<void>& done) {
  if (Find(id) == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  JobEntry* const entry =
      ReadyForCommand(id, [this, id, file, target, done] { InsertFile(id, file, target, done); });
  if (entry == nullptr) return;
  --entry->files_being_added;
  if (entry->ending) return done(tl::unexpected(JobIsEnding(id)));
  if (!target) return done(target);
  const Status fits = CheckRangesFor(SettingsOf(entry->job), file.ranges);
  if (!fits) return done(fits);
  Job before = entry->job;
  entry->job.files.Add(MakeFile(file));
  FileChanged(*entry, static_cast<std::uint32_t>(entry->job.files.size() - 1));
  Touch(*entry);
  Commit(*entry, std::move(before), [this, id, done](const Status& status) {
    if (JobEntry* const found = Find(id)) WantProbes(found->job);
    done(status);
  });
}

void Queue::Impl::Call(const JobId& id, JobMethod method, const Completion<HResult>& done) {
  JobEntry* const known = Find(id);
  if (known == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  if (known->ending) return done(HResult::kInvalidState);
  JobEntry* const entry = ReadyForCommand(id, [this, id, method, done] { Call(id, method, done); });
  if (entry == nullptr) return;
  const JobEvent event = EventOf(method);
  const Outcome outcome = *Next(entry->job.state, event, FactsOf(entry->job));
  if (!Succeeded(outcome.result)) return done(outcome.result);
  if (outcome.next == entry->job.state) {
    if (method == JobMethod::kResume) ResetDownloadTime(*entry);
    return done(outcome.result);
  }
  switch (method) {
    case JobMethod::kCancel:
      return End(*entry, Pending::kCancelling, done);
    case JobMethod::kComplete:
      return End(*entry, Pending::kCompleting, done);
    case JobMethod::kResume:
    case JobMethod::kSuspend:
      return SuspendOrResume(*entry, event, done);
  }
}

void Queue::Impl::SuspendOrResume(JobEntry& entry, JobEvent event,
                                  const Completion<HResult>& done) {
  StopThen(entry, [this, id = entry.job.id, event, done] {
    JobEntry& stopped = *Find(id);
    Job before = stopped.job;
    Move(stopped, event);
    if (event == JobEvent::kResume) {
      stopped.job.resumed = true;
      ResetDownloadTime(stopped);
      PrepareUpload(stopped);
    }
    // NoProgressTimeout goes on while a client merely hurries the next retry.
    if (before.state != JobState::kTransientError) stopped.retry = {};
    Commit(stopped, std::move(before), [done](const Status& status) {
      if (status)
        done(HResult::kOk);
      else
        done(tl::unexpected(status.error()));
    });
  });
}

void Queue::Impl::Change(const JobId& id, const JobChanges& changes,
                         const Completion<JobSnapshot>& done) {
  JobEntry* const known = Find(id);
  if (known == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  if (known->ending) return done(tl::unexpected(JobIsEnding(id)));
  if (const Status status = CheckChanges(changes, options_.limits); !status)
    return done(tl::unexpected(status.error()));
  JobEntry* const entry =
      ReadyForCommand(id, [this, id, changes, done] { Change(id, changes, done); });
  if (entry == nullptr) return;
  const bool locked = SettingsOf(entry->job).http_method != kDefaultHttpMethod;
  if (locked && changes.priority.value_or(0) != static_cast<std::uint32_t>(Priority::kForeground))
    return done(Fail(HResult::kNotSupportedWithCustomHttpMethod,
                     "A job with another HTTP method than GET stays at priority 0 (foreground)."));
  Job before = entry->job;
  ApplyChanges(changes, entry->job);
  Touch(*entry);
  Commit(*entry, std::move(before), [this, id, done](const Status& status) {
    JobEntry* const found = Find(id);
    if (status && found != nullptr) ArmNoProgress(*found);
    if (status)
      done(index_.Find(id));
    else
      done(tl::unexpected(status.error()));
  });
}

}  // namespace engine
