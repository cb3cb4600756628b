#include "engine/transfer/probe.h"

#include <algorithm>

#include "engine/proxy_list.h"
#include "engine/transfer/curl_url.h"
#include "engine/transfer/redirect.h"
#include "engine/transfer/request_policy.h"

namespace engine::transfer {

Probe::Probe(Net& net, TransferId id, std::string url, ReachPointer reach)
    : net_(net),
      id_(id),
      url_(std::move(url)),
      security_flags_(FlagsInForce(net, reach)),
      route_(std::move(reach), url_, security_flags_),
      deadline_(Now() + kProbeTimeout) {}

void Probe::Begin() {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Now());
  const bool may_ask = CheckRequest(net_, url_, security_flags_).has_value() &&
                       !net_.head_refusals().Refuses(OriginOf(url_), Now());
  if (left.count() <= 0 || !may_ask) return End(std::nullopt);
  head_ = HeadCollector();
  head_complete_ = false;
  ExchangeRequest request;
  request.url = url_;
  request.method = "HEAD";
  request.large = false;
  request.deadline = left;
  request.route = route_.Plan();
  exchange_ = net_.curl().Start(request, *this);
}

void Probe::Stop() { End(std::nullopt); }

ExchangeObserver::Flow Probe::OnHeaderLine(std::string_view line) {
  if (head_.BeginNextHead(line)) head_complete_ = false;
  switch (head_.Add(line)) {
    case HeadCollector::Progress::kRefused:
      return Flow::kAbort;
    case HeadCollector::Progress::kComplete:
      head_complete_ = true;
      break;
    case HeadCollector::Progress::kMore:
      break;
  }
  return Flow::kContinue;
}

void Probe::OnDone(const ExchangeResult& result) {
  const Offers server = exchange_->OffersOf(AuthTarget::kServer);
  const Offers proxy = exchange_->OffersOf(AuthTarget::kProxy);
  exchange_.reset();
  const int status = result.tunnel_status != 0 ? result.tunnel_status : head_.head().status;
  const bool by_proxy = status == kProxyAuthenticationRequired;
  if (route_.Answer(status, by_proxy ? proxy : server)) return Begin();
  if (result.proxy_unreachable && route_.NextProxy()) return Begin();
  if (!head_complete_) return End(std::nullopt);
  if (result.tunnel_status == 0)
    net_.head_refusals().Note(OriginOf(url_), head_.head().status, Now());
  if (!result.complete) return End(std::nullopt);
  const auto location = RedirectOf(head_.head());
  if (!location) return End(TotalOf(head_.head()));
  const RedirectPolicy policy = RedirectPolicyOf(security_flags_);
  auto target = ResolveRedirect(url_, *location, policy.https_to_http);
  if (!target || !policy.follow || ++redirects_ > kMaxRedirects) return End(std::nullopt);
  url_ = std::move(*target);
  route_.SetUrl(url_);
  Begin();
}

std::optional<std::uint64_t> Probe::TotalOf(const ReplyHead& head) const {
  const Decision decision = Judge({}, head);
  const auto* take = std::get_if<TakeBody>(&decision);
  return take != nullptr ? take->state.total : std::nullopt;
}

void Probe::End(std::optional<std::uint64_t> total) {
  if (ended_) return;
  ended_ = true;
  exchange_.reset();
  net_.Emit(Probed{id_, total});
}

}  // namespace engine::transfer
