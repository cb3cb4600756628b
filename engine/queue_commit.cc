// The way of a job to the store and from there to the readers.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/queue_impl.h"

namespace engine {
namespace {

using std::chrono::milliseconds;

// Progress of a job is stored, and then shown to readers, at most this often.
constexpr milliseconds kProgressInterval{500};
// After a commit of the engine's own failed (a full disk).
constexpr milliseconds kSaveAgain{5'000};

JobSnapshot ForReaders(const JobSnapshot& job) {
  if (job->request.empty()) return job;
  Job stripped = *job;
  stripped.request = {};
  return std::make_shared<const Job>(std::move(stripped));
}

}  // namespace

void Queue::Impl::Submit(JobEntry& entry, std::function<void(Status)> then) {
  const JobId id = entry.job.id;
  CountDownloadTime(entry);
  const auto snapshot = std::make_shared<const Job>(entry.job);
  std::vector<store::Change> changes = {store::PutJob{snapshot}};
  std::vector<std::pair<std::uint32_t, std::uint64_t>> versions;
  for (const auto& [index, version] : entry.changed_files) {
    versions.emplace_back(index, version.changed);
    // Also what is on its way already: that commit may fail.
    changes.push_back(store::PutFile{id, index, entry.job.files[index]});
  }
  const std::uint64_t access = entry.access_versions.changed;
  if (access != entry.access_versions.stored)
    changes.push_back(store::PutAccess{id, entry.job.access});
  const std::uint64_t settings = entry.settings_versions.changed;
  if (settings != entry.settings_versions.stored)
    changes.push_back(store::PutSettings{id, entry.job.settings});
  const std::uint64_t upload = entry.upload_versions.changed;
  if (upload != entry.upload_versions.stored)
    changes.push_back(store::PutUpload{id, entry.job.upload});
  entry.progress_to_store = false;
  ++entry.submissions;
  auto committed = [this, id, snapshot, versions = std::move(versions), access, settings, upload,
                    then = std::move(then)](const Status& status) {
    JobEntry* const found = Find(id);
    if (found != nullptr) --found->submissions;
    if (status && found != nullptr) {
      for (const auto& [index, version] : versions) FileStored(*found, index, version);
      found->access_versions.stored = std::max(found->access_versions.stored, access);
      found->settings_versions.stored = std::max(found->settings_versions.stored, settings);
      found->upload_versions.stored = std::max(found->upload_versions.stored, upload);
      UploadStored(*found);
      index_.Publish(ForReaders(snapshot));
      if (found->starts_when_stored) StartWhenStored(id);
    }
    then(status);
  };
  writer_.Submit(std::move(changes), Callback(std::function<void(Status)>(std::move(committed))));
}

void Queue::Impl::FileStored(JobEntry& entry, std::uint32_t index, std::uint64_t version) {
  const auto found = entry.changed_files.find(index);
  if (found == entry.changed_files.end()) return;
  found->second.stored = std::max(found->second.stored, version);
  if (found->second.stored == found->second.changed) entry.changed_files.erase(found);
}

void Queue::Impl::Save(JobEntry& entry) {
  entry.unsaved = false;
  entry.save_timer.Stop();
  Submit(entry, [this, id = entry.job.id](const Status& status) {
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
  Submit(entry, std::move(finish));
}

void Queue::Impl::TakeBack(JobEntry& entry, Job before) {
  entry.job = std::move(before);
  const auto refused = static_cast<std::uint32_t>(entry.job.files.size());
  entry.changed_files.erase(entry.changed_files.lower_bound(refused), entry.changed_files.end());
  entry.access_versions.changed = entry.access_versions.stored;
  entry.settings_versions.changed = entry.settings_versions.stored;
  // What the server said went along; it is stored again.
  if (entry.job.upload && entry.upload_versions.changed != entry.upload_versions.stored) {
    ++entry.upload_versions.changed;
    NoteProgress(entry);
  }
  if (entry.job.state == JobState::kTransientError) ArmRetry(entry, entry.job.minimum_retry_delay);
  // Its transfer was stopped for the change that did not happen.
  const bool waits = entry.retry_timer.IsRunning() || entry.starts_when_stored;
  if (entry.attempts.empty() && !waits) BackToQueue(entry);
  // Progress went along with the change.
  if (!entry.changed_files.empty()) NoteProgress(entry);
}

void Queue::Impl::ReplaceFile(JobEntry& entry, std::uint32_t index, File file) {
  entry.job.files.Replace(index, std::move(file));
  FileChanged(entry, index);
}

void Queue::Impl::FileChanged(JobEntry& entry, std::uint32_t index) {
  entry.changed_files[index].changed = ++entry.last_version;
}

void Queue::Impl::BytesAreWorthless(JobEntry& entry, std::uint32_t index) {
  JobEntry::Versions& version = entry.changed_files[index];
  version.restarted = version.changed;
}

void Queue::Impl::NoteProgress(JobEntry& entry) {
  entry.progress_to_store = true;
  FlushProgress(entry.job.id);
}

void Queue::Impl::FlushProgress(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { FlushProgress(id); });
  if (entry == nullptr || entry->ending || !entry->progress_to_store) return;
  const SteadyTime now = Now();
  const SteadyTime due = entry->last_progress ? *entry->last_progress + kProgressInterval : now;
  if (now >= due) {
    entry->last_progress = now;
    Save(*entry);
  } else if (!entry->progress_timer.IsRunning()) {
    entry->progress_timer.Start(due, [this, id] { FlushProgress(id); });
  }
}

}  // namespace engine
