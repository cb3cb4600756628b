// Takes events off the threads that report them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "wsman/resource.h"

namespace wsman {

// An event on its way to the subscriptions.
struct ReportedEvent {
  const ResourceHandler* handler = nullptr;
  std::shared_ptr<const InstanceEvent> event;
  std::size_t lost_before = 0;  // events dropped between this and the one before it
};

// One thread, named "events", that hands events on in their order.
class EventPump {
 public:
  // `capacity` events may wait; beyond it the oldest is dropped.
  EventPump(std::size_t capacity, std::function<void(const ReportedEvent&)> deliver)
      : capacity_(capacity), deliver_(std::move(deliver)) {}
  ~EventPump() { Stop(); }
  EventPump(const EventPump&) = delete;
  EventPump& operator=(const EventPump&) = delete;

  // Starts the thread; no effect when it runs or after Stop. Throws
  // std::system_error when there can be no more threads.
  void Start();

  // Any thread; never waits for a delivery. No effect after Stop.
  void Post(const ResourceHandler* handler, std::shared_ptr<const InstanceEvent> event);

  // Waits for the delivery under way and drops the rest. Idempotent; not for
  // the events thread.
  void Stop();

 private:
  void Run();

  const std::size_t capacity_;
  const std::function<void(const ReportedEvent&)> deliver_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ReportedEvent> waiting_;  // guarded by mutex_
  bool stopping_ = false;              // guarded by mutex_
  std::thread thread_;                 // guarded by mutex_ until stopping_
};

}  // namespace wsman
