// Other remote names for the files of a job, and files that are not what their
// owner wants.
#include <algorithm>
#include <map>
#include <string_view>

#include "engine/queue_impl.h"
#include "engine/remote_url.h"

namespace engine {
namespace {

using Names = std::map<std::uint32_t, std::string>;  // by file

tl::unexpected<Error> NoSuchFile(const Job& job, std::uint32_t file) {
  return Fail(HResult::kInvalidArgument, "The job has no file " + std::to_string(file) +
                                             "; its files are 0 to " +
                                             std::to_string(job.files.size() - 1) + ".");
}

Result<Names> NewNames(const Job& job, const SetRemoteName& change) {
  if (change.file >= job.files.size()) return NoSuchFile(job, change.file);
  return Names{{change.file, change.remote_url}};
}

Result<Names> NewNames(const Job& job, const ReplaceRemotePrefix& change) {
  if (change.old_prefix.empty() || change.new_prefix.empty())
    return Fail(HResult::kInvalidArgument, "Neither of the two prefixes may be empty.");
  Names names;
  for (std::uint32_t i = 0; i < job.files.size(); ++i) {
    const std::string_view url = job.files[i].remote_url;
    if (job.files[i].transferred || url.substr(0, change.old_prefix.size()) != change.old_prefix)
      continue;
    names[i] = change.new_prefix + std::string(url.substr(change.old_prefix.size()));
  }
  return names;
}

Result<Names> NewNames(const Job& job, const SetValidationState&) {
  return NoSuchFile(job, 0);  // changes no name
}

Result<Names> CheckedNames(const Job& job, const FileChange& change, const LimitOptions& limits) {
  Result<Names> names = std::visit([&job](const auto& one) { return NewNames(job, one); }, change);
  if (!names) return names;
  for (const auto& [file, name] : *names) {
    if (const Status url = CheckRemoteUrl(name, limits); !url)
      return Fail(HResult::kInvalidArgument, url.error().message);
  }
  return names;
}

// Nothing of the file is here.
File Anew(File file) {
  file.bytes_transferred = 0;
  file.bytes_total.reset();
  file.transferred = false;
  file.valid = false;
  file.validators = {};
  return file;
}

// An ETag says nothing about another URL. The same size and date prove the same
// file, as far as BITS is concerned; without a date there is no proof.
File Renamed(File file, const std::string& url) {
  if (file.remote_url == url) return file;
  file.remote_url = url;
  if (file.transferred) return file;
  const bool provable =
      file.bytes_transferred > 0 && file.bytes_total && !file.validators.last_modified.empty();
  if (!provable) return Anew(std::move(file));
  file.validators.etag = {};
  return file;
}

}  // namespace

void Queue::Impl::ChangeFiles(const JobId& id, const FileChange& change,
                              const Completion<HResult>& done) {
  if (Find(id) == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  JobEntry* const entry =
      ReadyForCommand(id, [this, id, change, done] { ChangeFiles(id, change, done); });
  if (entry == nullptr) return;
  if (entry->ending) return done(tl::unexpected(JobIsEnding(id)));
  if (entry->job.type != JobType::kDownload)
    return done(Fail(HResult::kNotImplemented, "Only files of a download can be changed."));
  if (const auto* validation = std::get_if<SetValidationState>(&change))
    return Validate(*entry, *validation, done);
  const Result<Names> names = CheckedNames(entry->job, change, options_.limits);
  if (!names) return done(tl::unexpected(names.error()));
  if (names->empty()) return done(HResult::kFalse);
  WhileStopped(*entry, [this, id, change, done] { RenameFiles(id, change, done); });
}

void Queue::Impl::WhileStopped(JobEntry& entry, const Task& work) {
  // A job that waits for its next try goes on waiting.
  if (entry.attempts.empty() && !HoldsSlot(entry.job.state)) return work();
  StopThen(entry, work);
}

void Queue::Impl::RenameFiles(const JobId& id, const FileChange& change,
                              const Completion<HResult>& done) {
  JobEntry& entry = *Find(id);
  // A file may have finished while it was being stopped.
  const Result<Names> names = CheckedNames(entry.job, change, options_.limits);
  Job before = entry.job;
  entry.keeps_turn = true;
  MoveBack(entry);
  for (const auto& [index, url] : names.value_or(Names())) {
    const std::uint64_t had = entry.job.files[index].bytes_transferred;
    ReplaceFile(entry, index, Renamed(entry.job.files[index], url));
    if (entry.job.files[index].bytes_transferred < had) BytesAreWorthless(entry, index);
    ForgetProbe(entry, index);
  }
  Touch(entry);
  Commit(entry, std::move(before), [this, id, done](const Status& status) {
    if (!status) return done(tl::unexpected(status.error()));
    if (JobEntry* const found = Find(id)) WantProbes(found->job);
    done(HResult::kOk);
  });
}

void Queue::Impl::Validate(JobEntry& entry, const SetValidationState& change,
                           const Completion<HResult>& done) {
  if (change.file >= entry.job.files.size()) return done(NoSuchFile(entry.job, change.file));
  if (!entry.job.files[change.file].transferred)
    return done(Fail(HResult::kPending, "The file has not been transferred yet."));
  const JobId id = entry.job.id;
  if (!change.valid)
    return WhileStopped(entry,
                        [this, id, file = change.file, done] { Invalidate(id, file, done); });
  Job before = entry.job;
  File file = before.files[change.file];
  file.valid = true;
  ReplaceFile(entry, change.file, std::move(file));
  Touch(entry);
  Commit(entry, std::move(before), [done](const Status& status) {
    if (!status) return done(tl::unexpected(status.error()));
    done(HResult::kOk);
  });
}

void Queue::Impl::Invalidate(const JobId& id, std::uint32_t index,
                             const Completion<HResult>& done) {
  JobEntry& entry = *Find(id);
  Job before = entry.job;
  ReplaceFile(entry, index, Anew(entry.job.files[index]));
  BytesAreWorthless(entry, index);
  entry.delivered.erase(index);
  entry.next_file = 0;
  Move(entry, JobEvent::kValidationFailed);
  entry.job.error = std::make_shared<const JobError>(
      JobError{HResult::kValidationFailed, ErrorContext::kRemoteFile, index,
               "the owner of the job declared the file as not valid"});
  ++entry.job.error_count;
  Touch(entry);
  Commit(entry, std::move(before), [done](const Status& status) {
    if (!status) return done(tl::unexpected(status.error()));
    done(HResult::kOk);
  });
}

}  // namespace engine
