#include "wsman/event_pump.h"

#include <pthread.h>

#include <utility>

namespace wsman {

void EventPump::Start() {
  const std::lock_guard lock(mutex_);
  if (!stopping_ && !thread_.joinable()) thread_ = std::thread([this] { Run(); });
}

void EventPump::Post(const ResourceHandler* handler, std::shared_ptr<const InstanceEvent> event) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    std::size_t lost = 0;
    if (waiting_.size() == capacity_) {
      lost = waiting_.front().lost_before + 1;
      waiting_.pop_front();
    }
    waiting_.push_back({handler, std::move(event), 0});
    waiting_.front().lost_before += lost;
  }
  changed_.notify_one();
}

void EventPump::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void EventPump::Run() {
  pthread_setname_np(pthread_self(), "events");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const ReportedEvent next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    deliver_(next);
    lock.lock();
  }
}

}  // namespace wsman
