// The engine thread: commands in, events in, timers, decisions. The only place
// that changes job state; it waits for its queue and for nothing else.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "engine/clock.h"
#include "engine/engine.h"
#include "engine/job_index.h"
#include "engine/store/secrets.h"
#include "engine/store/writer.h"
#include "engine/transfer/transfer.h"

namespace engine {

// Everything the queue talks to; all must outlive it. Transfers come with Start
// because their events come back to the queue.
struct QueueDependencies {
  const Options& options;
  JobIndex& index;
  store::Writer& writer;
  transfer::FileOperations& files;
  store::Secrets& secrets;
  const Clock& clock;
};

class Queue {
 public:
  // `jobs` is what the store held. Interrupted Completes and Cancels are redone.
  Queue(QueueDependencies dependencies, std::vector<Job> jobs);
  ~Queue();  // as Stop()

  void Start(transfer::Transfers& transfers);  // starts the thread
  void Stop();  // stops transfers, waits for their checkpoints, joins

  // Any thread.
  void CreateJob(Actor actor, NewJob job, Completion<JobId> done);
  void AddFile(Actor actor, JobId id, FileSpec file, Completion<void> done);
  void Call(JobId id, JobMethod method, Completion<HResult> done);
  void Change(JobId id, JobChanges changes, Completion<JobSnapshot> done);
  void ChangeAccess(JobId id, AccessChange change, Completion<HResult> done);
  void ChangeSettings(JobId id, SettingsChanges changes, Completion<JobSnapshot> done);
  void ChangeFiles(JobId id, FileChange change, Completion<HResult> done);
  void ReadCustomHeaders(JobId id, Completion<std::optional<SecretText>> done);
  void ReadReply(JobId id, std::uint64_t offset, Completion<std::string> done);
  void OnTransferEvent(transfer::Event event);
  // The machine has a network again, or none any more. Without one, jobs that wait
  // or transfer from other machines show BG_E_NETWORK_DISCONNECTED and are not
  // tried; with one, all that wait for a retry are tried at once. It counts as
  // having one until told otherwise.
  void OnNetwork(bool has_network);
  // Runs due timers now; for tests that turn the clock.
  void Wake();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
