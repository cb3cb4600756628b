// What clients set for a job beyond its class, and the time that it may take.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/queue_impl.h"

namespace engine {

using std::chrono::seconds;

void Queue::Impl::ChangeSettings(const JobId& id, const SettingsChanges& changes,
                                 const Completion<JobSnapshot>& done) {
  const JobEntry* const entry = Find(id);
  if (entry == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  if (entry->ending) return done(tl::unexpected(JobIsEnding(id)));
  if (const Status status = CheckSettings(changes, options_.limits); !status)
    return done(tl::unexpected(status.error()));
  if (const Status status = CheckPolicies(entry->job, changes, options_.transfers); !status)
    return done(tl::unexpected(status.error()));
  if (!changes.reply_file_name) return SealHeaders(id, changes, done);
  if (const Status status = CheckSettingsOf(entry->job, changes); !status)
    return done(tl::unexpected(status.error()));
  CheckReplyName(id, changes, done);
}

void Queue::Impl::SealHeaders(const JobId& id, const SettingsChanges& changes,
                              const Completion<JobSnapshot>& done) {
  const bool has_secret = changes.custom_headers && !changes.custom_headers->text().empty();
  if (!has_secret) return EditSettings(id, changes, {}, done);
  std::function<void(Sealed)> sealed = [this, id, changes, done](const Sealed& headers) {
    if (headers) return EditSettings(id, changes, *headers, done);
    spdlog::error("custom headers were not stored: {}", headers.error().message);
    done(tl::unexpected(headers.error()));
  };
  const auto seal = [id, headers = *changes.custom_headers](const store::Secrets& secrets) {
    return secrets.SealHeaders(id, headers);
  };
  SealSecret(seal, std::move(sealed));
}

void Queue::Impl::EditSettings(const JobId& id, const SettingsChanges& changes,
                               const std::vector<std::uint8_t>& headers,
                               const Completion<JobSnapshot>& done) {
  if (Find(id) == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  JobEntry* const entry = ReadyForCommand(
      id, [this, id, changes, headers, done] { EditSettings(id, changes, headers, done); });
  if (entry == nullptr) return;
  if (entry->ending) return done(tl::unexpected(JobIsEnding(id)));
  if (const Status status = CheckSettingsOf(entry->job, changes); !status)
    return done(tl::unexpected(status.error()));
  if (changes.reply_file_name && !entry->attempts.empty())
    return WhileStopped(*entry, [this, id, changes, headers, done] {
      JobEntry& stopped = *Find(id);
      stopped.keeps_turn = true;
      BackToQueue(stopped);
      EditSettings(id, changes, headers, done);
    });
  Job before = entry->job;
  if (changes.reply_file_name) SetReplyName(*entry, *changes.reply_file_name);
  JobSettings settings = ApplySettings(changes, SettingsOf(before));
  if (changes.custom_headers) settings.custom_headers = headers;
  // Sent once, such a request may have had its effect: it waits for nobody.
  if (settings.http_method != kDefaultHttpMethod) entry->job.priority = Priority::kForeground;
  entry->job.settings = settings == JobSettings()
                            ? nullptr
                            : std::make_shared<const JobSettings>(std::move(settings));
  ++entry->settings_versions.changed;
  Touch(*entry);
  Commit(*entry, std::move(before), [this, id, done](const Status& status) {
    if (!status) return done(tl::unexpected(status.error()));
    if (JobEntry* const found = Find(id)) ArmDownloadTime(*found);
    done(index_.Find(id));
  });
}

void Queue::Impl::ReadCustomHeaders(const JobId& id,
                                    const Completion<std::optional<SecretText>>& done) {
  const JobSnapshot job = index_.Find(id);
  if (job == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  const JobSettings& settings = SettingsOf(*job);
  if (settings.custom_headers_write_only)
    return done(Fail(HResult::kAccessDenied, "The custom headers of the job are write-only."));
  if (settings.custom_headers.empty()) return done(std::nullopt);
  Result<SecretText> headers = secrets_.OpenHeaders(id, settings.custom_headers);
  if (!headers) return done(tl::unexpected(headers.error()));
  done(std::optional(*std::move(headers)));
}

void Queue::Impl::CountDownloadTime(JobEntry& entry) {
  if (!entry.downloading_since) return;
  const auto elapsed = std::chrono::duration_cast<seconds>(Now() - *entry.downloading_since);
  *entry.downloading_since += elapsed;
  entry.job.seconds_downloading += static_cast<std::uint32_t>(elapsed.count());
}

void Queue::Impl::SlotChanged(JobEntry& entry) {
  const bool holds = HoldsSlot(entry.job.state);
  if (holds == entry.downloading_since.has_value()) return;
  if (holds) {
    entry.downloading_since = Now();
    return ArmDownloadTime(entry);
  }
  // To the nearest second: many short tries are neither free nor dear.
  *entry.downloading_since -= std::chrono::milliseconds(500);
  CountDownloadTime(entry);
  entry.downloading_since.reset();
  entry.download_timer.Stop();
}

void Queue::Impl::ResetDownloadTime(JobEntry& entry) {
  entry.job.seconds_downloading = 0;
  if (!entry.downloading_since) return;
  entry.downloading_since = Now();
  ArmDownloadTime(entry);
}

void Queue::Impl::ArmDownloadTime(JobEntry& entry) {
  if (!entry.downloading_since) return;
  const seconds left =
      SettingsOf(entry.job).maximum_download_time - seconds(entry.job.seconds_downloading);
  entry.download_timer.Start(*entry.downloading_since + left,
                             [this, id = entry.job.id] { OnDownloadTime(id); });
}

void Queue::Impl::OnDownloadTime(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { OnDownloadTime(id); });
  if (entry == nullptr || entry->ending || entry->failure || !HoldsSlot(entry->job.state)) return;
  const seconds limit = SettingsOf(entry->job).maximum_download_time;
  CountDownloadTime(*entry);
  if (seconds(entry->job.seconds_downloading) < limit) return ArmDownloadTime(*entry);
  entry->failure = transfer::Failed{
      {id, entry->next_file, 0},
      {},
      Error{HResult::kMaxDownloadTimeout, ErrorContext::kGeneralQueueManager,
            "the transfer took longer than the " + std::to_string(limit.count()) +
                " s that the job may take; resume it to give it the same time again"},
      /*recoverable=*/false,
      std::nullopt};
  StopAttempts(*entry);
  if (GoOn(*entry)) Save(*entry);
}

}  // namespace engine
