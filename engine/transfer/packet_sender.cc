#include "engine/transfer/packet_sender.h"

#include <algorithm>

#include "engine/proxy_list.h"
#include "engine/transfer/curl_url.h"
#include "engine/transfer/request_policy.h"

namespace engine::transfer {
namespace {

// More would be sent past a rate limit, and would look like a server that thinks.
constexpr std::uint32_t kUnsentBytes = 128 * 1024;

}  // namespace

PacketSender::PacketSender(Net& net, const std::string& url, ReachPointer reach,
                           std::uint32_t security_flags, std::function<void(PacketAnswer)> answered)
    : net_(net),
      security_flags_(security_flags),
      redirect_policy_(RedirectPolicyOf(security_flags)),
      route_(std::move(reach), url, security_flags),
      answered_(std::move(answered)) {}

void PacketSender::Send(std::string url, std::vector<std::string> headers, FragmentBody& body,
                        std::optional<std::chrono::milliseconds> deadline) {
  url_ = std::move(url);
  headers_ = std::move(headers);
  body_ = &body;
  deadline_.reset();
  if (deadline) deadline_ = Now() + *deadline;
  redirects_ = 0;
  times_sent_ = 0;
  Ask();
}

void PacketSender::Ask() {
  head_ = HeadCollector();
  head_complete_ = false;
  refused_.clear();
  unwanted_bytes_ = 0;
  sent_ = false;
  route_.SetUrl(url_);
  if (const Status allowed = CheckRequest(net_, url_, security_flags_); !allowed) {
    return Answer(PacketFailure{allowed.error(), /*recoverable=*/false, /*below_http=*/false});
  }
  ExchangeRequest request;
  request.url = url_;
  request.method = kUploadMethod;
  request.headers = headers_;
  request.body = body_;
  request.large = false;  // nothing large comes back
  request.route = route_.Plan();
  if (deadline_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline_ - Now());
    request.deadline = std::max(left, std::chrono::milliseconds(1));
  }
  exchange_ = net_.curl().Start(request, *this);
}

void PacketSender::End() {
  exchange_.reset();
  body_ = nullptr;
}

void PacketSender::Unpause() {
  if (exchange_ && body_->Resume()) exchange_->Unpause();
}

void PacketSender::Tick(SteadyTime now) {
  if (!exchange_ || !sent_) return;
  if (head_complete_ && now - head_at_ > kMaxUnwantedTime) return OnDone(ExchangeResult{});
  if (head_complete_ || body_->paused()) return;
  AdjustRate(now);
  const auto quiet = now - std::max(sent_at_, body_->last_given());
  const std::chrono::seconds stall = net_.options().stall_timeout;
  if (!body_->given() && quiet > stall) AnswerTimeout("the server took nothing for too long");
  if (body_->given() && quiet > kAnswerStalls * stall)
    AnswerTimeout("the server did not answer in time");
}

void PacketSender::AnswerTimeout(const char* message) {
  exchange_.reset();
  Answer(PacketFailure{Error{HResult::kTimeout, ErrorContext::kGeneralTransport, message}});
}

// The window that lets the line be becomes a rate: of what is sent the kernel takes no
// smaller window.
void PacketSender::AdjustRate(SteadyTime now) {
  const auto path = yields_ ? exchange_->SendPath() : std::nullopt;
  if (!path || path->round_trip.count() == 0) return;
  const bool other_connection = path->bytes_received < acknowledged_;
  acknowledged_ = path->bytes_received;
  if (!window_ || other_connection) window_.emplace(now);
  const std::uint64_t window = window_->Update(*path, now);
  exchange_->LimitSending(window * 1'000'000 /
                          static_cast<std::uint64_t>(path->round_trip.count()));
}

// The connection may serve a foreground transfer next.
void PacketSender::ReleaseRate() {
  if (window_ && exchange_) exchange_->LimitSending(0);
}

// --- inside an exchange -------------------------------------------------------

