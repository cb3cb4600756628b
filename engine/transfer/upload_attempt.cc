// The packets of an upload and what their answers mean; its reply and its end are
// in upload_end.cc.
#include "engine/transfer/upload_attempt.h"

#include <algorithm>
#include <utility>

#include "engine/overloaded.h"
#include "engine/transfer/curl_url.h"
#include "engine/transfer/reply_facts.h"
#include "engine/transfer/request_policy.h"

namespace engine::transfer {
namespace {

Error LocalFileError(HResult code, std::string message) {
  return Error{code, ErrorContext::kLocalFile, std::move(message)};
}

}  // namespace

UploadAttempt::UploadAttempt(Net& net, Upload upload)
    : net_(net),
      upload_(std::move(upload)),
      security_flags_(FlagsInForce(net, upload_.settings)),
      state_(upload_.resume),
      source_(net.disk().NewSource(upload_.source, upload_.reader)),
      body_(net, upload_.id, upload_.priority, source_,
            [this] {
              sender_.Unpause();
              EndIfSettled();
            }),
      sender_(net, upload_.url, upload_.reach, security_flags_,
              [this](PacketAnswer answer) { OnAnswer(std::move(answer)); }),
      farthest_(state_.offset) {
  if (upload_.priority != Priority::kForeground && net_.options().background_yields)
    sender_.Yield();
}

void UploadAttempt::Begin() {
  // Only the message got lost.
  if (state_.session.closed) return Conclude(Success{});
  // Offsets behind the end belong to no version of the file.
  const bool usable = state_.offset <= state_.session.source.size;
  if (state_.session.id.empty() || !usable) ForgetSession();
  repeats_close_ = state_.session.closing;
  LookAtSource(&UploadAttempt::BeginSession);
}

void UploadAttempt::Stop() { Conclude(Stopping{}); }

void UploadAttempt::GoOn() {
  if (ending_ || when_stored_ == nullptr) return;
  (this->*std::exchange(when_stored_, nullptr))();
}

void UploadAttempt::WaitForStore(Step next) {
  when_stored_ = next;
  EmitAdvanced(/*waits=*/true);
}

void UploadAttempt::Tick(SteadyTime now) {
  if (reply_) reply_->Tick(now);
  if (ending_) return;
  sender_.Tick(now);
  if (look_at_ && now >= *look_at_) {
    look_at_.reset();
    LookAtSource(&UploadAttempt::BeginSession);
  }
}

void UploadAttempt::Unpause() {
  if (reply_) reply_->Unpause();
  body_.ReadAhead();
  sender_.Unpause();
}

void UploadAttempt::Flush() {
  if (reply_) reply_->Flush();
}

// --- the source ---------------------------------------------------------------

void UploadAttempt::LookAtSource(Step next) {
  ++pending_;
  net_.disk().Open(source_, [this, next](Result<SourceVersion> found) {
    net_.Post(Task([this, next, found = std::move(found)] {
      --pending_;
      OnLooked(next, found);
      EndIfSettled();
    }));
  });
}

void UploadAttempt::OnLooked(Step next, const Result<SourceVersion>& found) {
  if (ending_) return;
  if (!found) return FailLocally(found.error());
  found_ = *found;
  (this->*next)();
}

void UploadAttempt::BeginSession() {
  if (!state_.session.id.empty()) {
    if (!SourceChanged()) SendPing();
    return;
  }
  if (found_.size == 0) {
    return FailLocally(LocalFileError(
        HResult::kInvalidArgument,
        "the file is empty, and the upload protocol has no packet for that; put something into it "
        "and Resume the job, or Cancel it"));
  }
  if (IsSettled()) return Send(PacketType::kCreateSession, CreateSessionHeaders());
  if (++looks_ > kMaxSettleLooks) {
    return FailLocally(LocalFileError(HResult::kLocalFileChanged,
                                      "the file is being written all the time; upload it when it "
                                      "is finished, or a copy"));
  }
  look_at_ = Now() + kSettledAge;
}

// Every write from here on gives the file another time.
bool UploadAttempt::IsSettled() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::chrono::nanoseconds age = std::chrono::duration_cast<std::chrono::nanoseconds>(now) -
                                       std::chrono::nanoseconds(found_.modified_ns);
  return age < std::chrono::nanoseconds(0) || age >= kSettledAge;
}

