// The Responder of one exchange.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "wsman/http/exchange.h"
#include "wsman/http/mailbox.h"

namespace wsman::http {

class Session;

// Holds its session weakly: a handler may keep it for as long as it likes.
class PendingReply final : public Responder {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  PendingReply(std::weak_ptr<Session> session, std::shared_ptr<Mailbox> mailbox);

  void Send(Reply reply) override;
  void SetDeadline(TimePoint deadline, std::function<Reply()> on_expiry) override;

  // The reply of the deadline, once, when it has passed and nothing was sent.
  // The loop's thread only, as is Settle.
  std::optional<Reply> TakeExpired(TimePoint now);

  // Lets go of what the deadline holds.
  void Settle();

 private:
  const std::weak_ptr<Session> session_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::atomic<bool> answered_ = false;
  std::optional<TimePoint> deadline_;
  std::function<Reply()> on_expiry_;
};

}  // namespace wsman::http