void PacketSender::OnSent() {
  sent_ = true;
  ++times_sent_;
  sent_at_ = Now();
  exchange_->LimitUnsent(kUnsentBytes);
}

ExchangeObserver::Flow PacketSender::OnHeaderLine(std::string_view line) {
  if (head_.BeginNextHead(line)) head_complete_ = false;
  switch (head_.Add(line)) {
    case HeadCollector::Progress::kMore:
      return Flow::kContinue;
    case HeadCollector::Progress::kRefused:
      refused_ = head_.reason();
      return Flow::kAbort;
    case HeadCollector::Progress::kComplete:
      break;
  }
  if (head_complete_) return Flow::kContinue;  // a trailer
  head_complete_ = true;
  head_at_ = Now();
  // A connection whose reply has no certain end must not carry another request.
  if (HasSoundFraming(head_.head())) return Flow::kContinue;
  refused_ = "it cannot be told where the reply ends";
  return Flow::kAbort;
}

// An Ack has no body.
ExchangeObserver::Flow PacketSender::OnBody(std::span<const std::byte> data) {
  unwanted_bytes_ += data.size();
  return unwanted_bytes_ > kMaxUnwantedBytes ? Flow::kAbort : Flow::kContinue;
}

// --- the end of an exchange ---------------------------------------------------

void PacketSender::OnDone(const ExchangeResult& result) {
  ReleaseRate();
  const Offers server = exchange_->OffersOf(AuthTarget::kServer);
  const Offers proxy = exchange_->OffersOf(AuthTarget::kProxy);
  exchange_.reset();
  if (body_->error())
    return Answer(PacketFailure{*body_->error(), /*recoverable=*/true, /*below_http=*/false});
  if (AskWithRoute(result, server, proxy)) return;
  if (!head_complete_ || !refused_.empty()) return Answer(FailureOf(result));
  if (FollowRedirect()) return;
  Answer(head_.head());
}

// The same packet again, with a credential or by another proxy.
bool PacketSender::AskWithRoute(const ExchangeResult& result, const Offers& server,
                                const Offers& proxy) {
  int status = result.tunnel_status;
  if (status == 0 && head_complete_ && refused_.empty()) status = head_.head().status;
  bool again = false;
  if (status != 0)
    again = route_.Answer(status, status == kProxyAuthenticationRequired ? proxy : server);
  else if (result.proxy_unreachable)
    again = route_.NextProxy();
  if (!again) return false;
  body_->Rewind();
  Ask();
  return true;
}

// Only to another place of the same server, and only by those redirects that keep
// the method.
bool PacketSender::FollowRedirect() {
  const int status = head_.head().status;
  const auto location = RedirectOf(head_.head());
  if (!location || (status != 307 && status != 308)) return false;
  if (!redirect_policy_.follow || ++redirects_ > kMaxRedirects) return false;
  Result<std::string> target = ResolveRedirect(url_, *location);
  if (!target || OriginOf(*target) != OriginOf(url_)) return false;
  url_ = *std::move(target);
  body_->Rewind();
  Ask();
  return true;
}

PacketAnswer PacketSender::FailureOf(const ExchangeResult& result) const {
  if (!refused_.empty()) {
    return PacketFailure{Error{HResult::kInvalidServerReply, ErrorContext::kRemoteFile, refused_},
                         /*recoverable=*/true, /*below_http=*/false};
  }
  if (result.tunnel_status != 0) {
    return PacketFailure{Error{HttpError(result.tunnel_status), ErrorContext::kGeneralTransport,
                               result.error.message},
                         IsRecoverable(result.tunnel_status), /*below_http=*/false};
  }
  if (!result.complete) return PacketFailure{result.error, result.recoverable};
  return PacketFailure{
      Error{HResult::kInvalidServerReply, ErrorContext::kRemoteFile, "the reply has no head"}};
}

void PacketSender::Answer(PacketAnswer answer) {
  body_ = nullptr;
  answered_(std::move(answer));
}

}  // namespace engine::transfer
