// BITS itself: the façade that providers use.
//
// Reads answer from immutable snapshots on the caller's thread and never wait.
// Changes are posted; `done` runs once, on a thread of the engine, after the
// change is on disk (it must not block). A change that was answered with
// success survives kill -9 and power loss; one that was answered with an error
// did not happen. All methods are thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/access.h"
#include "engine/error.h"
#include "engine/events.h"
#include "engine/job.h"
#include "engine/job_settings.h"
#include "engine/job_state.h"
#include "engine/options.h"
#include "engine/upload.h"

namespace engine {

template <class T>
using Completion = std::function<void(Result<T>)>;

// Who makes the change, as far as limits are concerned.
struct Actor {
  std::string name;                 // counted against jobs_per_user
  bool exempt_from_limits = false;  // administrators, as in BITS
  // Who must be able to read what is uploaded. Empty: only the service has to.
  std::optional<SourceReader> reader{};
};

struct FileSpec {
  std::string remote_url;
  std::string local_name;
  std::vector<FileRange> ranges{};  // none: the whole file
};

struct NewJob {
  JobType type = JobType::kDownload;
  std::string display_name;
  std::string description;
  std::string owner;  // SID text
  FileSpec file;
  bool start = false;  // false: SUSPENDED
  // What the client's call is known by: when the same actor sends it again within
  // ten minutes, while the job exists, the answer is that job and no second one is
  // made, also after a crash and while the first call is at work. Empty: by nothing.
  std::string request;
};

// The writable properties; an empty one keeps its value.
struct JobChanges {
  std::optional<std::string> display_name;
  std::optional<std::string> description;
  std::optional<std::uint32_t> priority;             // checked: 0…3, else E_NOTIMPL
  std::optional<std::uint32_t> minimum_retry_delay;  // seconds; below 5 is raised to 5
  std::optional<std::uint32_t> no_progress_timeout;  // seconds
};

enum class JobMethod { kCancel, kComplete, kResume, kSuspend };

class Engine {
 public:
  // Opens (or creates) the store in options.state_directory, finishes what a
  // crash interrupted and starts the threads. When the store fails later in a
  // way that leaves doubt (an I/O error, damage), the process logs it and exits
  // with a failure at once: a restart recovers from what is on disk.
  static Result<std::unique_ptr<Engine>> Start(Options options);
  ~Engine();  // as Stop()

  // Stops transfers, checkpoints, commits, joins. Changes after it fail with
  // E_UNEXPECTED. Idempotent.
  void Stop();

  // Empty when there is no such job (or it ended).
  JobSnapshot Find(const JobId& id) const;
  // In creation order: at most `most` jobs whose Job::sequence is above `after`.
  // The last one's sequence leads to the next page; a job that ends meanwhile is
  // left out, and none comes twice.
  std::vector<JobSnapshot> List(std::uint64_t after = 0, std::size_t most = kAllJobs) const;
  // Every change from here on: creation, each published change of a job as far as
  // its notify flags let it be told (events.h), removal.
  std::unique_ptr<JobWatch> Subscribe(JobListener listener);

  // E_INVALIDARG, E_NOTIMPL, BG_E_STRING_TOO_LONG, BG_E_TOO_MANY_JOBS_PER_…,
  // E_ACCESSDENIED or ERROR_PATH_NOT_FOUND for the target directory; of uploads
  // ERROR_FILE_NOT_FOUND and the like for the local file (CheckSource of
  // transfer/transfer.h).
  void CreateJob(Actor actor, NewJob job, Completion<JobId> done);
  // As CreateJob, BG_E_TOO_MANY_FILES (uploads have one), BG_E_TOO_MANY_FILES_IN_JOB,
  // BG_E_NOT_FOUND, BG_E_INVALID_STATE, CheckRanges, CheckRangesFor.
  void AddFile(Actor actor, JobId id, FileSpec file, Completion<void> done);
  // The HRESULT a BITS caller would see (S_OK, BG_S_PARTIAL_COMPLETE, BG_E_EMPTY,
  // BG_E_INVALID_STATE…); an Error for BG_E_NOT_FOUND and failures of the engine.
  void Call(JobId id, JobMethod method, Completion<HResult> done);
  // The job after the change. Nothing changes when any value is refused.
  void Change(JobId id, JobChanges changes, Completion<JobSnapshot> done);
  // Credentials, certificate, proxies; in force from the job's next request for
  // a file. S_OK, or S_FALSE when there was nothing to remove; errors as
  // CheckAccessChange, ERROR_FILE_NOT_FOUND and CRYPT_E_NOT_FOUND for
  // certificates, BG_E_INVALID_CREDENTIALS without the key of what is stored.
  void ChangeAccess(JobId id, AccessChange change, Completion<HResult> done);
  // The job after the change. Nothing changes when any value is refused:
  // CheckSettings, CheckSettingsOf; custom headers also as credentials.
  void ChangeSettings(JobId id, SettingsChanges changes, Completion<JobSnapshot> done);
  // S_OK; S_FALSE when no file that has not transferred begins with the prefix;
  // E_INVALIDARG for a file that does not exist, an empty prefix and what
  // CheckRemoteUrl refuses; E_PENDING for the validation of a file that has not
  // transferred. A file under another name goes on where it was when size and
  // Last-Modified are the same there; otherwise it starts anew. A file that is
  // not valid puts the job into ERROR with BG_E_VALIDATION_FAILED.
  void ChangeFiles(JobId id, FileChange change, Completion<HResult> done);
  // The custom headers as they were set; empty: none. E_ACCESSDENIED when they
  // are write-only, BG_E_INVALID_CREDENTIALS without the key of what is stored.
  void ReadCustomHeaders(JobId id, Completion<std::optional<SecretText>> done);
  // Bytes of the reply of an upload from `offset` on, before Complete: kReplyPart of
  // them, fewer at its end. CheckReplyData (reply_data.h).
  void ReadReply(JobId id, std::uint64_t offset, Completion<std::string> done);

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
