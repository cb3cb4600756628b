#include "engine/events.h"

#include <map>
#include <mutex>
#include <utility>

namespace engine {

struct JobEvents::Listeners {
  std::atomic<std::size_t> count{0};
  // Held while listeners run, so that whoever unsubscribes waits for them.
  std::mutex mutex;
  std::map<std::uint64_t, JobListener> by_number;  // guarded by mutex
  std::uint64_t next_number = 0;                   // guarded by mutex
};

class JobEvents::Watch : public JobWatch {
 public:
  Watch(std::shared_ptr<Listeners> listeners, std::uint64_t number)
      : listeners_(std::move(listeners)), number_(number) {}
  ~Watch() override {
    JobListener removed;  // what it holds is released after the lock
    const std::lock_guard lock(listeners_->mutex);
    const auto found = listeners_->by_number.find(number_);
    removed = std::move(found->second);
    listeners_->by_number.erase(found);
    --listeners_->count;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  const std::shared_ptr<Listeners> listeners_;
  const std::uint64_t number_;
};

JobEvents::JobEvents() : listeners_(std::make_shared<Listeners>()) {}

std::unique_ptr<JobWatch> JobEvents::Subscribe(JobListener listener) {
  const std::lock_guard lock(listeners_->mutex);
  const std::uint64_t number = listeners_->next_number++;
  listeners_->by_number.emplace(number, std::move(listener));
  ++listeners_->count;
  return std::make_unique<Watch>(listeners_, number);
}

void JobEvents::Tell(const JobNotice& event) const {
  if (listeners_->count == 0) return;
  const std::lock_guard lock(listeners_->mutex);
  for (const auto& [number, listener] : listeners_->by_number) listener(event);
}

}  // namespace engine
