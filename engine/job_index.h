// The read side: the last committed snapshot of every job. Any thread may read
// while one publishes; listeners are told by the one that publishes, once readers
// can see the change.
#pragma once

#include <array>
#include <map>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "engine/events.h"
#include "engine/job.h"

namespace engine {

class JobIndex {
 public:
  JobSnapshot Find(const JobId& id) const;
  std::vector<JobSnapshot> List() const;  // in creation order
  std::size_t Size() const;

  void Publish(JobSnapshot job);
  void Remove(const JobId& id);

  JobEvents& events() { return events_; }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<JobId, JobSnapshot> by_id_;      // guarded by mutex_
  std::map<std::uint64_t, JobSnapshot> by_sequence_;  // guarded by mutex_
  JobEvents events_;
};

}  // namespace engine
