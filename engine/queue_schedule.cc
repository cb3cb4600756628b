// The life of a job: moves along the table, slots, timers.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/job_settings.h"
#include "engine/queue_impl.h"

namespace engine {
namespace {

// How far ahead jobs are looked for that become inactive: all are gone through at
// most this often.
constexpr std::chrono::seconds kInactivityAhead{60};

void WarnOfWeakTls(const Job& job, const TransferOptions& policy) {
  const std::uint32_t flags = SettingsOf(job).security_flags & security_flags::kWeakensTls;
  if (flags == 0) return;
  if (policy.allow_weakened_tls)
    spdlog::warn("job {}: transfers with weakened TLS, as its security flags 0x{:X} say",
                 job.id.ToString(), flags);
  else
    spdlog::warn(
        "job {}: its security flags 0x{:X} are not in force, because "
        "transfers.allow_weakened_tls is false",
        job.id.ToString(), flags);
}

}  // namespace

bool Queue::Impl::Move(JobEntry& entry, JobEvent event) {
  const std::optional<Outcome> outcome = Next(entry.job.state, event, FactsOf(entry.job));
  if (!outcome || outcome->next == entry.job.state) return false;
  spdlog::debug("job {}: {}, {} to {}", entry.job.id.ToString(), NameOf(event),
                NameOf(entry.job.state), NameOf(outcome->next));
  SetState(entry, outcome->next);
  return true;
}

void Queue::Impl::SetState(JobEntry& entry, JobState state) {
  entry.job.state = state;
  SlotChanged(entry);
  Touch(entry);
  if (state == JobState::kTransferring || state == JobState::kTransferred) entry.job.error.reset();
  if (state == JobState::kTransferred) entry.job.completed = clock_.Wall();
  if (state == JobState::kQueued) {
    entry.turn = ++last_turn_;
    WantProbes(entry.job);
  }
  if (!HoldsSlot(state)) {
    entry.slice_timer.Stop();
    entry.starts_when_stored = false;
  }
  entry.retry_timer.Stop();
  entry.no_progress_timer.Stop();
  RequestPlan();
}

void Queue::Impl::Touch(JobEntry& entry) {
  entry.job.modified = clock_.Wall();
  entry.last_activity = Now();
}

void Queue::Impl::ArmRetry(JobEntry& entry, std::chrono::milliseconds after) {
  const JobId id = entry.job.id;
  entry.retry_timer.Start(Now() + after, [this, id] { OnRetryDelay(id); });
  ArmNoProgress(entry);
}

void Queue::Impl::ArmNoProgress(JobEntry& entry) {
  if (entry.job.state != JobState::kTransientError || !entry.retry.first_failure) return;
  entry.no_progress_timer.Start(*entry.retry.first_failure + entry.job.no_progress_timeout,
                                [this, id = entry.job.id] { OnNoProgress(id); });
}

void Queue::Impl::OnRetryDelay(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { OnRetryDelay(id); });
  if (entry == nullptr || entry->ending || !entry->attempts.empty()) return;
  if (HoldsSlot(entry->job.state)) {
    GoOn(*entry);
    Save(*entry);
  } else if (Move(*entry, JobEvent::kRetryDelayElapsed)) {
    Save(*entry);
  }
}

void Queue::Impl::OnNoProgress(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { OnNoProgress(id); });
  if (entry == nullptr || entry->ending) return;
  if (Move(*entry, JobEvent::kNoProgressTimeout)) Save(*entry);
}

void Queue::Impl::ArmInactivity(SteadyTime at) {
  inactivity_timer_.Start(at, [this] { OnInactivity(); });
}

// Whoever is active after this, or comes, has his whole time from then on, and that
// is not over before the next look.
void Queue::Impl::FindInactive() {
  const std::chrono::seconds timeout = options_.inactivity_timeout;
  const SteadyTime until = Now() + std::min(kInactivityAhead, timeout);
  look_for_inactive_ = Now() + timeout;
  for (const auto& [id, known] : known_) {
    const SteadyTime last = known.entry ? known.entry->last_activity : known.last_activity;
    if (last + timeout <= until)
      inactive_.emplace(last + timeout, id);
    else
      look_for_inactive_ = std::min(look_for_inactive_, last + timeout);
  }
}

void Queue::Impl::OnInactivity() {
  if (inactive_.empty()) FindInactive();
  while (!inactive_.empty() && inactive_.begin()->first <= Now()) {
    const JobId id = inactive_.begin()->second;
    inactive_.erase(inactive_.begin());
    EndInactive(id);
  }
  if (known_.empty()) return;
  ArmInactivity(inactive_.empty() ? look_for_inactive_ : inactive_.begin()->first);
}

