#include "engine/job_index.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace engine {

JobSnapshot JobIndex::Find(const JobId& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : *found;
}

std::vector<JobSnapshot> JobIndex::List(std::uint64_t after, std::size_t most) const {
  std::vector<JobSnapshot> jobs;
  const std::shared_lock lock(mutex_);
  jobs.reserve(std::min(most, by_id_.size()));
  auto row = std::ranges::upper_bound(rows_, after, {}, &Row::sequence);
  for (; row != rows_.end() && jobs.size() < most; ++row) {
    if (row->job) jobs.push_back(row->job);
  }
  return jobs;
}

std::size_t JobIndex::Size() const {
  const std::shared_lock lock(mutex_);
  return by_id_.size();
}

void JobIndex::Publish(JobSnapshot job) {
  JobSnapshot previous = Exchange(job);  // a last reference is released after the lock
  events_.Tell({std::move(previous), std::move(job)});
}

JobSnapshot JobIndex::Exchange(const JobSnapshot& job) {
  const std::unique_lock lock(mutex_);
  const auto row = RowOf(job->sequence);
  const auto found = by_id_.find(job->id);
  if (found == by_id_.end()) {
    // Jobs come in the order of their creation, but for those that overtake
    // each other on the way to the store.
    rows_.insert(row, {job->sequence, job});
    by_id_.insert(job);
    return nullptr;
  }
  row->job = job;
  auto node = by_id_.extract(found);
  JobSnapshot previous = std::exchange(node.value(), job);
  by_id_.insert(std::move(node));
  return previous;
}

void JobIndex::Remove(const JobId& id) {
  JobSnapshot previous;
  {
    const std::unique_lock lock(mutex_);
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    previous = *found;
    by_id_.erase(found);
    RowOf(previous->sequence)->job.reset();
    DropEmptyRows();
  }
  events_.Tell({std::move(previous), nullptr});
}

std::deque<JobIndex::Row>::iterator JobIndex::RowOf(std::uint64_t sequence) {
  return std::ranges::lower_bound(rows_, sequence, {}, &Row::sequence);
}

// Each costs its share: once for as many removals as there are jobs.
void JobIndex::DropEmptyRows() {
  if (rows_.size() <= 2 * by_id_.size()) return;
  std::erase_if(rows_, [](const Row& row) { return !row.job; });
}

}  // namespace engine
