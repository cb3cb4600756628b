// The inside of the queue. Everything below the public part runs on the engine
// thread. The functions are spread over queue.cc (thread, commands, commits),
// queue_jobs.cc, queue_access.cc, queue_settings.cc and queue_names.cc (changes by
// clients), queue_schedule.cc, queue_probes.cc, queue_files.cc, queue_transfers.cc
// queue_network.cc, queue_upload.cc and queue_finish.cc.
//
// No step costs more with more jobs that have nothing to do: what starts next,
// what runs and what is to be probed is kept in order as jobs change.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/queue_state.h"
#include "engine/scheduler.h"

namespace engine {

class Queue::Impl : private QueueState {
 public:
  Impl(QueueDependencies dependencies, std::vector<Job> jobs);
  ~Impl() { Stop(); }

  void Start(transfer::Transfers& transfers);
  void Stop();
  void Wake() { loop_.Wake(); }

  using QueueState::Command;
  void Post(Task task) { loop_.Post(std::move(task)); }

  // --- Changes by clients (queue_jobs.cc).
  void CreateJob(const Actor& actor, NewJob job, const Completion<JobId>& done);
  void AddFile(const Actor& actor, const JobId& id, FileSpec file, const Completion<void>& done);
  void Call(const JobId& id, JobMethod method, const Completion<HResult>& done);
  void Change(const JobId& id, const JobChanges& changes, const Completion<JobSnapshot>& done);

  // --- Credentials, certificates, proxies (queue_access.cc).
  void ChangeAccess(const JobId& id, const AccessChange& change, const Completion<HResult>& done);

  // --- Settings (queue_settings.cc).
  void ChangeSettings(const JobId& id, const SettingsChanges& changes,
                      const Completion<JobSnapshot>& done);
  void ReadCustomHeaders(const JobId& id, const Completion<std::optional<SecretText>>& done);

  void ReadReply(const JobId& id, std::uint64_t offset, const Completion<std::string>& done);

  // --- Remote names and validation (queue_names.cc).
  void ChangeFiles(const JobId& id, const FileChange& change, const Completion<HResult>& done);

  // --- Transfers (queue_transfers.cc).
  void OnTransferEvent(transfer::Event event);
  void OnNetwork(bool has_network);  // queue_network.cc

 private:
  using Files = std::vector<transfer::FileWork>;

  // --- Thread and entries (queue.cc).
  void Load(Job job);
  void ResumeWork();
  void ResumeEnd(JobEntry& entry);
  void EndShutdown();
  bool IsFinished() const { return shut_down_ && outstanding_ == 0; }
  // The job with all that is known about it, until the end of the present task;
  // null when there is none.
  JobEntry* Find(const JobId& id);
  JobEntry& AddEntry(Job job);
  // Brings the orders of jobs up to date with what the last task did, and lets
  // those sleep that have nothing to do.
  void SettleJobs();
  void Settle(const JobId& id, KnownJob& known);
  void StandInLine(const Job& job, KnownJob& known, std::uint64_t turn);
  void LeaveLine(const Job& job, KnownJob& known);
  SteadyTime Now() const { return clock_.Steady(); }
  // The job when it takes changes by clients (or events); otherwise null, and
  // `again` runs once it does.
  JobEntry* ReadyForCommand(const JobId& id, Task again);
  JobEntry* ReadyForEvent(const JobId& id, Task again);
  void RunWaiting(const JobId& id);
  // --- The way to the store (queue_commit.cc).
  // Writes the job as it is and publishes it once committed. `then` runs after
  // that, also when the commit failed.
  void Submit(JobEntry& entry, std::function<void(Status)> then);
  // For changes by the engine: a failed commit is repeated later.
  void Save(JobEntry& entry);
  void SaveAgain(const JobId& id);
  // For changes by clients: takes the job back to `before` when the commit
  // fails, then runs `done`.
  void Commit(JobEntry& entry, Job before, std::function<void(Status)> done);
  void TakeBack(JobEntry& entry, Job before);
  // All files of entry.job are changed here.
  void ReplaceFile(JobEntry& entry, std::uint32_t index, File file);
  void FileChanged(JobEntry& entry, std::uint32_t index);
  // The file has changed, and may not be written before the store knows that.
  void BytesAreWorthless(JobEntry& entry, std::uint32_t index);
  void FileStored(JobEntry& entry, std::uint32_t index, std::uint64_t version);
  // Saves at once, or when the last progress is old enough.
  void NoteProgress(JobEntry& entry);
  void FlushProgress(const JobId& id);