void Queue::Impl::EndInactive(const JobId& id) {
  JobEntry* const entry = ReadyForCommand(id, [this, id] { EndInactive(id); });
  if (entry == nullptr || entry->ending) return;
  if (Now() < entry->last_activity + options_.inactivity_timeout) return;
  spdlog::warn("job {} is cancelled: nothing happened to it for {} s", id.ToString(),
               options_.inactivity_timeout.count());
  End(*entry, Pending::kCancelling, [this, id](const Result<HResult>& result) {
    // Its Cancel could not be stored; try again after another period.
    if (JobEntry* const found = result ? nullptr : Find(id)) Touch(*found);
  });
}

void Queue::Impl::RequestPlan() {
  if (plan_requested_ || stopping_) return;
  plan_requested_ = true;
  loop_.Post([this] {
    plan_requested_ = false;
    RunPlan();
  });
}

void Queue::Impl::RunPlan() {
  if (stopping_) return;
  SettleJobs();
  for (const JobId& id : active_) {
    JobEntry& entry = *Find(id);
    const bool runs = HoldsSlot(entry.job.state) && !entry.ending && !entry.when_stopped;
    if (runs && !MayRun(entry.job)) Preempt(entry);
  }
  // What waits will be told in a moment that there is no network.
  if (!has_network_ && !of_network_.empty()) return;
  const Plan plan = PlanTransfers(Candidates(), options_.transfers);
  for (const JobId& id : plan.stop) Preempt(*Find(id));
  for (const JobId& id : plan.start) {
    JobEntry& entry = *Find(id);
    const bool foreground = entry.job.priority == Priority::kForeground;
    // A job that was told to stop keeps its slot until it has; the plan is made
    // again then.
    const std::size_t slots =
        foreground ? options_.transfers.max_foreground : options_.transfers.max_background;
    if (SlotsInUse(foreground) < slots) StartJob(entry);
  }
  RunProbes();
}

// More than the first of those that wait cannot start.
std::vector<Candidate> Queue::Impl::Candidates() {
  std::vector<Candidate> candidates;
  for (const JobId& id : active_) {
    const JobEntry& entry = *Find(id);
    if (entry.ending || entry.when_stopped || !HoldsSlot(entry.job.state)) continue;
    auto used = std::chrono::duration_cast<std::chrono::seconds>(Now() - entry.slice_start);
    // In its next slice it would begin at the first byte.
    if (!MayResume(SettingsOf(entry.job))) used = {};
    candidates.push_back({id, entry.job.priority, entry.turn, /*running=*/true, used});
  }
  AddWaiting(Priority::kForeground, Priority::kForeground, options_.transfers.max_foreground,
             candidates);
  AddWaiting(Priority::kHigh, Priority::kLow, options_.transfers.max_background, candidates);
  return candidates;
}

void Queue::Impl::AddWaiting(Priority first, Priority last, std::size_t most,
                             std::vector<Candidate>& candidates) const {
  std::uint64_t turn = 0;
  for (const auto& [id, place] : waiting_.First(first, last, most))
    candidates.push_back({id, place.priority, ++turn, /*running=*/false, std::chrono::seconds(0)});
}

std::size_t Queue::Impl::SlotsInUse(bool foreground) {
  const auto uses_slot = [this, foreground](const JobId& id) {
    const JobEntry& entry = *Find(id);
    if ((entry.job.priority == Priority::kForeground) != foreground) return false;
    return !entry.attempts.empty() || (HoldsSlot(entry.job.state) && !entry.ending);
  };
  return static_cast<std::size_t>(std::count_if(active_.begin(), active_.end(), uses_slot));
}

void Queue::Impl::Preempt(JobEntry& entry) {
  entry.keeps_turn = Now() - entry.slice_start < options_.transfers.time_slice;
  if (entry.attempts.empty()) {
    // It waits for a quick retry or for the store. After a commit the plan is made again.
    if (!entry.committing) BackToQueue(entry);
    return;
  }
  entry.preempted = true;
  StopAttempts(entry);
}

void Queue::Impl::BackToQueue(JobEntry& entry) {
  if (MoveBack(entry)) Save(entry);
}

bool Queue::Impl::MoveBack(JobEntry& entry) {
  const std::uint64_t turn = entry.turn;
  if (!Move(entry, JobEvent::kPreempted)) return false;
  if (entry.keeps_turn) {
    entry.turn = turn;
    waiting_.Interrupted(entry.job.creator, entry.job.priority);
  }
  entry.keeps_turn = false;
  return true;
}

void Queue::Impl::StartJob(JobEntry& entry) {
  if (!Move(entry, JobEvent::kScheduled)) return;
  WarnOfWeakTls(entry.job, options_.transfers);
  waiting_.Served(entry.job.creator, entry.job.priority);
  entry.slice_start = Now();
  entry.slice_timer.Start(Now() + options_.transfers.time_slice, [this] { RequestPlan(); });
  GoOn(entry);
  Save(entry);
}

}  // namespace engine
