// What happens to jobs, told as it happens.
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

  // Tells all listeners, in the order in which they came; the engine thread only.
  void Tell(const JobNotice& event) const;

 private:
  struct Listeners;
  class Watch;

  std::shared_ptr<Listeners> listeners_;  // with the watches
};

}  // namespace engine
