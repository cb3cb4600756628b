#include "engine/farewells.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace engine {
namespace {

using std::chrono::seconds;

// After a commit failed (a full disk).
constexpr seconds kCommitAgain{5};

seconds TimeFor(const Job& job) {
  return std::min<seconds>(Farewells::kKept, job.no_progress_timeout);
}

}  // namespace

bool HasOpenSession(const Job& job) {
  return job.upload && !job.upload->session.id.empty() && !job.upload->session.closed;
}

void Farewells::Add(Job job) {
  const seconds time = TimeFor(job);
  Insert(std::move(job), clock_.Steady() + time);
  Run();
}

void Farewells::Load(Job job) {
  const seconds whole = TimeFor(job);
  const auto left = std::chrono::duration_cast<seconds>(job.modified + whole - clock_.Wall());
  // However far the wall clock was set back or forward meanwhile.
  Insert(std::move(job), clock_.Steady() + std::clamp(left, seconds(0), whole));
}

void Farewells::Insert(Job job, SteadyTime until) {
  const JobId id = job.id;
  all_.try_emplace(id, std::move(job), until, loop_);
  due_.push_back(id);
}

void Farewells::Start(Helpers helpers) {
  helpers_ = std::move(helpers);
  stopped_ = false;
  Run();
}

void Farewells::Run() {
  while (!stopped_ && !due_.empty() && under_way_ < kAtOnce) {
    const JobId id = due_.front();
    due_.pop_front();
    const auto found = all_.find(id);
    if (found != all_.end() && found->second.attempt == 0) Tell(found->second);
  }
}

void Farewells::Tell(Farewell& farewell) {
  const Job& job = farewell.job;
  const transfer::TransferId id{job.id, 0, ++last_attempt_};
  farewell.timer.Stop();
  farewell.attempt = id.attempt;
  ++under_way_;
  const Result<transfer::ReachPointer> reach = helpers_.reach(job);
  if (reach && HasOpenSession(job) && !job.files.empty())
    return helpers_.transfers->Cancel(
        {id, job.files[0].remote_url.ToString(), job.upload->session, *reach});
  // The key of its credentials may come back; without a session there is nobody to tell.
  const transfer::SessionCancelled untold{id, reach ? std::nullopt : std::optional(reach.error()),
                                          /*again=*/!reach};
  loop_.Post([this, untold] { OnCancelled(untold); });
}

void Farewells::OnCancelled(const transfer::SessionCancelled& event) {
  const JobId id = event.id.job;
  const auto found = all_.find(id);
  if (found == all_.end() || found->second.attempt != event.id.attempt) return;
  Farewell& farewell = found->second;
  const SteadyTime next = clock_.Steady() + farewell.job.minimum_retry_delay;
  farewell.attempt = 0;
  --under_way_;
  if (event.error)
    spdlog::info("the server of the cancelled job {} could not be told: {}", id.ToString(),
                 event.error->message);
  if (!event.again || next > farewell.until) {
    End(id);
  } else {
    farewell.timer.Start(next, [this, id] {
      due_.push_back(id);
      Run();
    });
  }
  Run();
}

void Farewells::End(const JobId& id) {
  helpers_.forget(id, [this, id](const Status& status) {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    if (status)
      all_.erase(found);
    else if (!stopped_)
      found->second.timer.Start(clock_.Steady() + kCommitAgain, [this, id] { End(id); });
  });
}

void Farewells::Hurry() {
  for (auto& [id, farewell] : all_) {
    if (!farewell.timer.IsRunning()) continue;
    farewell.timer.Stop();
    due_.push_back(id);
  }
  Run();
}

}  // namespace engine
