#include "engine/task_loop.h"

namespace engine {
namespace {

class MachineClock : public Clock {
 public:
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
  std::chrono::system_clock::time_point Wall() const override {
    return std::chrono::system_clock::now();
  }
};

}  // namespace

const Clock& SystemClock() {
  static const MachineClock clock;
  return clock;
}

bool TaskLoop::Post(Task task) {
  const std::lock_guard lock(mutex_);
  if (ended_) return false;
  tasks_.push_back(std::move(task));
  // Under the lock: the task may be what the loop waits for to end and be destroyed.
  changed_.notify_one();
  return true;
}

void TaskLoop::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

void TaskLoop::Run(const std::function<bool()>& finished) {
  while (std::optional<std::vector<Task>> tasks = TakeTasks(finished)) {
    for (Task& task : *tasks) std::exchange(task, nullptr)();
    RunDueTimers();
  }
}

std::optional<std::vector<Task>> TaskLoop::TakeTasks(const std::function<bool()>& finished) {
  std::unique_lock lock(mutex_);
  if (tasks_.empty() && finished()) {
    ended_ = true;
    return std::nullopt;
  }
  const auto has_news = [this] { return woken_ || !tasks_.empty(); };
  if (timers_.empty()) {
    changed_.wait(lock, has_news);
  } else {
    changed_.wait_for(lock, timers_.begin()->first.first - clock_.Steady(), has_news);
  }
  woken_ = false;
  return std::exchange(tasks_, {});
}

void TaskLoop::RunDueTimers() {
  const SteadyTime now = clock_.Steady();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const Task task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

void Timer::Start(SteadyTime at, Task task) {
  Stop();
  key_ = {at, loop_.next_timer_++};
  loop_.timers_.emplace(*key_, [this, task = std::move(task)] {
    key_.reset();
    task();
  });
}

void Timer::Stop() {
  if (!key_) return;
  loop_.timers_.erase(*key_);
  key_.reset();
}

}  // namespace engine
