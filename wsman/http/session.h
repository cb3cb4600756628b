// One connection: its requests one after the other, from the first byte to the
// last byte of the reply. All of it runs on the thread of the loop it belongs
// to.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "wsman/auth/authenticator.h"
#include "wsman/auth/negotiate.h"
#include "wsman/auth/sealed_message.h"
#include "wsman/http/connection_limits.h"
#include "wsman/http/date_text.h"
#include "wsman/http/exchange.h"
#include "wsman/http/input_buffer.h"
#include "wsman/http/limits.h"
#include "wsman/http/mailbox.h"
#include "wsman/http/reply_text.h"
#include "wsman/http/request_body.h"
#include "wsman/http/request_head.h"
#include "wsman/http/transport.h"

namespace wsman::http {

class Session;
class PendingReply;

// Shared by all threads; each is only ever added to.
struct Counters {
  std::atomic<std::uint64_t> accepted = 0;
  std::atomic<std::uint64_t> rejected = 0;
  std::atomic<std::uint64_t> handled = 0;
};

// What the sessions of one loop have in common; outlives them.
struct SessionContext {
  const ServerLimits& limits;
  const ServerDeadlines& deadlines;
  auth::Authenticator& authenticator;
  RequestHandler& handler;
  bool allow_unencrypted;  // clear text without TLS also after Negotiate
  Counters& counters;
  std::shared_ptr<Mailbox> mailbox;
  DateText& date;
  // Called on the loop's thread when the peer has shown valid credentials for the
  // first time: it has left the strangers' place to another.
  std::function<void()> on_verified;
  // Called on the loop's thread, once for a session and last; may drop it.
  std::function<void(Session&)> on_closed;
};

class Session final : public Transport::Events, public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;

  Session(const SessionContext& context, auth::ConnectionInfo info,
          std::unique_ptr<Transport> transport, ConnectionLimits::Slot slot);
  ~Session() override;

  // What the peer has yet to say of its first message, with TLS of the handshake, is
  // here by `latest`.
  void Start(Clock::time_point latest);

  // Closes or answers what has passed its deadline.
  void Sweep(Clock::time_point now);

  // Closes at once when no request has begun, otherwise after its reply.
  void CloseWhenIdle();

  void Close();

  // Whether it waits for a request, of which no byte is there.
  bool idle() const { return phase_ == Phase::kIdle; }

  const auth::ConnectionInfo& info() const { return info_; }

 private:
  friend class PendingReply;

  enum class Phase {
    kHandshake,
    kIdle,  // no byte of a request yet
    kHead,
    kAuthenticating,
    kContinuing,  // writing 100 Continue
    kBody,
    kHandling,
    kWriting,
    kFinishing,
    kClosed,
  };
  // What happens once the body is here.
  enum class Purpose { kHandle, kIdentify, kRefuse };

  void OnReady(bool ok) override;
  void OnRead(std::size_t count) override;
  void OnWritten(bool ok) override;
  void OnFinished() override;

  void Enter(Phase phase, std::optional<std::chrono::milliseconds> limit);
  void ReadMore();
  void NextRequest();
  void TryHead();
  void OnHead();
  void OnNegotiate();
  void OnLocal();
  void OnVerified(const auth::Principal& principal);
  void OnIdentity(const std::optional<auth::Principal>& principal);
  void OnCaller(const auth::Principal& principal);
  void ReadBody(Purpose purpose);
  void TryBody();
  void OnBody();
  void OnTooLarge();
  void Identify();
  void Handle();
  bool Unseal(Request& request);
  void Answer(Reply reply);
  void Refuse(int status, std::string_view text = {});
  void Reject(int status);
  void RejectAndClose(int status);
  void Write(Reply reply);
  bool TooSlow(Clock::time_point now) const;

  const SessionContext& context_;
  const auth::ConnectionInfo info_;
  const std::unique_ptr<Transport> transport_;

  std::optional<ConnectionLimits::Slot> slot_;  // until it is closed

  Phase phase_ = Phase::kHandshake;
  std::optional<Clock::time_point> deadline_;  // of the phase
  std::optional<Clock::time_point> latest_;    // of each, up to the first message
  bool verified_ = false;
  bool close_after_reply_ = false;
  bool closing_ = false;  // the server stops

  InputBuffer input_;
  HeadScanner scanner_;
  std::string head_text_;  // what head_ points into
  RequestHead head_;
  BodyReader body_;
  Purpose purpose_ = Purpose::kRefuse;
  int refusal_ = 401;
  std::string_view refusal_text_;  // its body, for people; static
  Clock::time_point body_began_;
  std::size_t body_received_ = 0;

  auth::ConnectionMemory memory_;
  auth::NegotiateSession negotiate_;
  std::optional<auth::Principal> principal_;  // of the request under way, as the next two
  std::string negotiate_header_;              // for its reply; may be empty
  std::optional<auth::SealProtocol> sealed_;  // it was sealed, so its reply is
  std::shared_ptr<PendingReply> pending_;     // while handling

  std::string reply_head_;  // being written, with reply_body_
  std::string reply_body_;
};

}  // namespace wsman::http
