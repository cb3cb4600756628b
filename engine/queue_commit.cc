// The way of a job to the store and from there to the readers.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/queue_impl.h"

namespace engine {
namespace {

using std::chrono::milliseconds;

// Readers see at most four progress figures a second, the store one.
constexpr milliseconds kPublishInterval{250};
constexpr milliseconds kStoreInterval{1'000};
// After a commit of the engine's own failed (a full disk).
constexpr milliseconds kSaveAgain{5'000};

}  // namespace

void Queue::Impl::Submit(JobEntry& entry, store::Durability durability,
                         std::function<void(Status)> then) {
  const JobId id = entry.job.id;
  const auto snapshot = std::make_shared<const Job>(entry.job);
  const std::uint64_t number = ++entry.snapshot_number;
  std::vector<store::Change> changes = {store::PutJob{snapshot}};
  std::vector<std::uint64_t> versions;
  for (std::uint32_t i = 0; i < entry.file_versions.size(); ++i) {
    const JobEntry::Versions& version = entry.file_versions[i];
    versions.push_back(version.changed);
    // Also what is on its way already: that commit may fail.
    if (version.changed != version.stored)
      changes.push_back(store::PutFile{id, i, entry.job.files[i]});
  }
  entry.progress_to_publish = entry.progress_to_store = false;
  entry.last_store = Now();
  const bool durable = durability == store::Durability::kDurable;
  if (durable) ++entry.durable_in_flight;
  auto committed = [this, id, snapshot, number, durable, versions = std::move(versions),
                    then = std::move(then)](const Status& status) {
    if (JobEntry* const found = Find(id)) {
      if (durable) --found->durable_in_flight;
      if (status) {
        for (std::size_t i = 0; i < versions.size() && i < found->file_versions.size(); ++i)
          found->file_versions[i].stored = std::max(found->file_versions[i].stored, versions[i]);
        Publish(*found, snapshot, number);
      }
    }
    then(status);
  };
  writer_.Submit(std::move(changes), durability,
                 Callback(std::function<void(Status)>(std::move(committed))));
}

void Queue::Impl::Publish(JobEntry& entry, const JobSnapshot& snapshot, std::uint64_t number) {
  if (number <= entry.published) return;
  entry.published = number;
  entry.last_publish = Now();
  index_.Publish(snapshot);
}

void Queue::Impl::Save(JobEntry& entry, store::Durability durability) {
  entry.unsaved = false;
  entry.save_timer.Stop();
  Submit(entry, durability, [this, id = entry.job.id](const Status& status) {
    JobEntry* const found = Find(id);
    if (status || found == nullptr) return;
    spdlog::error("job {} could not be saved: {}", id.ToString(), status.error().message);
    found->unsaved = true;
    if (stopping_) return;
    found->save_timer.Start(Now() + kSaveAgain, [this, id] { SaveAgain(id); });
  });
}

void Queue::Impl::SaveAgain(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { SaveAgain(id); });
  if (entry != nullptr && entry->unsaved && !entry->ending) Save(*entry);
}

void Queue::Impl::Commit(JobEntry& entry, Job before, std::function<void(Status)> done) {
  entry.committing = true;
  auto finish = [this, id = entry.job.id, before = std::make_shared<Job>(std::move(before)),
                 done = std::move(done)](const Status& status) {
    JobEntry* const found = Find(id);
    found->committing = false;
    if (!status) TakeBack(*found, std::move(*before));
    RequestPlan();
    done(status);
    RunWaiting(id);
  };
  Submit(entry, store::Durability::kDurable, std::move(finish));
}

void Queue::Impl::TakeBack(JobEntry& entry, Job before) {
  entry.job = std::move(before);
  entry.file_versions.resize(entry.job.files.size());
  if (entry.job.state == JobState::kTransientError) ArmRetry(entry, entry.job.minimum_retry_delay);
  // Its transfer was stopped for the change that did not happen.
  if (!entry.attempt && !entry.retry_timer.IsRunning()) BackToQueue(entry);
}

void Queue::Impl::FileChanged(JobEntry& entry, std::uint32_t file) {
  ++entry.file_versions[file].changed;
}

void Queue::Impl::NoteProgress(JobEntry& entry) {
  entry.progress_to_publish = entry.progress_to_store = true;
  FlushProgress(entry.job.id);
}

void Queue::Impl::FlushProgress(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { FlushProgress(id); });
  if (entry == nullptr || entry->ending) return;
  const SteadyTime now = Now();
  // Readers may not see a change of state before it is committed.
  const bool only_progress = entry->durable_in_flight == 0 && !entry->unsaved;
  if (entry->progress_to_publish && only_progress &&
      now - entry->last_publish >= kPublishInterval) {
    entry->progress_to_publish = false;
    Publish(*entry, std::make_shared<const Job>(entry->job), ++entry->snapshot_number);
  }
  if (entry->progress_to_store && now - entry->last_store >= kStoreInterval) {
    const bool publish = entry->progress_to_publish;
    Save(*entry, store::Durability::kLazy);
    entry->progress_to_publish = publish;
  }
  if ((entry->progress_to_publish || entry->progress_to_store) &&
      !entry->progress_timer.IsRunning())
    entry->progress_timer.Start(now + kPublishInterval, [this, id] { FlushProgress(id); });
}

}  // namespace engine
