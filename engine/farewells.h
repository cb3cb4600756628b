// Cancelled uploads whose servers do not know that yet: they are told, for as long
// as it takes. They are no jobs any more: nobody sees them, and only their rows are
// left.
//
// Private to the queue; the engine thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>

#include "engine/clock.h"
#include "engine/job.h"
#include "engine/retry_policy.h"
#include "engine/task_loop.h"
#include "engine/transfer/transfer.h"

namespace engine {

class Farewells {
 public:
  // How long a server is told, unless the job's NoProgressTimeout is shorter. In
  // between passes the job's MinimumRetryDelay.
  static constexpr std::chrono::hours kKept{24};
  // Of more cancelled uploads than this the servers find out by themselves. It is
  // the largest accepted number.
  static constexpr std::size_t kMost = 1'000;
  static constexpr std::size_t kAtOnce = 8;

  // What it needs of the queue.
  struct Helpers {
    transfer::Transfers* transfers = nullptr;
    std::function<Result<transfer::ReachPointer>(const Job&)> reach;
    // Deletes the row; `done` runs on the engine thread.
    std::function<void(const JobId&, std::function<void(Status)> done)> forget;
  };

  // Both must outlive it.
  Farewells(TaskLoop& loop, const Clock& clock) : loop_(loop), clock_(clock) {}

  bool HasRoom() const { return all_.size() < kMost; }
  // A job whose row says Pending::kTellingServer, with an open session.
  void Add(Job job);
  // The same from the store: its time has been running since it was cancelled, as the
  // wall clock has it, but a last try is made in any case.
  void Load(Job job);
  // Begins to tell all that are there.
  void Start(Helpers helpers);
  // No try begins from here on.
  void Stop() { stopped_ = true; }
  // The network is back: those that wait for another try wait no longer.
  void Hurry();
  // Of another attempt than the present one: nothing.
  void OnCancelled(const transfer::SessionCancelled& event);

 private:
  struct Farewell {
    Farewell(Job data, SteadyTime end, TaskLoop& loop)
        : job(std::move(data)), until(end), timer(loop) {}

    Job job;
    SteadyTime until;           // no try but the first begins later
    std::uint64_t attempt = 0;  // under way; 0: none
    Timer timer;                // of the next one
  };

  void Insert(Job job, SteadyTime until);
  void Run();
  void Tell(Farewell& farewell);
  void End(const JobId& id);

  TaskLoop& loop_;
  const Clock& clock_;
  Helpers helpers_;
  std::map<JobId, Farewell> all_;
  std::deque<JobId> due_;  // for one of the places of kAtOnce
  std::size_t under_way_ = 0;
  std::uint64_t last_attempt_ = 0;
  bool stopped_ = true;
};

// Whether a server keeps bytes for the job that nobody will ever ask for.
bool HasOpenSession(const Job& job);

}  // namespace engine
