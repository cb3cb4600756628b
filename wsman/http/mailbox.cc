#include "wsman/http/mailbox.h"

#include <utility>

namespace wsman::http {

void Mailbox::Open(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
  thread_ = std::this_thread::get_id();
}

void Mailbox::Run(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (!wake_) return;
    if (thread_ != std::this_thread::get_id()) {
      waiting_.push_back(std::move(task));
      if (waiting_.size() == 1) wake_();
      return;
    }
  }
  task();
}

void Mailbox::Deliver() {
  std::vector<Task> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(waiting_);
  }
  // Unlocked: a task may Run others.
  for (const Task& task : batch) task();
}

void Mailbox::Close() {
  std::vector<Task> dropped;
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
  dropped.swap(waiting_);
}

}  // namespace wsman::http
