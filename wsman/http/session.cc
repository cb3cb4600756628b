#include "wsman/http/session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "wsman/http/pending_reply.h"
#include "wsman/http/request_rules.h"
#include "wsman/http/sealed_exchange.h"

namespace wsman::http {
namespace {

// For the peer to take the last reply and close.
constexpr auto kFinishLimit = std::chrono::milliseconds(2'000);

// Whoever names somebody must not act as somebody else without knowing it.
constexpr std::string_view kNamesSomebody =
    "This socket knows its callers by their processes: send no Authorization header.\n";
constexpr std::string_view kNobodyCanSay =
    "Who you are cannot be found out at present; try again later.\n";

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Session::Session(const SessionContext& context, auth::ConnectionInfo info,
                 std::unique_ptr<Transport> transport, ConnectionLimits::Slot slot)
    : context_(context),
      info_(std::move(info)),
      transport_(std::move(transport)),
      slot_(std::move(slot)),
      scanner_(context.limits) {}

Session::~Session() = default;

void Session::Start(Clock::time_point latest) {
  latest_ = latest;
  const bool has_place = slot_->WhenEnded([weak = weak_from_this(), mailbox = context_.mailbox] {
    mailbox->Run([weak] {
      if (const auto session = weak.lock()) session->Close();
    });
  });
  if (!has_place) return Close();
  Enter(Phase::kHandshake, context_.deadlines.tls_handshake);
  transport_->Handshake(shared_from_this());
}

void Session::OnReady(bool ok) {
  if (phase_ != Phase::kHandshake) return;
  if (!ok || closing_) return Close();
  if (info_.encrypted) latest_.reset();
  Enter(Phase::kIdle, context_.deadlines.header);
  ReadMore();
}

// `limit` empty: somebody else sees to it that the phase ends.
void Session::Enter(Phase phase, std::optional<std::chrono::milliseconds> limit) {
  phase_ = phase;
  if (!verified_ && phase != Phase::kAuthenticating) slot_->Release(Clock::now());
  deadline_.reset();
  if (limit)
    deadline_ = std::min(Clock::now() + *limit, latest_.value_or(Clock::time_point::max()));
}

void Session::ReadMore() { transport_->Read(shared_from_this(), input_.Space()); }

void Session::OnRead(std::size_t count) {
  if (phase_ == Phase::kClosed) return;
  if (count == 0) return Close();
  input_.Added(count);
  if (phase_ == Phase::kBody) return TryBody();
  if (phase_ == Phase::kIdle) Enter(Phase::kHead, context_.deadlines.header);
  TryHead();
}

void Session::NextRequest() {
  scanner_ = HeadScanner(context_.limits);
  head_ = RequestHead();
  principal_.reset();
  negotiate_header_.clear();
  sealed_.reset();
  refusal_text_ = {};
  close_after_reply_ = false;
  if (input_.empty()) {
    if (closing_) return Close();
    input_.ShrinkWhenEmpty();
    Enter(Phase::kIdle, context_.deadlines.idle);
    return ReadMore();
  }
  Enter(Phase::kHead, context_.deadlines.header);
  TryHead();
}

void Session::TryHead() {
  switch (scanner_.Scan(input_.View())) {
    case HeadScanner::State::kIncomplete:
      return ReadMore();
    case HeadScanner::State::kBad:
      return RejectAndClose(400);
    case HeadScanner::State::kComplete:
      break;
  }
  head_text_ = input_.View().substr(0, scanner_.length());
  input_.Remove(scanner_.length());
  const std::optional<RequestHead> head = ParseRequestHead(head_text_);
  if (!head) return RejectAndClose(400);
  head_ = *head;
  OnHead();
}

// The choke point: behind it is either Identify for strangers or a Principal.
void Session::OnHead() {
  latest_.reset();
  if (!verified_ && !slot_->Hold()) return Close();
  const bool sealed = negotiate_.established() && auth::IsSealedType(head_.content_type);
  if (!sealed && AsksAnonymousIdentify(head_, context_.limits)) {
    return ReadBody(Purpose::kIdentify);
  }
  Enter(Phase::kAuthenticating, std::nullopt);
  if (info_.peer) return OnLocal();
  if (head_.authorization && auth::HandshakeSchemeOf(*head_.authorization)) return OnNegotiate();
  if (head_.authorization && auth::IsCertificate(*head_.authorization)) {
    negotiate_.Reset();
    return OnIdentity(context_.authenticator.Certified(info_, transport_->VerifiedPeer()));
  }
  if (head_.authorization_present) {
    negotiate_.Reset();
  } else if (const auto caller = context_.authenticator.Caller(negotiate_)) {
    return OnIdentity(caller);
  }
  if (head_.authorization) {
    if (const auto known = context_.authenticator.Recall(memory_, *head_.authorization)) {
      return OnIdentity(known);
    }
  }
  context_.authenticator.Authenticate(
      info_, head_.authorization,
      [weak = weak_from_this(), mailbox = context_.mailbox](std::optional<auth::Principal> found) {
        mailbox->Run([weak, found = std::move(found)] {
          const auto session = weak.lock();
          if (!session || session->phase_ != Phase::kAuthenticating) return;
          if (found) session->context_.authenticator.Confirm(session->memory_, *found);
          session->OnIdentity(found);
        });
      });
}

void Session::OnNegotiate() {
  auto reply =
      context_.authenticator.Negotiate(info_, negotiate_, *head_.authorization, Clock::now());
  negotiate_header_ = std::move(reply.header);
  if (reply.close) return RejectAndClose(401);
  if (!reply.principal || !OnlyAuthenticates(head_)) return OnIdentity(reply.principal);
  OnVerified(*reply.principal);
  Write(Reply{.status = 200, .content_type = {}, .body = {}});
}

void Session::OnLocal() {
  if (head_.authorization_present) return Refuse(403, kNamesSomebody);
  if (const auto known = context_.authenticator.KnownLocal(*info_.peer)) return OnCaller(*known);
  context_.authenticator.FindLocal(
      *info_.peer,
      [weak = weak_from_this(), mailbox = context_.mailbox](std::optional<auth::Principal> found) {
        mailbox->Run([weak, found = std::move(found)] {
          const auto session = weak.lock();
          if (!session || session->phase_ != Phase::kAuthenticating) return;
          if (!found) return session->Refuse(503, kNobodyCanSay);
          session->OnCaller(*found);
        });
      });
}

void Session::OnVerified(const auth::Principal& principal) {
  principal_ = principal;
  if (std::exchange(verified_, true)) return;
  slot_->Verified();
  context_.on_verified();
}

void Session::OnIdentity(const std::optional<auth::Principal>& principal) {
  if (!principal) return Refuse(401);
  if (const auto complete = context_.authenticator.WithKnownGroups(*principal)) {
    return OnCaller(*complete);
  }
  context_.authenticator.FindGroups(
      *principal,
      [weak = weak_from_this(), mailbox = context_.mailbox](std::optional<auth::Principal> found) {
        mailbox->Run([weak, found = std::move(found)] {
          const auto session = weak.lock();
          if (!session || session->phase_ != Phase::kAuthenticating) return;
          if (!found) return session->Refuse(401);
          session->OnCaller(*found);
        });
      });
}

void Session::OnCaller(const auth::Principal& principal) {
  OnVerified(principal);
  if (const std::optional<int> refusal = RefusalOf(head_, context_.limits)) {
    return Refuse(*refusal);
  }
  if (WaitsForContinue(head_) && input_.empty()) {
    Enter(Phase::kContinuing, context_.deadlines.write);
    return transport_->Write(shared_from_this(), kContinue, {});
  }
  ReadBody(Purpose::kHandle);
}

void Session::ReadBody(Purpose purpose) {
  purpose_ = purpose;
  const ServerLimits& limits = context_.limits;
  if (purpose == Purpose::kHandle) {
    body_ = BodyReader(head_, limits, LargestBody(head_, limits), BodyUse::kKeep);
  } else if (purpose == Purpose::kIdentify) {
    body_ = BodyReader(head_, limits, limits.unauthenticated_body_bytes, BodyUse::kKeep);
  } else {
    body_ = BodyReader(head_, limits, limits.drained_body_bytes, BodyUse::kThrowAway);
  }
  Enter(Phase::kBody, context_.deadlines.body);
  body_began_ = Clock::now();
  body_received_ = 0;
  TryBody();
}

void Session::TryBody() {
  if (body_.state() == BodyReader::State::kMore) {
    const std::size_t taken = body_.Feed(input_.View());
    input_.Remove(taken);
    body_received_ += taken;
  }
  switch (body_.state()) {
    case BodyReader::State::kMore:
      return ReadMore();
    case BodyReader::State::kDone:
      return OnBody();
    case BodyReader::State::kBad:
      return RejectAndClose(400);
    case BodyReader::State::kTooLarge:
      return OnTooLarge();
  }
}

void Session::OnTooLarge() {
  switch (purpose_) {
    case Purpose::kHandle:
      return RejectAndClose(413);
    case Purpose::kIdentify:
      return RejectAndClose(401);
    case Purpose::kRefuse:
      return RejectAndClose(refusal_);
  }
}

void Session::OnBody() {
  switch (purpose_) {
    case Purpose::kHandle:
      return Handle();
    case Purpose::kIdentify:
      return Identify();
    case Purpose::kRefuse:
      return Reject(refusal_);
  }
}

void Session::Identify() {
  std::optional<Reply> reply = context_.handler.HandleAnonymousIdentify(body_.TakeBody());
  if (!reply) return Reject(401);
  Write(*std::move(reply));
}

void Session::Handle() {
  Request request{.content_type = std::string(head_.content_type), .body = body_.TakeBody()};
  if (request.body.empty()) return Reject(400);
  if (negotiate_.established()) {
    const bool sealed = auth::IsSealedType(head_.content_type);
    const bool clear_is_read = info_.encrypted || context_.allow_unencrypted;
    if (!negotiate_.seals() || (!sealed && !clear_is_read)) {
      context_.counters.rejected.fetch_add(1, std::memory_order_relaxed);
      return Write(context_.handler.RefuseClearText());
    }
    if (sealed && !Unseal(request)) return RejectAndClose(400);
    if (sealed && !IsSoapType(request.content_type)) return Reject(415);
  }
  Enter(Phase::kHandling, std::nullopt);
  pending_ = std::make_shared<PendingReply>(weak_from_this(), context_.mailbox);
  context_.counters.handled.fetch_add(1, std::memory_order_relaxed);
  context_.handler.Handle(*principal_, std::move(request), pending_);
}

// After a failure the streams of both ends no longer agree: the session ends.
bool Session::Unseal(Request& request) {
  auto opened = OpenSealed(negotiate_, request);
  if (!opened) {
    spdlog::warn("a sealed request from {} is refused: {}", info_.source, opened.error());
    negotiate_.Reset();
    return false;
  }
  request = std::move(opened->request);
  sealed_ = opened->protocol;
  return true;
}

void Session::Answer(Reply reply) {
  if (phase_ != Phase::kHandling) return;
  pending_->Settle();
  pending_.reset();
  if (sealed_) reply = SealReply(negotiate_, *sealed_, std::move(reply));
  Write(std::move(reply));
}

// The body of a refused request is thrown away so that the connection can stay,
// unless it is large or the client waits with it.
void Session::Refuse(int status, std::string_view text) {
  refusal_ = status;
  refusal_text_ = text;
  const bool body_follows = head_.chunked || head_.content_length.value_or(0) > 0;
  if (status == 413 || (body_follows && !head_.expect.empty())) return RejectAndClose(status);
  ReadBody(Purpose::kRefuse);
}

void Session::RejectAndClose(int status) {
  close_after_reply_ = true;
  Reject(status);
}

void Session::Reject(int status) {
  context_.counters.rejected.fetch_add(1, std::memory_order_relaxed);
  Reply reply{.status = status, .content_type = {}, .body = {}};
  if (status == refusal_ && !refusal_text_.empty()) {
    reply.content_type = "text/plain; charset=utf-8";
    reply.body = refusal_text_;
  }
  Write(std::move(reply));
}

void Session::Write(Reply reply) {
  close_after_reply_ = close_after_reply_ || closing_ || !head_.keep_alive;
  ReplyHead head{.status = reply.status,
                 .content_type = reply.content_type,
                 .content_length = reply.body.size(),
                 .date = context_.date.Now(),
                 .keep_alive = !close_after_reply_,
                 .http_1_0 = head_.http_1_0};
  if (!negotiate_header_.empty()) {
    head.challenges = {negotiate_header_};
  } else if (reply.status == 401) {
    head.challenges = context_.authenticator.Challenges(info_);
  }
  reply_head_ = ReplyText(head);
  reply_body_ = std::move(reply.body);
  Enter(Phase::kWriting, context_.deadlines.write);
  transport_->Write(shared_from_this(), reply_head_, reply_body_);
}

void Session::OnWritten(bool ok) {
  if (phase_ == Phase::kClosed) return;
  if (!ok) return Close();
  if (phase_ == Phase::kContinuing) return ReadBody(Purpose::kHandle);
  reply_body_ = std::string();
  if (!close_after_reply_) return NextRequest();
  Enter(Phase::kFinishing, kFinishLimit);
  transport_->Finish(shared_from_this());
}

void Session::OnFinished() { Close(); }

void Session::Sweep(Clock::time_point now) {
  if (phase_ == Phase::kHandling) {
    if (std::optional<Reply> reply = pending_->TakeExpired(now)) Answer(*std::move(reply));
    return;
  }
  if (phase_ == Phase::kBody && TooSlow(now)) return Close();
  if (deadline_ && now >= *deadline_) Close();
}

bool Session::TooSlow(Clock::time_point now) const {
  const auto elapsed = now - body_began_;
  if (elapsed < context_.deadlines.body_grace) return false;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count();
  return body_received_ <
         static_cast<std::uint64_t>(seconds) * context_.deadlines.body_bytes_per_second;
}

void Session::CloseWhenIdle() {
  closing_ = true;
  if (phase_ == Phase::kIdle || phase_ == Phase::kHandshake) Close();
}

void Session::Close() {
  if (std::exchange(phase_, Phase::kClosed) == Phase::kClosed) return;
  if (pending_) pending_->Settle();
  pending_.reset();
  transport_->Close();
  slot_.reset();
  context_.on_closed(*this);
}

}  // namespace wsman::http
