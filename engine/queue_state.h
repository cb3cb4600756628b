// What the queue knows and whom it works with. Private to the queue; the engine
// thread only, but for loop_ and thread_.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "engine/creations.h"
#include "engine/farewells.h"
#include "engine/job_entry.h"
#include "engine/queue.h"
#include "engine/queue_errors.h"
#include "engine/shared_text.h"
#include "engine/task_loop.h"
#include "engine/waiting_line.h"

namespace engine {

class QueueState {
 protected:
  explicit QueueState(const QueueDependencies& dependencies)
      : options_(dependencies.options),
        index_(dependencies.index),
        writer_(dependencies.writer),
        files_(dependencies.files),
        secrets_(dependencies.secrets),
        clock_(dependencies.clock),
        loop_(dependencies.clock) {}
  ~QueueState() = default;

  // Any thread. Runs `command` on the engine thread, or answers E_UNEXPECTED after Stop.
  template <class T>
  void Command(const Completion<T>& done, Task command);
  // Wraps a callback of another thread: posts it here and keeps the loop alive
  // until it has run.
  template <class... Args>
  std::function<void(Args...)> Callback(std::function<void(Args...)> handler);

  const Options& options_;
  JobIndex& index_;
  store::Writer& writer_;
  transfer::FileOperations& files_;
  store::Secrets& secrets_;
  const Clock& clock_;
  transfer::Transfers* transfers_ = nullptr;

  TaskLoop loop_;
  std::thread thread_;
  bool stopping_ = false;        // no transfer starts any more
  bool shut_down_ = false;       // every transfer has ended
  std::size_t outstanding_ = 0;  // answers of other threads to wait for
  bool plan_requested_ = false;
  bool has_network_ = true;       // as far as anybody told
  std::deque<JobId> of_network_;  // those that have yet to be told of its last change
  std::uint64_t network_changes_ = 0;

  std::unordered_map<JobId, KnownJob> known_;
  std::vector<JobId> touched_;  // what the present task may have changed
  WaitingLine waiting_;         // QUEUED jobs that could start
  std::set<JobId> active_;      // those that hold a slot
  std::deque<JobId> to_probe_;  // in the order in which they came
  std::size_t probes_ = 0;      // under way
  // Those that may have to be cancelled soon, by time; the others not before
  // look_for_inactive_.
  std::multimap<SteadyTime, JobId> inactive_;
  SteadyTime look_for_inactive_{};
  Timer inactivity_timer_{loop_};
  Farewells farewells_{loop_, clock_};
  std::map<std::string, std::size_t> jobs_of_;  // creator → jobs, with those being created
  std::size_t jobs_ = 0;                        // sum of jobs_of_
  SharedTexts names_;                           // owners and creators
  Creations creations_;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t last_turn_ = 0;
  std::uint64_t last_attempt_ = 0;
};

template <class T>
void QueueState::Command(const Completion<T>& done, Task command) {
  auto task = [this, done, command = std::move(command)] {
    if (stopping_)
      done(tl::unexpected(StoppedError()));
    else
      command();
  };
  if (!loop_.Post(std::move(task))) done(tl::unexpected(StoppedError()));
}

template <class... Args>
std::function<void(Args...)> QueueState::Callback(std::function<void(Args...)> handler) {
  ++outstanding_;
  return [this, handler = std::move(handler)](Args... args) {
    loop_.Post([this, handler, ... args = std::move(args)] {
      --outstanding_;
      handler(args...);
    });
  };
}

}  // namespace engine
