// What the transfer threads report and what they are told.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/overloaded.h"
#include "engine/proxy_list.h"
#include "engine/queue_impl.h"
#include "engine/remote_url.h"

namespace engine {
namespace {

// Times a file may start anew without progress before that counts as a failure.
constexpr unsigned kMaxRestarts = 3;

}  // namespace

void Queue::Impl::OnTransferEvent(transfer::Event event) {
  if (const auto* told = std::get_if<transfer::SessionCancelled>(&event))
    return farewells_.OnCancelled(*told);
  const transfer::TransferId id = std::visit([](const auto& e) { return e.id; }, event);
  JobEntry* const entry = ReadyForEvent(id.job, [this, event] { OnTransferEvent(event); });
  if (entry == nullptr) return;
  if (const auto* probed = std::get_if<transfer::Probed>(&event)) return Handle(*entry, *probed);
  const auto attempt = entry->attempts.find(id.file);
  if (attempt == entry->attempts.end() || attempt->second.id != id) return;  // an older attempt
  const auto is_end = Overloaded{
      [](const transfer::Connected&) { return false; },
      [](const transfer::Progressed&) { return false; },
      [](const transfer::Slow&) { return false; },
      [](const transfer::Arrived&) { return false; },
      [](const transfer::Redirected&) { return false; },
      [](const transfer::UploadAdvanced&) { return false; },
      [](const transfer::SessionCancelled&) { return false; },
      [](const auto&) { return true; },
  };
  if (!std::visit(is_end, event))
    return std::visit([this, entry](const auto& e) { Handle(*entry, e); }, event);
  attempt->second.end = std::move(event);
  RequestPlan();
  const JobState before = entry->job.state;
  if (!GoOn(*entry)) return;
  if (entry->attempts.empty() || entry->job.state != before)
    Save(*entry);
  else
    NoteProgress(*entry);
}

void Queue::Impl::TakeState(JobEntry& entry, std::uint32_t index,
                            const transfer::FileState& state) {
  if (entry.job.upload) return TakeSource(entry, state);
  File file = entry.job.files[index];
  const bool worthless = state.offset < file.bytes_transferred;
  if (state.offset > file.bytes_transferred) {
    RecordProgress(entry.retry);
    entry.restarts = 0;
  }
  if (state.offset != file.bytes_transferred) Touch(entry);
  if (worthless) file.bytes_total.reset();
  file.bytes_transferred = state.offset;
  if (state.total) file.bytes_total = state.total;
  file.validators = state.validators;
  ReplaceFile(entry, index, std::move(file));
  if (worthless) BytesAreWorthless(entry, index);
}

namespace {

bool CarriesSecrets(const Job& job) {
  const Access& access = AccessOf(job);
  return !access.credentials.empty() || access.certificate ||
         !SettingsOf(job).custom_headers.empty();
}

}  // namespace

void Queue::Impl::Handle(JobEntry& entry, const transfer::Connected& event) {
  TakeState(entry, event.id.file, event.state);
  YieldToFirst(entry, event.id.file);
  if (Move(entry, JobEvent::kConnected))
    Save(entry);
  else
    NoteProgress(entry);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Progressed& event) {
  TakeState(entry, event.id.file, event.state);
  YieldToFirst(entry, event.id.file);
  NoteProgress(entry);
}

// Nobody is kept waiting by a server that sends a byte now and then.
void Queue::Impl::Handle(JobEntry& entry, const transfer::Slow& event) {
  // What would begin at its first byte gains nothing by another try.
  if (GoesNoFurther(entry) || entry.Receiving() > 1 || !MayResume(SettingsOf(entry.job))) return;
  const bool foreground = entry.job.priority == Priority::kForeground;
  const Priority first = foreground ? Priority::kForeground : Priority::kHigh;
  const Priority last = foreground ? Priority::kForeground : Priority::kLow;
  if (waiting_.First(first, last, 1).empty()) return;
  entry.failure = transfer::Failed{event.id,
                                   {},
                                   Error{HResult::kTimeout, ErrorContext::kGeneralTransport,
                                         "the server hardly sends anything, and other jobs wait"},
                                   /*recoverable=*/true,
                                   std::nullopt,
                                   /*in_place=*/false};
  StopAttempts(entry);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Arrived& event) {
  entry.attempts.at(event.id.file).arrived = true;
  if (!GoesNoFurther(entry)) GoOn(entry);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Redirected& event) {
  // One that no client may set stays where it is: in the reply of the server.
  if (!CheckRemoteUrl(event.url, options_.limits)) return;
  File file = entry.job.files[event.id.file];
  // The next request goes to the remote name with all that the job has for it.
  if (CarriesSecrets(entry.job) && OriginOf(event.url) != OriginOf(file.remote_url)) return;
  file.remote_url = event.url;
  ReplaceFile(entry, event.id.file, std::move(file));
  NoteProgress(entry);
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Restarted& event) {
  TakeState(entry, event.id.file, {});
  if (GoesNoFurther(entry) || ++entry.restarts <= kMaxRestarts) return;
  Handle(entry,
         transfer::Failed{event.id,
                          {},
                          Error{HResult::kInsufficientRangeSupport, ErrorContext::kRemoteFile,
                                "the file had to start anew too often without progress"},
                          /*recoverable=*/true,
                          std::nullopt});
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Finished& event) {
  TakeState(entry, event.id.file, event.state);
  File file = entry.job.files[event.id.file];
  file.transferred = true;
  file.bytes_total = event.state.offset;
  ReplaceFile(entry, event.id.file, std::move(file));
  if (entry.job.upload) ReplyArrived(entry);
  RecordProgress(entry.retry);
  entry.restarts = 0;
  Move(entry, JobEvent::kConnected);  // a file without bytes to fetch
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Stopped& event) {
  TakeState(entry, event.id.file,
            MayResume(SettingsOf(entry.job)) ? event.state : transfer::FileState());
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::Failed& event) {
  TakeState(entry, event.id.file,
            MayResume(SettingsOf(entry.job)) ? event.state : transfer::FileState());
  if (entry.failure) return;
  entry.failure = event;
  StopAttempts(entry);
}

void Queue::Impl::FileFailed(JobEntry& entry, const transfer::Failed& failed) {
  // Waits for the network to come back, not for a time.
  if (failed.error.code == HResult::kNetworkDisconnected && !has_network_)
    return ShowError(entry, failed, JobEvent::kNetworkLost);
  // A request of another method than GET is not repeated without its owner.
  const bool recoverable =
      failed.recoverable && SettingsOf(entry.job).http_method == kDefaultHttpMethod;
  const FailureFacts facts{recoverable, failed.retry_after, entry.job.minimum_retry_delay,
                           entry.job.no_progress_timeout, failed.in_place};
  const RetryDecision decision = Decide(facts, entry.retry, Now(), options_.retry);
  std::visit(Overloaded{
                 [&](const TryAgainInPlace& again) { ArmRetry(entry, again.after); },
                 [&](const ShowTransient& transient) {
                   ShowError(entry, failed, JobEvent::kRecoverableFailure);
                   ArmRetry(entry, transient.retry_after);
                 },
                 [&](const ShowFatal&) { ShowError(entry, failed, JobEvent::kFatalFailure); },
             },
             decision);
}

void Queue::Impl::ShowError(JobEntry& entry, const transfer::Failed& failed, JobEvent event) {
  const Error& error = failed.error;
  spdlog::info("job {}: file {} failed with {}: {}", entry.job.id.ToString(), failed.id.file,
               NameOf(error.code), error.message);
  Move(entry, event);
  JobError shown{error.code, error.context, failed.id.file, error.message};
  const bool of_no_file =
      error.code == HResult::kMaxDownloadTimeout || error.code == HResult::kNetworkDisconnected;
  if (of_no_file) shown.file.reset();
  entry.job.error = std::make_shared<const JobError>(std::move(shown));
  if (error.code != HResult::kNetworkDisconnected) ++entry.job.error_count;
}

}  // namespace engine
