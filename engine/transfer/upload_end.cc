// The reply of an upload, and its end.
#include <utility>

#include "engine/overloaded.h"
#include "engine/transfer/local_error.h"
#include "engine/transfer/upload_attempt.h"

namespace engine::transfer {

// --- the reply ----------------------------------------------------------------

bool UploadAttempt::HasReply() const { return state_.reply.total == state_.reply.offset; }

void UploadAttempt::FetchReply() {
  JobSettings settings = upload_.settings ? *upload_.settings : JobSettings();
  settings.http_method = kDefaultHttpMethod;
  settings.dynamic_content = false;
  settings.high_performance = false;
  Download download{
      upload_.id,   state_.reply_url, upload_.reply->target, upload_.reply->temporary_name,
      state_.reply, upload_.priority};
  download.reach = ReachFor(state_.reply_url, upload_.url, upload_.reach);
  download.settings = std::make_shared<const JobSettings>(std::move(settings));
  reply_ = std::make_unique<ReplyFetch>(net_, std::move(download),
                                        [this](Event event) { OnReplyEvent(std::move(event)); });
  reply_->Begin();
}

void UploadAttempt::OnReplyEvent(Event event) {
  const bool is_end =
      std::holds_alternative<Finished>(event) || std::holds_alternative<Stopped>(event) ||
      std::holds_alternative<Failed>(event) || std::holds_alternative<Restarted>(event);
  if (is_end) {
    // Not here: the attempt that tells of its end is still at it.
    ++pending_;
    return net_.Post(Task([this, event = std::move(event)] {
      --pending_;
      OnReplyEnd(event);
      EndIfSettled();
    }));
  }
  if (const auto* progressed = std::get_if<Progressed>(&event)) {
    state_.reply = progressed->state;
    EmitAdvanced();
  }
}

void UploadAttempt::OnReplyEnd(const Event& event) {
  reply_.reset();
  state_.reply = std::visit(Overloaded{[](const Finished& end) { return end.state; },
                                       [](const Stopped& end) { return end.state; },
                                       [](const Failed& end) { return end.state; },
                                       [](const auto&) { return FileState(); }},
                            event);
  EmitAdvanced();
  if (ending_) return;
  if (std::holds_alternative<Finished>(event)) return SendNext();
  if (const auto* failed = std::get_if<Failed>(&event))
    return Conclude(Failure{failed->error, failed->recoverable, failed->retry_after});
  if (std::holds_alternative<Stopped>(event)) return Conclude(Stopping{});
  Conclude(Failure{Error{HResult::kInvalidServerReply, ErrorContext::kRemoteFile,
                         "the reply has to be fetched from its start again"},
                   /*recoverable=*/true, std::nullopt});
}

// --- the end ------------------------------------------------------------------

void UploadAttempt::EmitAdvanced(bool waits) {
  net_.Emit(UploadAdvanced{upload_.id, state_, waits});
}

void UploadAttempt::EmitConnected() {
  if (std::exchange(connected_reported_, true)) return;
  net_.Emit(Connected{upload_.id, SourceState()});
}

void UploadAttempt::ForgetSession() {
  state_ = {};
  repeats_close_ = false;
}

// A session that was never told to close is not closed when the server does not know it.
void UploadAttempt::TakeBackClosing() {
  if (!state_.session.closing || state_.session.closed || repeats_close_) return;
  if (sent_.type == PacketType::kCloseSession && sender_.times_sent() > 0) return;
  state_.session.closing = false;
  EmitAdvanced();
}

void UploadAttempt::FailLocally(const Error& error) {
  Conclude(Failure{error, IsRecoverableLocally(error.code), std::nullopt});
}

void UploadAttempt::Conclude(Ending ending) {
  if (ending_) return;
  TakeBackClosing();
  sender_.End();
  body_.End();
  ending_ = std::move(ending);
  if (reply_) reply_->Stop();
  EndIfSettled();
}

void UploadAttempt::EndIfSettled() {
  if (!ending_ || ended_ || pending_ > 0 || reply_ || !body_.idle()) return;
  ended_ = true;
  net_.disk().Close(source_);
  net_.Emit(FinalEvent());
}

FileState UploadAttempt::SourceState() const {
  const std::uint64_t size = state_.session.id.empty() ? found_.size : state_.session.source.size;
  FileState state;
  state.offset = state_.offset;
  if (size > 0) state.total = size;
  return state;
}

Event UploadAttempt::FinalEvent() const {
  if (std::holds_alternative<Success>(*ending_)) return Finished{upload_.id, SourceState()};
  if (std::holds_alternative<Stopping>(*ending_)) return Stopped{upload_.id, SourceState()};
  const Failure& failure = std::get<Failure>(*ending_);
  return Failed{upload_.id, SourceState(), failure.error, failure.recoverable, failure.retry_after};
}

}  // namespace engine::transfer
