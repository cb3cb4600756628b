// The read side: the last committed snapshot of every job. Any thread may read
// while one publishes.
#pragma once

#include <array>
#include <map>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "engine/job.h"

namespace engine {

class JobIndex {
 public:
  JobSnapshot Find(const JobId& id) const;
  std::vector<JobSnapshot> List() const;  // in creation order
  std::size_t Size() const;

  void Publish(JobSnapshot job);
  void Remove(const JobId& id);

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<JobId, JobSnapshot> by_id_;      // guarded by mutex_
  std::map<std::uint64_t, JobSnapshot> by_sequence_;  // guarded by mutex_
};

}  // namespace engine
