#include "engine/creations.h"

#include <algorithm>

namespace engine {

void Creations::Load(const Job& job, TimePoint wall_now, SteadyTime now) {
  if (job.request.empty()) return;
  // A wall clock that was set back makes a job young, never older than it is.
  const auto age = std::chrono::duration_cast<SteadyTime::duration>(
      std::max(wall_now - job.created, TimePoint::duration::zero()));
  if (age > kKept) return;
  Remember({job.creator.ToString(), job.request.ToString()}, job.id, now - age);
}

bool Creations::Repeats(const std::string& creator, const std::string& request,
                        const Completion<JobId>& done, SteadyTime now) {
  DropOld(now);
  const auto [found, is_first] = calls_.try_emplace({creator, request});
  if (is_first) return false;
  if (found->second.job)
    done(*found->second.job);
  else
    found->second.waiting.push_back(done);
  return true;
}

void Creations::Finish(const std::string& creator, const std::string& request,
                       const Result<JobId>& outcome, SteadyTime now) {
  const Key key{creator, request};
  const auto found = calls_.find(key);
  const std::vector<Completion<JobId>> waiting = std::move(found->second.waiting);
  calls_.erase(found);
  if (outcome) Remember(key, *outcome, now);
  for (const Completion<JobId>& done : waiting) done(outcome);
}

void Creations::Forget(const JobId& job) {
  const auto key = by_job_.find(job);
  if (key == by_job_.end()) return;
  const auto call = calls_.find(key->second);
  ages_.erase(call->second.age);
  calls_.erase(call);
  by_job_.erase(key);
}

void Creations::Remember(const Key& key, const JobId& job, SteadyTime since) {
  const auto [call, is_new] = calls_.try_emplace(key);
  if (!is_new) return;
  call->second.job = job;
  call->second.age = ages_.insert(ages_.end(), {since, key});
  by_job_.emplace(job, key);
  if (ages_.size() > kMost) DropOldest();
}

void Creations::DropOld(SteadyTime now) {
  while (!ages_.empty() && now - ages_.front().since > kKept) DropOldest();
}

void Creations::DropOldest() {
  const auto call = calls_.find(ages_.front().key);
  by_job_.erase(*call->second.job);
  calls_.erase(call);
  ages_.pop_front();
}

}  // namespace engine
