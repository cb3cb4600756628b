// The life of a job: moves along the table, slots, timers.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/queue_impl.h"

namespace engine {
namespace {

constexpr std::size_t kProbesPerJob = 4;

bool HoldsSlot(JobState state) {
  return state == JobState::kConnecting || state == JobState::kTransferring;
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
  Touch(entry);
  if (state == JobState::kTransferring || state == JobState::kTransferred) entry.job.error.reset();
  if (state == JobState::kTransferred) entry.job.completed = clock_.Wall();
  if (state == JobState::kQueued) entry.turn = ++last_turn_;
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
  if (entry == nullptr || entry->ending || entry->attempt) return;
  if (HoldsSlot(entry->job.state)) {
    StartNextFile(*entry);
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

void Queue::Impl::ArmInactivity(JobEntry& entry) {
  entry.inactivity_timer.Start(entry.last_activity + options_.inactivity_timeout,
                               [this, id = entry.job.id] { OnInactivity(id); });
}

void Queue::Impl::OnInactivity(const JobId& id) {
  JobEntry* const entry = ReadyForCommand(id, [this, id] { OnInactivity(id); });
  if (entry == nullptr || entry->ending) return;
  if (Now() < entry->last_activity + options_.inactivity_timeout) return ArmInactivity(*entry);
  spdlog::warn("job {} is cancelled: nothing happened to it for {} s", id.ToString(),
               options_.inactivity_timeout.count());
  End(*entry, Pending::kCancelling, [this, id](const Result<HResult>& result) {
    // Its Cancel could not be stored; try again after another period.
    JobEntry* const found = result ? nullptr : Find(id);
    if (found == nullptr) return;
    Touch(*found);
    ArmInactivity(*found);
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
  for (const auto& [id, entry] : entries_) {
    if (!entry->committing && !entry->ending) ProbeSizes(*entry);
  }
}

std::vector<Candidate> Queue::Impl::Candidates() const {
  std::vector<Candidate> candidates;
  for (const auto& [id, entry] : entries_) {
    const JobState state = entry->job.state;
    const bool running = HoldsSlot(state);
    const bool waiting = state == JobState::kQueued && !entry->committing && !entry->attempt;
    if (entry->ending || entry->when_stopped || !(running || waiting)) continue;
    const auto used = running ? Now() - entry->slice_start : SteadyTime::duration(0);
    candidates.push_back({id, entry->job.priority, entry->turn, running,
                          std::chrono::duration_cast<std::chrono::seconds>(used)});
  }
  return candidates;
}

std::size_t Queue::Impl::SlotsInUse(bool foreground) const {
  const auto uses_slot = [foreground](const auto& item) {
    const JobEntry& entry = *item.second;
    if ((entry.job.priority == Priority::kForeground) != foreground) return false;
    return entry.attempt.has_value() || (HoldsSlot(entry.job.state) && !entry.ending);
  };
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), uses_slot));
}

void Queue::Impl::Preempt(JobEntry& entry) {
  entry.keeps_turn = Now() - entry.slice_start < options_.transfers.time_slice;
  if (!entry.attempt) {
    // It waits for a quick retry or for the store. After a commit the plan is made again.
    if (!entry.committing) BackToQueue(entry);
  } else if (!entry.attempt->stopping) {
    entry.attempt->stopping = true;
    transfers_->Stop(entry.attempt->id);
  }
}

void Queue::Impl::BackToQueue(JobEntry& entry) {
  const std::uint64_t turn = entry.turn;
  if (!Move(entry, JobEvent::kPreempted)) return;
  if (entry.keeps_turn) entry.turn = turn;
  entry.keeps_turn = false;
  Save(entry);
}

void Queue::Impl::StartJob(JobEntry& entry) {
  if (!Move(entry, JobEvent::kScheduled)) return;
  entry.slice_start = Now();
  entry.slice_timer.Start(Now() + options_.transfers.time_slice, [this] { RequestPlan(); });
  StartNextFile(entry);
  Save(entry);
}

void Queue::Impl::ProbeSizes(JobEntry& entry) {
  const std::vector<File>& files = entry.job.files;
  if (stopping_ || files.size() < 2) return;
  if (entry.job.state != JobState::kQueued && !HoldsSlot(entry.job.state)) return;
  for (; entry.next_probe < files.size() && entry.probes.size() < kProbesPerJob;
       ++entry.next_probe) {
    const File& file = files[entry.next_probe];
    const bool under_way = entry.attempt && entry.attempt->id.file == entry.next_probe;
    if (file.bytes_total || file.transferred || under_way) continue;
    const std::uint64_t attempt = ++last_attempt_;
    entry.probes[entry.next_probe] = attempt;
    transfers_->Probe({entry.job.id, entry.next_probe, attempt}, file.remote_url);
  }
}

}  // namespace engine
