#include "engine/transfer/task_thread.h"

#include <pthread.h>
#include <signal.h>

namespace engine::transfer {

TaskThread::TaskThread(std::string name) : name_(std::move(name)), thread_([this] { Run(); }) {}

TaskThread::~TaskThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  posted_.notify_one();
  thread_.join();
}

void TaskThread::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(task));
  }
  posted_.notify_one();
}

void TaskThread::Run() {
  EnterBackgroundThread(name_);
  std::deque<Task> batch;
  while (Take(batch)) {
    for (; !batch.empty(); batch.pop_front()) batch.front().Run();
  }
}

bool TaskThread::Take(std::deque<Task>& batch) {
  std::unique_lock lock(mutex_);
  posted_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
  batch.swap(waiting_);
  return !batch.empty();
}

void EnterBackgroundThread(const std::string& name) {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace engine::transfer
