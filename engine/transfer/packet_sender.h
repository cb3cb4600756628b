// Sends packets of the upload protocol, one at a time, and finds out what the server
// says: credentials, proxies and redirects are dealt with on the way. On the net
// thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/transfer/background_window.h"
#include "engine/transfer/fragment_body.h"
#include "engine/transfer/head_collector.h"
#include "engine/transfer/net.h"
#include "engine/transfer/redirect.h"

namespace engine::transfer {

// A server may think about a packet for this many times stall_timeout: its
// application has the whole file to look at.
inline constexpr int kAnswerStalls = 5;

// No answer, or none that can be trusted.
struct PacketFailure {
  Error error;
  bool recoverable = true;
  bool below_http = true;  // the host itself did not answer
};
using PacketAnswer = std::variant<ReplyHead, PacketFailure>;

class PacketSender final : public ExchangeObserver {
 public:
  // `url` is the job's own: what is secret goes to its origin alone. `answered` is
  // called once for each Send that End does not stop; the next Send may be there.
  PacketSender(Net& net, const std::string& url, ReachPointer reach, std::uint32_t security_flags,
               std::function<void(PacketAnswer)> answered);

  // From here on what is sent gives way to other traffic (background_window.h).
  void Yield() { yields_ = true; }
  // The packet goes to `url`, which a host id may have changed. `body` must stay until the
  // answer or End.
  void Send(std::string url, std::vector<std::string> headers, FragmentBody& body,
            std::optional<std::chrono::milliseconds> deadline = std::nullopt);
  void End();
  void Tick(SteadyTime now);
  void Unpause();
  bool running() const { return exchange_ != nullptr; }
  // How often the packet has gone out, or some of it.
  int times_sent() const { return times_sent_; }

  void OnSent() override;
  Flow OnHeaderLine(std::string_view line) override;
  Flow OnBody(std::span<const std::byte> data) override;
  void OnDone(const ExchangeResult& result) override;

 private:
  void Ask();
  bool AskWithRoute(const ExchangeResult& result, const Offers& server, const Offers& proxy);
  bool FollowRedirect();
  void AdjustRate(SteadyTime now);
  void ReleaseRate();
  void Answer(PacketAnswer answer);
  void AnswerTimeout(const char* message);
  PacketAnswer FailureOf(const ExchangeResult& result) const;

  Net& net_;
  const std::uint32_t security_flags_;
  const RedirectPolicy redirect_policy_;
  Route route_;
  const std::function<void(PacketAnswer)> answered_;

  std::string url_;
  std::vector<std::string> headers_;
  FragmentBody* body_ = nullptr;
  std::optional<SteadyTime> deadline_;
  int redirects_ = 0;
  std::unique_ptr<Exchange> exchange_;
  HeadCollector head_;
  bool head_complete_ = false;
  std::string refused_;  // why the head is not taken; empty: it is
  std::size_t unwanted_bytes_ = 0;
  bool yields_ = false;
  std::optional<BackgroundWindow> window_;  // of the connection
  std::uint64_t acknowledged_ = 0;          // by the kernel of the other side
  bool sent_ = false;                       // by the running exchange
  int times_sent_ = 0;
  SteadyTime sent_at_;
  SteadyTime head_at_;
};

}  // namespace engine::transfer
