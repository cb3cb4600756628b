// Uploads: their attempts, what servers say about them, and their replies.
#include <algorithm>
#include <string>

#include "engine/new_job.h"
#include "engine/queue_impl.h"
#include "engine/reply_data.h"

namespace engine {
namespace {

Error UploadsAreOff() {
  return {HResult::kNotImplemented, ErrorContext::kGeneralQueueManager,
          "the configuration turns uploads off (jobs.uploads)"};
}

bool HasReply(const Job& job) { return job.type == JobType::kUploadReply; }

}  // namespace

void Queue::Impl::SetUpload(JobEntry& entry, Upload upload) {
  entry.job.upload = std::make_shared<const Upload>(std::move(upload));
  ++entry.upload_versions.changed;
}

void Queue::Impl::StartUpload(JobEntry& entry, const transfer::TransferId& id, LocalTarget source,
                              transfer::ReachPointer reach) {
  if (HasReply(entry.job) && entry.job.upload->reply.local_name.empty()) PrepareUpload(entry);
  const File& file = entry.job.files[id.file];
  const Upload& upload = *entry.job.upload;
  const auto refuse = [&entry, &id, &file](Error error) {
    const transfer::FileState state{file.bytes_transferred, file.bytes_total, file.validators};
    entry.attempts.at(id.file).end =
        transfer::Failed{id, state, std::move(error), /*recoverable=*/false, {}};
  };
  if (!options_.uploads) return refuse(UploadsAreOff());
  // No client can make such a job; a damaged store can.
  if (id.file != 0)
    return refuse({HResult::kTooManyFiles, ErrorContext::kLocalFile, "an upload has one file"});
  std::optional<transfer::ReplyTarget> reply;
  if (HasReply(entry.job)) {
    Result<LocalTarget> target =
        MapLocalName(upload.reply.local_name, options_.paths, options_.limits);
    if (!target)
      return refuse({target.error().code, ErrorContext::kLocalFile, target.error().message});
    reply = {*std::move(target), upload.reply.temporary_name.ToString()};
  }
  const transfer::FileState received{upload.reply.bytes_transferred, upload.reply.bytes_total,
                                     upload.reply.validators};
  transfers_->Start(transfer::Upload{.id = id,
                                     .url = file.remote_url.ToString(),
                                     .source = std::move(source),
                                     .resume = {upload.session, file.bytes_transferred, received,
                                                upload.reply.remote_url.ToString()},
                                     .reply = std::move(reply),
                                     .priority = entry.job.priority,
                                     .reach = std::move(reach),
                                     .settings = entry.job.settings,
                                     .reader = upload.reader});
}

void Queue::Impl::TakeSource(JobEntry& entry, const transfer::FileState& state) {
  File file = entry.job.files[0];
  // What a server forgot and got again is no progress.
  if (state.offset > entry.most_acknowledged) {
    entry.most_acknowledged = state.offset;
    RecordProgress(entry.retry);
  }
  if (state.offset != file.bytes_transferred) Touch(entry);
  file.bytes_transferred = state.offset;
  if (state.total) file.bytes_total = state.total;
  ReplaceFile(entry, 0, std::move(file));
}

void Queue::Impl::Handle(JobEntry& entry, const transfer::UploadAdvanced& event) {
  if (!entry.job.upload) return;
  const transfer::UploadState& state = event.state;
  const Upload& before = *entry.job.upload;
  // Lost after a crash, it would leave the server with half a file and get it the whole
  // file a second time.
  const bool is_urgent =
      before.session != state.session || before.reply.remote_url != state.reply_url;
  const bool worthless = state.reply.offset < before.reply.bytes_transferred;
  // What is stored decides after a crash whether the file is sent again.
  const bool other_session =
      before.session.id != state.session.id || before.session.closing != state.session.closing;
  if (state.reply.offset > before.reply.bytes_transferred) {
    RecordProgress(entry.retry);
    Touch(entry);
  }
  Upload after = before;
  after.session = state.session;
  after.reply.remote_url = state.reply_url;
  after.reply.bytes_transferred = state.reply.offset;
  after.reply.bytes_total = state.reply.total;
  after.reply.validators = state.reply.validators;
  SetUpload(entry, std::move(after));
  if (worthless || other_session) entry.upload_versions.restarted = entry.upload_versions.changed;
  if (event.waits) entry.attempts.at(event.id.file).waits_for = entry.upload_versions.changed;
  const std::optional<std::uint64_t> total =
      state.session.id.empty() ? std::nullopt : std::optional(state.session.source.size);
  TakeSource(entry, {state.offset, total, {}});
  if (is_urgent || event.waits)
    Save(entry);
  else
    NoteProgress(entry);
}

void Queue::Impl::UploadStored(JobEntry& entry) {
  for (auto& [file, attempt] : entry.attempts) {
    if (attempt.waits_for == 0 || attempt.waits_for > entry.upload_versions.stored) continue;
    attempt.waits_for = 0;
    transfers_->GoOn(attempt.id);
  }
}

void Queue::Impl::ReplyArrived(JobEntry& entry) {
  if (!HasReply(entry.job)) return;
  Upload upload = *entry.job.upload;
  upload.reply.transferred = true;
  SetUpload(entry, std::move(upload));
}

void Queue::Impl::PrepareUpload(JobEntry& entry) {
  const Job& job = entry.job;
  if (!job.upload || job.files.empty()) return;
  if (job.error && job.error->code == HResult::kLocalFileChanged) ForgetSession(entry);
  Upload upload = *job.upload;
  if (HasReply(job) && upload.reply.local_name.empty())
    upload.reply.local_name = ReplyNameBeside(job.files[0].local_name);
  SetUpload(entry, std::move(upload));
}

void Queue::Impl::ForgetSession(JobEntry& entry) {
  const Job& job = entry.job;
  const Result<transfer::ReachPointer> reach = OpenReach(job);
  // Once and no more: the server forgets what nobody goes on with anyway.
  if (HasOpenSession(job) && reach)
    transfers_->Cancel({{job.id, 0, ++last_attempt_},
                        job.files[0].remote_url.ToString(),
                        job.upload->session,
                        *reach});
  Upload upload = *job.upload;
  const bool has_reply_bytes = upload.reply.bytes_transferred > 0;
  File reply;
  reply.local_name = upload.reply.local_name;
  reply.temporary_name = upload.reply.temporary_name;
  upload.session = {};
  upload.reply = std::move(reply);
  SetUpload(entry, std::move(upload));
  if (has_reply_bytes) entry.upload_versions.restarted = entry.upload_versions.changed;
  File file = job.files[0];
  file.bytes_transferred = 0;
  file.bytes_total.reset();
  ReplaceFile(entry, 0, std::move(file));
}

void Queue::Impl::CheckReplyName(const JobId& id, const SettingsChanges& changes,
                                 const Completion<JobSnapshot>& done) {
  Result<LocalTarget> target =
      MapLocalName(*changes.reply_file_name, options_.paths, options_.limits);
  if (!target) return done(tl::unexpected(target.error()));
  std::function<void(Status)> checked = [this, id, changes, done](const Status& status) {
    if (!status) return done(tl::unexpected(status.error()));
    SealHeaders(id, changes, done);
  };
  files_.CheckTarget(*std::move(target), Callback(std::move(checked)));
}

void Queue::Impl::ReadReply(const JobId& id, std::uint64_t offset,
                            const Completion<std::string>& done) {
  const JobSnapshot job = index_.Find(id);
  if (job == nullptr) return done(tl::unexpected(NoSuchJob(id)));
  if (const Status status = CheckReplyData(*job); !status)
    return done(tl::unexpected(status.error()));
  const File& reply = ReplyOf(*job);
  const Result<LocalTarget> target =
      MapLocalName(reply.local_name, options_.paths, options_.limits);
  if (!target) return done(tl::unexpected(target.error()));
  files_.Run([target = *target, name = reply.temporary_name.ToString(), offset, done] {
    done(ReadReplyPart(target, name, offset));
  });
}

void Queue::Impl::SetReplyName(JobEntry& entry, const std::string& name) {
  Upload upload = *entry.job.upload;
  upload.reply.local_name = name;
  SetUpload(entry, std::move(upload));
}

}  // namespace engine
