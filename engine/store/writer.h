// The store thread: drains a queue of changes into one transaction after the
// other (group commit) and answers after COMMIT.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/store/job_store.h"

namespace engine::store {

class Writer {
 public:
  // Starts the thread. `fatal` is called once (on the store thread) when the
  // store can no longer be trusted; nothing is committed afterwards and every
  // submission fails with the same error.
  Writer(std::unique_ptr<JobStore> store, std::function<void(const Error&)> fatal);
  ~Writer();  // as Stop()

  // Any thread. Changes are committed in the order of the calls, as soon
  // as the thread is free. `done` runs on the store thread after COMMIT, in the same order; it
  // must not throw, block or call Stop. A submission that failed with kDiskFull
  // (or another harmless error, job_store.h) did not happen as a whole and later
  // ones go on. After Stop, `done` gets E_UNEXPECTED on the caller's thread.
  void Submit(std::vector<Change> changes, std::function<void(Status)> done);

  // Commits all that was submitted, joins and closes the store. Idempotent.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine::store
