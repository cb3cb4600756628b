// Requests and replies of an attempt; its bytes and its end are in
// attempt_bytes.cc.
#include "engine/transfer/attempt.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/transfer/curl_url.h"
#include "engine/transfer/request_policy.h"

namespace engine::transfer {
namespace {

// Files known to be smaller do with a small receive buffer.
constexpr std::uint64_t kSmallFileBytes = 64 * 1024;

// Without a byte for this long a transfer counts as slow.
constexpr std::chrono::milliseconds kSlow{500};

Error ReplyError(HResult code, std::string message) {
  return Error{code, ErrorContext::kRemoteFile, std::move(message)};
}

}  // namespace

Attempt::Attempt(Net& net, Download download)
    : net_(net),
      download_(std::move(download)),
      security_flags_(FlagsInForce(net, download_.settings)),
      redirect_policy_(RedirectPolicyOf(security_flags_)),
      plan_(download_),
      durable_(download_.resume),
      received_(download_.resume),
      checkpoint_time_(Now()),
      route_(download_.reach, download_.url, security_flags_) {}

void Attempt::Begin() {
  const std::string& target_name = download_.target.name;
  file_ = net_.disk().NewFile(download_.target,
                              plan_.high_performance() ? target_name : download_.temporary_name);
  const FileState& resume = download_.resume;
  const bool everything_here = resume.offset > 0 && resume.total == resume.offset;
  if (resume.offset == 0) return AskFromHere(resume);
  // Nothing could prove that the server continues the same version.
  if (!everything_here && !plan_.CanResume(resume)) return Conclude(Restarting{});
  net_.disk().Resume(file_, resume.offset, resume.total, Reply(&Attempt::OnOpenedForResume));
}

void Attempt::OnOpenedForResume(const Status& status) {
  if (ending_) return;
  if (status) {
    file_open_ = true;
    checkpoint_offset_ = durable_.offset;
    // Every byte of one version is durable; only the message got lost.
    if (durable_.total == durable_.offset) return Conclude(Success{});
    return AskFromHere(durable_);
  }
  if (status.error().code != HResult::kPathNotFound) return FailLocally(status.error());
  Conclude(Restarting{});
}

void Attempt::Stop() { Conclude(Stopping{}); }

void Attempt::Tick(SteadyTime now) {
  if (ending_) return;
  CheckpointIfDue(now);
  if (!exchange_) return;
  const bool unwanted = decision_ && !std::holds_alternative<TakeBody>(*decision_);
  if ((unwanted || redirect_) && now - decided_at_ > kMaxUnwantedTime) {
    return OnDone(ExchangeResult{});
  }
  AdjustWindow(now);
  WatchPace(now);
  const bool waiting = sent_ && !paused_;
  if (waiting && low_water_raised_ && now - last_activity_ > kSlow) {
    // Bytes may lie in the kernel below the mark.
    slow_ = true;
    LowerLowWaterMark();
  }
  if (waiting && now - last_activity_ > net_.options().stall_timeout) {
    Conclude(Failure{Error{HResult::kTimeout, ErrorContext::kGeneralTransport,
                           "the server sent nothing for too long"},
                     /*recoverable=*/true, std::nullopt});
  }
}

void Attempt::WatchPace(SteadyTime now) {
  const SteadyTime::duration passed = now - std::exchange(last_watch_, now);
  const std::chrono::seconds whole = net_.options().stall_timeout;
  // A tick that was late says nothing about the server.
  if (sent_ && !paused_)
    watched_ += std::min<SteadyTime::duration>(passed, std::chrono::seconds(1));
  if (watched_ < whole) return;
  const bool slow = watched_bytes_ < kLeastRate * static_cast<std::uint64_t>(whole.count());
  watched_ = {};
  watched_bytes_ = 0;
  if (slow) net_.Emit(Slow{download_.id});
}

// --- asking -------------------------------------------------------------------

void Attempt::AskFromHere(FileState from) {
  asked_ = std::move(from);
  url_ = download_.url;
  method_ = plan_.method();
  route_.SetUrl(url_);
  redirects_ = 0;
  AskAgain();
}

void Attempt::AskAgain() {
  head_ = HeadCollector();
  decision_.reset();
  redirect_.reset();
  body_bytes_ = 0;
  unwanted_bytes_ = 0;
  body_too_long_ = false;
  sent_ = false;
  paused_ = false;
  low_water_raised_ = false;
  last_watch_ = Now();
  watched_ = {};
  watched_bytes_ = 0;
  window_.reset();
  if (const Status allowed = CheckRequest(net_, url_, security_flags_); !allowed) {
    return Conclude(Failure{allowed.error(), /*recoverable=*/false, std::nullopt});
  }
  ExchangeRequest request;
  request.url = url_;
  request.method = method_;
  request.headers = plan_.Headers(asked_);
  // What a pause leaves in a large buffer is copied with every block that is taken out of it.
  request.large = (!asked_.total || *asked_.total >= kSmallFileBytes) &&
                  !net_.throttle().Limits(download_.priority);
  request.route = route_.Plan();
  exchange_ = net_.curl().Start(request, *this);
}

void Attempt::FollowRedirect() {
  const int status = head_.head().status;
  auto target = ResolveRedirect(url_, *redirect_, redirect_policy_.https_to_http);
  if (!redirect_policy_.follow) return RefuseRedirect(status, target);
  std::string problem;
  if (!target) problem = target.error().message;
  if (++redirects_ > kMaxRedirects) {
    problem = fmt::format("the server redirects more than {} times", kMaxRedirects);
  }
  if (!problem.empty()) {
    return Conclude(Failure{ReplyError(HttpError(status), std::move(problem)),
                            IsRecoverable(status), std::nullopt});
  }
  url_ = std::move(*target);
  method_ = RedirectedMethod(status, method_);
  route_.SetUrl(url_);
  AskAgain();
}

void Attempt::RefuseRedirect(int status, const Result<std::string>& target) {
  if (target && redirect_policy_.report) net_.Emit(Redirected{download_.id, *target});
  Conclude(Failure{ReplyError(HttpError(status),
                              "the server redirects to another address, and the job's security "
                              "flags refuse that"),
                   /*recoverable=*/false, std::nullopt});
}

void Attempt::StartFromZero(const std::string& reason) {
  // Others know of these bytes and must forget them first.
  if (durable_.offset > 0) return Conclude(Restarting{});
  if (++start_overs_ > kMaxStartOvers) {
    return Conclude(Failure{ReplyError(HResult::kInsufficientRangeSupport,
                                       "the file started over too often, last because " + reason),
                            /*recoverable=*/true, std::nullopt});
  }
  ForgetBytes();
  AskFromHere({});
}

void Attempt::ForgetBytes() {
  ++version_;
  durable_ = {};
  received_ = {};
  checkpoint_offset_ = 0;
  if (buffer_) net_.pool().GiveBack(std::move(*buffer_));
  buffer_.reset();
  connected_reported_ = false;
}

// --- inside an exchange -------------------------------------------------------

void Attempt::OnSent() {
  sent_ = true;
  last_activity_ = Now();
}

ExchangeObserver::Flow Attempt::OnHeaderLine(std::string_view line) {
  last_activity_ = Now();
  if (head_.BeginNextHead(line)) decision_.reset();
  const bool decided = decision_ || redirect_;
  switch (head_.Add(line)) {
    case HeadCollector::Progress::kMore:
      return Flow::kContinue;
    case HeadCollector::Progress::kRefused:
      decision_ = Refuse{ReplyError(HResult::kInvalidServerReply, head_.reason()),
                         /*recoverable=*/true, std::nullopt};
      return Flow::kAbort;
    case HeadCollector::Progress::kComplete:
      break;
  }
  if (decided) return Flow::kContinue;  // a trailer
  decided_at_ = last_activity_;
  // A connection whose reply has no certain end must not carry another request:
  // the rest of this reply would be taken for the next one.
  const Flow without_body = HasSoundFraming(head_.head()) ? Flow::kContinue : Flow::kAbort;
  redirect_ = RedirectOf(head_.head());
  if (redirect_) return without_body;
  decision_ = plan_.Judge(asked_, head_.head());
  const auto* take = std::get_if<TakeBody>(&*decision_);
  if (take == nullptr) return without_body;
  if (take->restarted && durable_.offset > 0) {
    // This body is for the attempt that starts at 0.
    decision_ = StartOver{"the server sends the file from its start"};
    return Flow::kAbort;
  }
  Accept(*take);
  return Flow::kContinue;
}

void Attempt::Accept(const TakeBody& take) {
  if (take.restarted) ForgetBytes();
  received_ = take.state;
  if (take.offset == 0) {
    ++version_;
    durable_ = take.state;
    checkpoint_offset_ = 0;
    file_open_ = true;
    net_.disk().Create(file_, take.state.total, Reply(&Attempt::OnCreated));
  }
  LimitWindow(take.body_length);
  if (connected_reported_) return;
  connected_reported_ = true;
  checkpoint_time_ = last_activity_;
  net_.Emit(Connected{download_.id, FileState{take.offset, received_.total, received_.validators}});
}

ExchangeObserver::Flow Attempt::OnBody(std::span<const std::byte> data) {
  last_activity_ = Now();
  const auto* take = decision_ ? std::get_if<TakeBody>(&*decision_) : nullptr;
  if (take == nullptr) return Discard(data.size());
  if (take->body_length && data.size() > *take->body_length - body_bytes_) {
    body_too_long_ = true;
    return Flow::kAbort;
  }
  if (!net_.throttle().MayTake(download_.id, download_.priority)) {
    paused_ = true;
    return Flow::kPause;
  }
  const std::uint64_t left_to_skip = take->skip > body_bytes_ ? take->skip - body_bytes_ : 0;
  const std::size_t skip = std::min<std::uint64_t>(left_to_skip, data.size());
  if (plan_.IsTooLong(received_.offset + (data.size() - skip))) return RefuseBody(plan_.TooLong());
  if (!Gather(data.subspan(skip))) {
    paused_ = true;
    return Flow::kPause;
  }
  net_.throttle().Took(download_.id, download_.priority, data.size());
  body_bytes_ += data.size();
  watched_bytes_ += data.size();
  if (take->body_length) AdjustLowWaterMark(*take->body_length - body_bytes_);
  return Flow::kContinue;
}

ExchangeObserver::Flow Attempt::Discard(std::size_t bytes) {
  unwanted_bytes_ += bytes;
  return unwanted_bytes_ > kMaxUnwantedBytes ? Flow::kAbort : Flow::kContinue;
}

// The bytes that came before are good.
ExchangeObserver::Flow Attempt::RefuseBody(Refuse refuse) {
  decision_ = std::move(refuse);
  return Flow::kAbort;
}

void Attempt::Unpause() {
  if (!exchange_ || !paused_) return;
  paused_ = false;
  last_activity_ = Now();
  exchange_->Unpause();
}

// --- the end of an exchange ---------------------------------------------------

void Attempt::OnDone(const ExchangeResult& result) {
  const Offers server = exchange_->OffersOf(AuthTarget::kServer);
  const Offers proxy = exchange_->OffersOf(AuthTarget::kProxy);
  ReleaseWindow();
  exchange_.reset();
  if (ending_) return;
  if (redirect_) return FollowRedirect();
  if (AskWithRoute(result, server, proxy)) return;
  if (!decision_) {
    if (result.tunnel_status != 0) {
      return Conclude(Failure{ReplyError(HttpError(result.tunnel_status), result.error.message),
                              IsRecoverable(result.tunnel_status), std::nullopt});
    }
    if (!result.complete) {
      return Conclude(Failure{result.error, result.recoverable, std::nullopt});
    }
    return Conclude(Failure{ReplyError(HResult::kInvalidServerReply, "the reply has no head"),
                            /*recoverable=*/true, std::nullopt});
  }
  const Decision decision = std::move(*decision_);
  if (const auto* take = std::get_if<TakeBody>(&decision)) return OnBodyEnd(*take, result);
  if (const auto* over = std::get_if<StartOver>(&decision)) return StartFromZero(over->reason);
  if (const auto* refuse = std::get_if<Refuse>(&decision)) {
    return Conclude(Failure{refuse->error, refuse->recoverable, refuse->retry_after});
  }
  Conclude(Success{});
}

// The same request again, with a credential or by another proxy.
bool Attempt::AskWithRoute(const ExchangeResult& result, const Offers& server,
                           const Offers& proxy) {
  const int status = result.tunnel_status != 0 ? result.tunnel_status : head_.head().status;
  const bool answered = decision_ && std::holds_alternative<Refuse>(*decision_);
  bool again = false;
  if (answered || result.tunnel_status != 0)
    again = route_.Answer(status, status == kProxyAuthenticationRequired ? proxy : server);
  else if (result.proxy_unreachable)
    again = route_.NextProxy();
  if (again) AskAgain();
  return again;
}

void Attempt::OnBodyEnd(const TakeBody& take, const ExchangeResult& result) {
  if (body_too_long_) {
    ForgetBytes();  // what came before is not trustworthy either
    return Conclude(
        Failure{ReplyError(HResult::kInvalidServerReply, "the body is longer than the reply said"),
                /*recoverable=*/true, std::nullopt});
  }
  if (!result.complete) {
    return Conclude(Failure{result.error, result.recoverable, std::nullopt});
  }
  if (take.body_length && body_bytes_ != *take.body_length) {
    return Conclude(Failure{Error{HResult::kConnectionError, ErrorContext::kGeneralTransport,
                                  "the body is shorter than the reply said"},
                            /*recoverable=*/true, std::nullopt});
  }
  if (!received_.total) received_.total = received_.offset;  // the last chunk tells
  if (received_.offset == *received_.total) return Conclude(Success{});
  AskForTheRest();
}

// The server sent less than was asked for; the bytes so far are good.
void Attempt::AskForTheRest() {
  if (plan_.CanContinue(received_)) return AskFromHere(received_);
  Conclude(Failure{ReplyError(HResult::kInsufficientRangeSupport,
                              "the server sent a part of the file and the rest cannot be proven to "
                              "belong to it"),
                   /*recoverable=*/false, std::nullopt});
}

}  // namespace engine::transfer
