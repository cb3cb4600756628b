// One thread's work: tasks from any thread in the order they were posted, and
// timers on the monotonic clock.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "engine/clock.h"
#include "engine/retry_policy.h"

namespace engine {

using Task = std::function<void()>;

class TaskLoop {
 public:
  // `clock` must outlive the loop.
  explicit TaskLoop(const Clock& clock) : clock_(clock) {}
  TaskLoop(const TaskLoop&) = delete;
  TaskLoop& operator=(const TaskLoop&) = delete;

  // Any thread. False when the loop has ended: the task will not run.
  bool Post(Task task);
  // Any thread: looks at the clock again.
  void Wake();

  // Runs tasks and due timers on the calling thread until no task is left and
  // `finished` (called on this thread) says so.
  void Run(const std::function<bool()>& finished);

 private:
  friend class Timer;
  using TimerKey = std::pair<SteadyTime, std::uint64_t>;

  // Waits for tasks, Wake or the next timer. Empty when it is time to end.
  std::optional<std::vector<Task>> TakeTasks(const std::function<bool()>& finished);
  void RunDueTimers();

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> tasks_;          // guarded by mutex_
  bool woken_ = false;               // guarded by mutex_
  bool ended_ = false;               // guarded by mutex_
  std::map<TimerKey, Task> timers_;  // the loop's thread only
  std::uint64_t next_timer_ = 0;     // the loop's thread only
};

// Runs a task once, not before a time. Used on the loop's thread only; gone
// with its owner.
class Timer {
 public:
  explicit Timer(TaskLoop& loop) : loop_(loop) {}
  ~Timer() { Stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces an earlier start. The task may destroy the timer.
  void Start(SteadyTime at, Task task);
  void Stop();
  bool IsRunning() const { return key_.has_value(); }

 private:
  TaskLoop& loop_;
  std::optional<TaskLoop::TimerKey> key_;
};

}  // namespace engine
