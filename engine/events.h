// What happens to jobs, told as it happens, as far as their notify flags let it.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

#include "engine/job.h"

namespace engine {

// One published change of a job. Without `previous` the job was created, without
// `current` it has ended; never both.
struct JobNotice {
  JobSnapshot previous;
  JobSnapshot current;
};

// Whether listeners are told. That a job was created and that it ended always is,
// so that whoever keeps a list of jobs keeps the right one. Of its changes:
// nothing with kDisable, or without any of kTransferred, kError and kModification;
// everything with kModification; otherwise everything but that it became
// TRANSFERRED (or ERROR) without kTransferred (or kError). With the default of
// both, everything is told. The flags are those of the job after the change.
bool IsTold(const JobNotice& event);

// Runs on the engine thread, after readers can see the change: it must not
// block, throw, subscribe or unsubscribe.
using JobListener = std::function<void(const JobNotice&)>;

// Listens for as long as it lives. Once the destructor has returned, the
// listener neither runs nor will run. May outlive the engine. Any thread may
// destroy it, but not the listener itself.
class JobWatch {
 public:
  virtual ~JobWatch() = default;
};

// The listeners. Costs one atomic load when there are none.
class JobEvents {
 public:
  JobEvents();

  // Any thread.
  std::unique_ptr<JobWatch> Subscribe(JobListener listener);

  // Tells all listeners, in the order in which they came, unless the job's flags
  // forbid it; the engine thread only.
  void Tell(const JobNotice& event) const;

 private:
  struct Listeners;
  class Watch;

  std::shared_ptr<Listeners> listeners_;  // with the watches
};

}  // namespace engine
