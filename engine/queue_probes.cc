// Sizes of files ahead of their transfers, so that BytesTotal becomes known
// early. A server that does not answer costs the early total and nothing else.
#include <algorithm>

#include "engine/queue_impl.h"

namespace engine {
namespace {

constexpr std::size_t kProbesPerJob = 4;
constexpr std::size_t kProbes = 16;

}  // namespace

void Queue::Impl::WantProbes(const Job& job) {
  KnownJob& known = known_.at(job.id);
  // The transfer of a single file says the same.
  if (known.wants_probes || job.files.size() < 2 || known.next_probe >= job.files.size()) return;
  known.wants_probes = true;
  to_probe_.push_back(job.id);
}

void Queue::Impl::RunProbes() {
  // What stays has probes under way or is being committed: never many.
  for (std::size_t i = 0; i < to_probe_.size() && probes_ < kProbes && !stopping_;) {
    const JobId id = to_probe_[i];
    const auto known = known_.find(id);
    JobEntry* const entry = known == known_.end() ? nullptr : Find(id);
    const bool ready = entry != nullptr && !entry->committing && !entry->ending;
    if (ready) ProbeSizes(*entry, known->second.next_probe);
    const bool in_state =
        entry != nullptr && (entry->job.state == JobState::kQueued || HoldsSlot(entry->job.state));
    if (in_state && known->second.next_probe < entry->job.files.size()) {
      ++i;
      continue;
    }
    if (entry != nullptr) known->second.wants_probes = false;
    to_probe_.erase(to_probe_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Queue::Impl::ProbeSizes(JobEntry& entry, std::uint32_t& next_probe) {
  const FileList& files = entry.job.files;
  if (entry.job.state != JobState::kQueued && !HoldsSlot(entry.job.state)) return;
  // While files run ahead of each other their transfers tell the sizes as soon.
  if (entry.Receiving() > 1) return;
  const Result<transfer::ReachPointer> reach = OpenReach(entry.job);
  if (!reach || !MayResume(SettingsOf(entry.job))) {
    // Its transfer will tell, if anything does.
    next_probe = static_cast<std::uint32_t>(files.size());
    return;
  }
  for (; next_probe < files.size(); ++next_probe) {
    if (entry.probes.size() >= kProbesPerJob || probes_ >= kProbes) return;
    const File& file = files[next_probe];
    if (file.bytes_total || file.transferred || entry.attempts.contains(next_probe)) continue;
    const std::uint64_t attempt = ++last_attempt_;
    entry.probes[next_probe] = attempt;
    ++probes_;
    transfers_->Probe({entry.job.id, next_probe, attempt}, file.remote_url.ToString(), *reach);
  }
}

void Queue::Impl::ForgetProbe(JobEntry& entry, std::uint32_t index) {
  probes_ -= entry.probes.erase(index);
  KnownJob& known = known_.at(entry.job.id);
  known.next_probe = std::min(known.next_probe, index);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Probed& event) {
  const auto probe = entry.probes.find(event.id.file);
  if (probe == entry.probes.end() || probe->second != event.id.attempt) return;
  entry.probes.erase(probe);
  --probes_;
  const File& file = entry.job.files[event.id.file];
  if (event.total && !file.bytes_total && !entry.ending) {
    File sized = file;
    sized.bytes_total = file.ranges ? BytesIn(*file.ranges, event.total) : event.total;
    ReplaceFile(entry, event.id.file, std::move(sized));
    NoteProgress(entry);
  }
  RunProbes();
}

}  // namespace engine
