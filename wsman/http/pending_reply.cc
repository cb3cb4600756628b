#include "wsman/http/pending_reply.h"

#include <utility>

#include "wsman/http/session.h"

namespace wsman::http {

PendingReply::PendingReply(std::weak_ptr<Session> session, std::shared_ptr<Mailbox> mailbox)
    : session_(std::move(session)), mailbox_(std::move(mailbox)) {}

void PendingReply::Send(Reply reply) {
  if (answered_.exchange(true)) return;
  mailbox_->Run([session = session_, reply = std::move(reply)]() mutable {
    if (const auto open = session.lock()) open->Answer(std::move(reply));
  });
}

void PendingReply::SetDeadline(TimePoint deadline, std::function<Reply()> on_expiry) {
  // Whoever has answered already must not be kept alive by an expiry that
  // refers to it.
  if (answered_) return;
  deadline_ = deadline;
  on_expiry_ = std::move(on_expiry);
}

std::optional<Reply> PendingReply::TakeExpired(TimePoint now) {
  if (!deadline_ || now < *deadline_ || answered_.exchange(true)) return std::nullopt;
  return on_expiry_();
}

void PendingReply::Settle() {
  deadline_.reset();
  on_expiry_ = nullptr;
}

}  // namespace wsman::http