bool UploadAttempt::SourceChanged() {
  if (found_ == state_.session.source) return false;
  GiveUpSession(LocalFileError(HResult::kLocalFileChanged,
                               "the file has changed since its upload began; Resume uploads it as "
                               "it is"));
  return true;
}

// --- packets ------------------------------------------------------------------

std::string UploadAttempt::PacketUrl() const {
  const SharedText& host = state_.session.host;
  std::string url = host.empty() ? std::string() : WithHost(upload_.url, host.ToString());
  return url.empty() ? upload_.url : url;
}

void UploadAttempt::Send(PacketType type, std::vector<std::string> headers) {
  const bool has_session = type != PacketType::kPing && type != PacketType::kCreateSession;
  sent_ = {type, has_session ? state_.session.id.ToString() : std::string(),
           state_.session.source.size};
  packet_begun_ = Now();
  if (type == PacketType::kFragment)
    body_.Begin(span_);
  else
    body_.BeginEmpty();
  sender_.Send(PacketUrl(), std::move(headers), body_);
}

void UploadAttempt::SendPing() { Send(PacketType::kPing, PingHeaders()); }

// Of a session that is there.
void UploadAttempt::SendNext() {
  const std::uint64_t total = state_.session.source.size;
  // The address of the reply comes with the last byte.
  if (state_.offset >= total && upload_.reply && state_.reply_url.empty())
    state_.offset = total - 1;
  if (state_.offset < total) return LookAtSource(&UploadAttempt::SendFragment);
  if (upload_.reply && !HasReply()) return FetchReply();
  // The store hears of it first: a server that closes the session and is not heard, or
  // not any more, would look like one that has lost it.
  if (!std::exchange(state_.session.closing, true)) return WaitForStore(&UploadAttempt::SendNext);
  LookAtSource(&UploadAttempt::SendCloseSession);
}

void UploadAttempt::SendFragment() {
  if (SourceChanged()) return;
  const std::uint64_t total = state_.session.source.size;
  span_ = {state_.offset, std::min(size_.bytes(), total - state_.offset), total};
  Send(PacketType::kFragment, FragmentHeaders(state_.session.id, upload_.source.name, span_));
}

void UploadAttempt::SendCloseSession() {
  if (SourceChanged()) return;
  Send(PacketType::kCloseSession, CloseSessionHeaders(state_.session.id));
}

// The server need not keep what nobody will finish. It is told once.
void UploadAttempt::GiveUpSession(const Error& why) {
  give_up_ = why;
  body_.BeginEmpty();
  sender_.Send(PacketUrl(), CancelSessionHeaders(state_.session.id), body_, kGiveUpTime);
}

// --- answers ------------------------------------------------------------------

void UploadAttempt::OnAnswer(PacketAnswer answer) {
  if (ending_) return;
  if (give_up_) {
    ForgetSession();
    EmitAdvanced();
    return FailLocally(*give_up_);
  }
  if (const auto* failure = std::get_if<PacketFailure>(&answer)) return OnFailure(*failure);
  state_.session.host_failing_since.reset();
  OnVerdict(JudgeAck(sent_, std::get<ReplyHead>(answer)));
}

void UploadAttempt::OnFailure(const PacketFailure& failure) {
  if (body_.error() && body_.error()->code == HResult::kLocalFileChanged)
    return GiveUpSession(Error(*body_.error()));
  if (body_.error()) return FailLocally(Error(*body_.error()));
  if (failure.below_http && GivesUpHost()) return;
  Conclude(Failure{failure.error, failure.recoverable, std::nullopt});
}

void UploadAttempt::OnVerdict(const UploadVerdict& verdict) {
  // A Ping only finds the way; what comes behind it has the say.
  if (sent_.type == PacketType::kPing) return OnAcknowledged({});
  std::visit(Overloaded{[this](const Acknowledged& ack) { OnAcknowledged(ack); },
                        [this](const TooLarge&) { OnTooLarge(); },
                        [this](const SessionLost&) { OnSessionLost(); },
                        [this](const Refuse& refuse) {
                          Conclude(Failure{refuse.error, refuse.recoverable, refuse.retry_after});
                        }},
             verdict);
}