  // --- Life of a job (queue_schedule.cc).
  // Takes the job along the table. False when the event means nothing there.
  bool Move(JobEntry& entry, JobEvent event);
  void SetState(JobEntry& entry, JobState state);
  void Touch(JobEntry& entry);
  void ArmRetry(JobEntry& entry, std::chrono::milliseconds after);
  void ArmNoProgress(JobEntry& entry);
  void ArmInactivity(SteadyTime at);
  void FindInactive();
  void EndInactive(const JobId& id);
  void OnRetryDelay(const JobId& id);
  void OnNoProgress(const JobId& id);
  void OnInactivity();
  void TellJobsOfNetwork(std::uint64_t change);  // queue_network.cc
  void TellOfNetwork(const JobId& id);           // the same
  void RequestPlan();
  void RunPlan();
  std::vector<Candidate> Candidates();
  void AddWaiting(Priority first, Priority last, std::size_t most,
                  std::vector<Candidate>& candidates) const;
  std::size_t SlotsInUse(bool foreground);
  void Preempt(JobEntry& entry);
  void BackToQueue(JobEntry& entry);
  bool MoveBack(JobEntry& entry);  // the same; the caller saves the job
  void StartJob(JobEntry& entry);

  // --- Sizes of files ahead of their transfers (queue_probes.cc).
  // Puts the job among those whose files are to be asked for their sizes.
  void WantProbes(const Job& job);
  void RunProbes();
  void ProbeSizes(JobEntry& entry, std::uint32_t& next_probe);
  // What the server says about the file's present name is asked for again.
  void ForgetProbe(JobEntry& entry, std::uint32_t index);

  // --- The files of a job that transfer at once (queue_files.cc).
  // Takes the ends of attempts that are due and starts what may start. The caller
  // saves the job unless false: a client's call went on, the job may be gone.
  bool GoOn(JobEntry& entry);
  void TakeEnds(JobEntry& entry);
  bool GoesNoFurther(const JobEntry& entry) const;
  void StartFiles(JobEntry& entry);
  bool MayStart(const JobEntry& entry, std::uint32_t index) const;
  // False: the file starts after the commit that makes that safe.
  bool StartFile(JobEntry& entry, std::uint32_t index);
  void StartWhenStored(const JobId& id);
  // Of large files only the first goes on.
  void YieldToFirst(JobEntry& entry, std::uint32_t index);
  void StopAttempt(JobEntry::Attempt& attempt);
  void StopAttempts(JobEntry& entry);
  void StopThen(JobEntry& entry, Task then);
  void AllEnded(JobEntry& entry);

  // --- Transfers (queue_transfers.cc).
  void TakeState(JobEntry& entry, std::uint32_t file, const transfer::FileState& state);
  void FileFailed(JobEntry& entry, const transfer::Failed& failed);
  void ShowError(JobEntry& entry, const transfer::Failed& failed, JobEvent event);
  void Handle(JobEntry& entry, const transfer::Connected& event);
  void Handle(JobEntry& entry, const transfer::Progressed& event);
  void Handle(JobEntry& entry, const transfer::Slow& event);
  void Handle(JobEntry& entry, const transfer::Arrived& event);
  void Handle(JobEntry& entry, const transfer::Redirected& event);
  void Handle(JobEntry& entry, const transfer::UploadAdvanced& event);
  void Handle(JobEntry&, const transfer::SessionCancelled&) {}  // farewells.h has it
  void Handle(JobEntry& entry, const transfer::Restarted& event);
  void Handle(JobEntry& entry, const transfer::Finished& event);
  void Handle(JobEntry& entry, const transfer::Stopped& event);
  void Handle(JobEntry& entry, const transfer::Failed& event);
  void Handle(JobEntry& entry, const transfer::Probed& event);

  // --- Uploads (queue_upload.cc).
  void SetUpload(JobEntry& entry, Upload upload);
  // Ends the attempt instead where the configuration forbids it.
  void StartUpload(JobEntry& entry, const transfer::TransferId& id, LocalTarget source,
                   transfer::ReachPointer reach);
  void TakeSource(JobEntry& entry, const transfer::FileState& state);
  void UploadStored(JobEntry& entry);  // attempts that wait for that go on
  void ReplyArrived(JobEntry& entry);
  // Before its first attempt, and before one after its source has changed.
  void PrepareUpload(JobEntry& entry);
  void ForgetSession(JobEntry& entry);
  void CheckReplyName(const JobId& id, const SettingsChanges& changes,
                      const Completion<JobSnapshot>& done);
  void SetReplyName(JobEntry& entry, const std::string& name);

