#include "engine/job_index.h"

#include <mutex>

namespace engine {

JobSnapshot JobIndex::Find(const JobId& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<JobSnapshot> JobIndex::List() const {
  std::vector<JobSnapshot> jobs;
  const std::shared_lock lock(mutex_);
  jobs.reserve(by_sequence_.size());
  for (const auto& [sequence, job] : by_sequence_) jobs.push_back(job);
  return jobs;
}

std::size_t JobIndex::Size() const {
  const std::shared_lock lock(mutex_);
  return by_id_.size();
}

void JobIndex::Publish(JobSnapshot job) {
  JobSnapshot previous;  // a last reference is released after the lock
  {
    const std::unique_lock lock(mutex_);
    JobSnapshot& slot = by_id_[job->id];
    previous = std::exchange(slot, job);
    by_sequence_[job->sequence] = job;
  }
  events_.Tell({std::move(previous), std::move(job)});
}

void JobIndex::Remove(const JobId& id) {
  JobSnapshot previous;
  {
    const std::unique_lock lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    previous = std::move(found->second);
    by_sequence_.erase(previous->sequence);
    by_id_.erase(found);
  }
  events_.Tell({std::move(previous), nullptr});
}

}  // namespace engine