void UploadAttempt::OnAcknowledged(const Acknowledged& ack) {
  switch (sent_.type) {
    case PacketType::kPing:
      EmitConnected();
      return SendNext();
    case PacketType::kCreateSession:
      return OnSession(ack);
    case PacketType::kFragment:
      return OnFragment(ack);
    case PacketType::kCloseSession:
      return OnClosed();
    case PacketType::kCancelSession:
      break;  // is sent by GiveUpSession
  }
}

void UploadAttempt::OnSession(const Acknowledged& ack) {
  state_.session.id = ack.session;
  state_.session.host = ack.host;
  state_.session.host_fallback = ack.host_fallback;
  state_.session.source = found_;
  farthest_ = 0;
  if (ack.host.empty()) EmitConnected();
  WaitForStore(&UploadAttempt::SendFirst);
}

// In a session that has just been made.
void UploadAttempt::SendFirst() {
  if (!state_.session.host.empty()) return SendPing();
  SendNext();
}

void UploadAttempt::OnFragment(const Acknowledged& ack) {
  const bool as_sent = ack.offset == span_.end();
  if (as_sent) size_.Took(span_.length, Now() - packet_begun_);
  if (ack.offset > farthest_) {
    farthest_ = ack.offset;
    idle_acks_ = 0;
  } else if (!as_sent && ++idle_acks_ > kMaxIdleAcks) {
    return Conclude(Failure{Error{HResult::kNoProgress, ErrorContext::kRemoteFile,
                                  "the server wants the same bytes again and again"},
                            /*recoverable=*/true, std::nullopt});
  }
  state_.offset = ack.offset;
  if (ack.offset == span_.total && upload_.reply) return OnLastByte(ack);
  EmitAdvanced();
  SendNext();
}

void UploadAttempt::OnLastByte(const Acknowledged& ack) {
  if (ack.reply_url.empty() && state_.reply_url.empty()) {
    // An answer got lost, and the address with it: only another session has one.
    if (ack.moved) return LoseSession("the server does not repeat where the reply is");
    EmitAdvanced();
    return Conclude(Failure{Error{HResult::kInvalidServerResponse, ErrorContext::kRemoteFile,
                                  "the server took the file and did not say where the reply is"},
                            /*recoverable=*/false, std::nullopt});
  }
  if (state_.reply_url.empty()) {
    Result<std::string> url = ResolveReplyUrl(PacketUrl(), ack.reply_url,
                                              RedirectPolicyOf(security_flags_).https_to_http);
    if (!url) return Conclude(Failure{url.error(), /*recoverable=*/true, std::nullopt});
    state_.reply_url = *std::move(url);
  }
  EmitAdvanced();
  SendNext();
}

void UploadAttempt::OnTooLarge() {
  if (size_.Refused(span_.length)) return SendNext();
  Conclude(Failure{Error{HttpError(413), ErrorContext::kRemoteFile,
                         "the server refuses the smallest fragments for their size"},
                   /*recoverable=*/false, std::nullopt});
}

void UploadAttempt::OnClosed() {
  state_.session.closed = true;
  EmitAdvanced();
  Conclude(Success{});
}

void UploadAttempt::OnSessionLost() {
  const bool close_was_sent = repeats_close_ || sender_.times_sent() > 1;
  if (sent_.type == PacketType::kCloseSession && close_was_sent) return OnClosed();
  LoseSession("the server loses the session again and again");
}

void UploadAttempt::LoseSession(const char* why) {
  const bool has_reply_bytes = state_.reply.offset > 0;
  ForgetSession();
  EmitAdvanced();
  // Others know of the reply's bytes and must forget them first.
  if (has_reply_bytes || ++lost_sessions_ > kMaxLostSessions) {
    return Conclude(Failure{Error{HResult::kNoProgress, ErrorContext::kRemoteFile, why},
                            /*recoverable=*/true, std::nullopt});
  }
  LookAtSource(&UploadAttempt::BeginSession);
}

// True: the server's own host is asked instead of the one that it named.
bool UploadAttempt::GivesUpHost() {
  UploadSession& session = state_.session;
  if (session.host.empty()) return false;
  const auto now = std::chrono::system_clock::now();
  const bool first = !session.host_failing_since;
  if (first) session.host_failing_since = now;
  const bool patient =
      !session.host_fallback || now - *session.host_failing_since < *session.host_fallback;
  if (!patient) LoseSession("the host that the server named cannot be reached");
  if (patient && first) EmitAdvanced();
  return !patient;
}

}  // namespace engine::transfer