  // --- Changes by clients (queue_jobs.cc).
  void CheckAndInsert(const Actor& actor, NewJob job, const Completion<JobId>& done);
  Status Admit(const Actor& actor);
  void Dismiss(const std::string& creator);
  Job MakeJob(const Actor& actor, const NewJob& spec);
  // The size of what is uploaded, where that is known.
  using CheckedFile = Result<std::optional<std::uint64_t>>;
  void InsertJob(const Actor& actor, const NewJob& spec, const CheckedFile& checked,
                 const Completion<JobId>& done);
  void InsertFile(const JobId& id, const FileSpec& file, const Status& target,
                  const Completion<void>& done);
  void SuspendOrResume(JobEntry& entry, JobEvent event, const Completion<HResult>& done);

  // --- Credentials, certificates, proxies (queue_access.cc).
  using AccessEdit = std::function<HResult(Access&)>;
  using Sealed = Result<std::vector<std::uint8_t>>;
  void SealCredentials(const JobEntry& entry, const SetCredentials& change,
                       const Completion<HResult>& done);
  void SealSecret(std::function<Sealed(const store::Secrets&)> seal,
                  std::function<void(Sealed)> then);
  template <class Wanted>
  void ChooseCertificate(const JobId& id, const Wanted& wanted, const Completion<HResult>& done);
  void EditAccess(const JobId& id, const AccessEdit& edit, const Completion<HResult>& done);
  // What the job's transfers use; BG_E_INVALID_PROXY_INFO, BG_E_INVALID_CREDENTIALS.
  Result<transfer::ReachPointer> OpenReach(const Job& job) const;

  // --- Settings (queue_settings.cc).
  void SealHeaders(const JobId& id, const SettingsChanges& changes,
                   const Completion<JobSnapshot>& done);
  void EditSettings(const JobId& id, const SettingsChanges& changes,
                    const std::vector<std::uint8_t>& headers, const Completion<JobSnapshot>& done);
  // The time in CONNECTING and TRANSFERRING: counted while the job holds a slot.
  void SlotChanged(JobEntry& entry);
  void CountDownloadTime(JobEntry& entry);  // what has passed, in whole seconds
  void ResetDownloadTime(JobEntry& entry);
  void ArmDownloadTime(JobEntry& entry);
  void OnDownloadTime(const JobId& id);

  // --- Remote names and validation (queue_names.cc).
  void RenameFiles(const JobId& id, const FileChange& change, const Completion<HResult>& done);
  void Validate(JobEntry& entry, const SetValidationState& change, const Completion<HResult>& done);
  void Invalidate(const JobId& id, std::uint32_t index, const Completion<HResult>& done);
  // Runs `work` once no attempt runs; the job goes on waiting for whatever it does.
  void WhileStopped(JobEntry& entry, const Task& work);

  // --- Complete and Cancel (queue_finish.cc).
  void End(JobEntry& entry, Pending how, const Completion<HResult>& done);
  void CommitEnd(const JobId& id, Pending how, const Completion<HResult>& done);
  void FinishFiles(JobEntry& entry, HResult result, const Completion<HResult>& done);
  void FilesFinished(const JobId& id, const std::vector<std::uint32_t>& files,
                     const std::vector<Status>& statuses, HResult result,
                     const Completion<HResult>& done);
  // Of an upload; the source stays as it is.
  void FinishReply(JobEntry& entry, HResult result, const Completion<HResult>& done);
  void ReplyFinished(const JobId& id, const Status& status, HResult result,
                     const Completion<HResult>& done);
  void Discard(JobEntry& entry, std::uint32_t index);
  void GiveBack(JobEntry& entry, HResult reason, const Completion<HResult>& done);
  void Delete(const JobId& id, HResult result, const Completion<HResult>& done);
  bool MustTell(const Job& job) const;
  // Ends the cancelled upload for everybody and keeps its row for its server.
  void PartWith(const JobId& id, HResult result, const Completion<HResult>& done);
  void Forget(const JobId& id);
};

}  // namespace engine
