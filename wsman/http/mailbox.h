// How other threads reach a loop's thread, also after the loop has ended.
#pragma once

#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace wsman::http {

class Mailbox {
 public:
  using Task = std::function<void()>;

  // `wake` must make the calling thread of Open run Deliver soon; it is called
  // from any thread.
  void Open(std::function<void()> wake);

  // Runs the task at once on the loop's thread, otherwise as soon as that
  // thread delivers. Dropped when the mailbox is not open. Any thread.
  void Run(Task task);

  // The loop's thread only.
  void Deliver();
  void Close();

 private:
  std::mutex mutex_;
  std::function<void()> wake_;  // guarded by mutex_; empty: closed
  std::thread::id thread_;      // guarded by mutex_
  std::vector<Task> waiting_;   // guarded by mutex_
};

}  // namespace wsman::http
