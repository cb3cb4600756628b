// The CreateJob calls of the last minutes: a client that repeats one because it
// lost the reply gets the job of the first call instead of a second job.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/retry_policy.h"

namespace engine {

// A call is repeated when the same creator sends the same NewJob::request. What
// is known outlives a crash because the job's row carries the request. Not
// thread-safe.
class Creations {
 public:
  // Both are the largest accepted values. Beyond kMost the oldest is forgotten.
  static constexpr std::chrono::minutes kKept{10};
  static constexpr std::size_t kMost = 4'096;

  // Remembers a job of the store; the calls of one start come in their order.
  // Those older than kKept, and those without request, are left out.
  void Load(const Job& job, TimePoint wall_now, SteadyTime now);

  // False for the first call: the caller makes the job and says so with Finish.
  // True for a repeated one: `done` has run or will with the outcome of the first.
  bool Repeats(const std::string& creator, const std::string& request,
               const Completion<JobId>& done, SteadyTime now);
  // Answers the calls that waited for the first. A failure is not remembered.
  void Finish(const std::string& creator, const std::string& request, const Result<JobId>& outcome,
              SteadyTime now);
  // The job has ended; the same request makes another.
  void Forget(const JobId& job);

  std::size_t size() const { return ages_.size(); }  // of those that are remembered

 private:
  using Key = std::pair<std::string, std::string>;  // creator and request
  struct Aged {
    SteadyTime since;
    Key key;
  };
  struct Call {
    std::optional<JobId> job;  // empty while the first call is at work
    std::vector<Completion<JobId>> waiting;
    std::list<Aged>::iterator age;  // valid with `job`
  };

  void Remember(const Key& key, const JobId& job, SteadyTime since);
  void DropOld(SteadyTime now);
  void DropOldest();

  std::map<Key, Call> calls_;
  std::unordered_map<JobId, Key> by_job_;  // of those that are remembered
  std::list<Aged> ages_;                   // oldest first
};

}  // namespace engine
