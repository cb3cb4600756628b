// The read side: the last committed snapshot of every job. Any thread may read
// while one publishes; listeners are told by the one that publishes, once readers
// can see the change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <shared_mutex>
#include <unordered_set>
#include <vector>

#include "engine/events.h"
#include "engine/job.h"

namespace engine {

class JobIndex {
 public:
  JobSnapshot Find(const JobId& id) const;
  // In creation order: at most `most` jobs whose sequence is above `after`.
  std::vector<JobSnapshot> List(std::uint64_t after = 0, std::size_t most = kAllJobs) const;
  std::size_t Size() const;

  void Publish(JobSnapshot job);
  void Remove(const JobId& id);

  JobEvents& events() { return events_; }

 private:
  // Snapshots are found by their jobs' ids.
  struct HashOfId {
    using is_transparent = void;
    std::size_t operator()(const JobId& id) const noexcept { return std::hash<JobId>()(id); }
    std::size_t operator()(const JobSnapshot& job) const noexcept { return (*this)(job->id); }
  };
  struct SameId {
    using is_transparent = void;
    bool operator()(const JobSnapshot& a, const JobSnapshot& b) const { return a->id == b->id; }
    bool operator()(const JobId& a, const JobSnapshot& b) const { return a == b->id; }
    bool operator()(const JobSnapshot& a, const JobId& b) const { return a->id == b; }
  };
  // The place of a job in creation order; empty once the job is gone.
  struct Row {
    std::uint64_t sequence;
    JobSnapshot job;
  };

  JobSnapshot Exchange(const JobSnapshot& job);
  std::deque<Row>::iterator RowOf(std::uint64_t sequence);
  void DropEmptyRows();

  mutable std::shared_mutex mutex_;
  std::unordered_set<JobSnapshot, HashOfId, SameId> by_id_;  // guarded by mutex_
  std::deque<Row> rows_;                                     // by sequence, guarded by mutex_
  JobEvents events_;
};

}  // namespace engine
