#include "engine/transfer/session_cancel.h"

#include <utility>

#include "engine/transfer/curl_url.h"
#include "engine/transfer/request_policy.h"

namespace engine::transfer {
namespace {

std::string UrlOf(const CancelSession& cancel) {
  const SharedText& host = cancel.session.host;
  std::string url = host.empty() ? std::string() : WithHost(cancel.url, host.ToString());
  return url.empty() ? cancel.url : url;
}

}  // namespace

SessionCancel::SessionCancel(Net& net, CancelSession cancel)
    : net_(net),
      cancel_(std::move(cancel)),
      body_(net, cancel_.id, Priority::kForeground, nullptr, [] {}),
      sender_(net, cancel_.url, cancel_.reach, FlagsInForce(net, cancel_.reach),
              [this](const PacketAnswer& answer) { OnAnswer(answer); }) {}

void SessionCancel::Begin() {
  if (cancel_.session.id.empty()) return End(std::nullopt, /*again=*/false);
  deadline_ = Now() + kCancelTimeout;
  body_.BeginEmpty();
  sender_.Send(UrlOf(cancel_), CancelSessionHeaders(cancel_.session.id), body_, kCancelTimeout);
}

void SessionCancel::Stop() {
  End(Error{HResult::kConnectionError, ErrorContext::kGeneralTransport,
            "the service ended before the server could be told"},
      /*again=*/true);
}

// The deadline of the request does not run while it waits for a connection.
void SessionCancel::Tick(SteadyTime now) {
  if (ended_) return;
  if (now > deadline_) {
    return End(Error{HResult::kTimeout, ErrorContext::kGeneralTransport,
                     "the server did not answer in time"},
               /*again=*/true);
  }
  sender_.Tick(now);
}

void SessionCancel::OnAnswer(const PacketAnswer& answer) {
  if (const auto* failure = std::get_if<PacketFailure>(&answer))
    return End(failure->error, failure->recoverable);
  const SentPacket sent{PacketType::kCancelSession, cancel_.session.id.ToString(), 0};
  const UploadVerdict verdict = JudgeAck(sent, std::get<ReplyHead>(answer));
  if (const auto* refuse = std::get_if<Refuse>(&verdict))
    return End(refuse->error, refuse->recoverable);
  End(std::nullopt, /*again=*/false);
}

void SessionCancel::End(std::optional<Error> error, bool again) {
  if (std::exchange(ended_, true)) return;
  sender_.End();
  net_.Emit(SessionCancelled{cancel_.id, std::move(error), again});
}

}  // namespace engine::transfer
