// A thread with a queue of tasks, run in the order posted.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "engine/transfer/task.h"

namespace engine::transfer {

class TaskThread {
 public:
  explicit TaskThread(std::string name);  // as ps shows it, at most 15 characters
  ~TaskThread();                          // runs what was posted, joins
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  void Post(Task task);  // any thread

 private:
  void Run();
  bool Take(std::deque<Task>& batch);  // waits; false at the end

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> waiting_;  // guarded by mutex_
  bool ending_ = false;       // guarded by mutex_
  std::string name_;
  std::thread thread_;  // last: it uses the members above
};

// Names the calling thread and keeps every signal away from it: signals belong
// to the main thread, and a broken pipe or a file size limit must arrive as an
// error of the call.
void EnterBackgroundThread(const std::string& name);

}  // namespace engine::transfer
