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

bool IsTold(const JobNotice& event) {
  if (!event.previous || !event.current) return true;
  const std::uint32_t flags = SettingsOf(*event.current).notify_flags;
  constexpr std::uint32_t kOfJobs =
      notify_flags::kTransferred | notify_flags::kError | notify_flags::kModification;
  if ((flags & notify_flags::kDisable) != 0 || (flags & kOfJobs) == 0) return false;
  if ((flags & notify_flags::kModification) != 0) return true;
  const JobState state = event.current->state;
  if (state == event.previous->state) return true;
  if (state == JobState::kTransferred) return (flags & notify_flags::kTransferred) != 0;
  if (state == JobState::kError) return (flags & notify_flags::kError) != 0;
  return true;
}

JobEvents::JobEvents() : listeners_(std::make_shared<Listeners>()) {}

std::unique_ptr<JobWatch> JobEvents::Subscribe(JobListener listener) {
  const std::lock_guard lock(listeners_->mutex);
  const std::uint64_t number = listeners_->next_number++;
  listeners_->by_number.emplace(number, std::move(listener));
  ++listeners_->count;
  return std::make_unique<Watch>(listeners_, number);
}

void JobEvents::Tell(const JobNotice& event) const {
  if (listeners_->count == 0 || !IsTold(event)) return;
  const std::lock_guard lock(listeners_->mutex);
  for (const auto& [number, listener] : listeners_->by_number) listener(event);
}

}  // namespace engine
