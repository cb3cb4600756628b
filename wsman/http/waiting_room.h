// The connections of one loop that have not yet sent their first message: the head
// of a request, or with TLS the ClientHello. They are bare sockets; what they have
// sent stays in the kernel until a session reads it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "wsman/auth/peer_credentials.h"
#include "wsman/http/connection_limits.h"
#include "wsman/http/limits.h"
#include "wsman/http/mailbox.h"
#include "wsman/http/request_head.h"
#include "wsman/http/sockets.h"

namespace wsman::http {

enum class EndpointKind : std::uint8_t { kPlain, kTls, kLocal };

// An accepted connection.
struct Guest {
  Socket socket;
  EndpointKind kind = EndpointKind::kPlain;
  std::string source;
  std::string counted_source = {};                                  // empty: exempt from the limit
  std::optional<auth::PeerCredentials> credentials = std::nullopt;  // kLocal only
};

// Belongs to its loop's thread. Whoever has the first message here leaves for a place
// as soon as there is one, in the order of their messages.
class WaitingRoom {
 public:
  using Clock = ConnectionLimits::Clock;

  struct Events {
    // Somebody has a place. What the peer still has to say of its first message, with
    // TLS the whole handshake, has to be here by `deadline`.
    std::function<void(Guest guest, ConnectionLimits::Slot slot, Clock::time_point deadline)>
        on_place;
    // There is none for somebody: TryPlaces is to be called soon.
    std::function<void()> on_full;
  };

  // `limits` and `deadlines` outlive the room.
  WaitingRoom(const ServerLimits& limits, const ServerDeadlines& deadlines,
              std::shared_ptr<Mailbox> mailbox, Events events);

  void Add(Guest guest, ConnectionLimits::Slot slot);

  // For those with their message: nobody tells when a place becomes free.
  void TryPlaces();

  // Closes what has passed its deadline.
  void Sweep(Clock::time_point now);

  void CloseAll();
  bool empty() const { return waiting_.empty(); }

 private:
  using Number = std::uint64_t;
  struct Waiting {
    Guest guest;
    ConnectionLimits::Slot slot;
    HeadScanner scanner;  // kPlain
    Clock::time_point deadline;
    std::size_t seen = 0;  // bytes that have arrived
    std::optional<Clock::time_point> ready_since = std::nullopt;
  };

  void Await(Number number);
  void Look(Number number);
  bool IsWhole(Waiting& waiting, std::size_t count) const;
  void WantPlace(Number number, Waiting& waiting);
  bool FindPlace(Number number);
  void Close(Number number);

  const ServerLimits& limits_;
  const ServerDeadlines& deadlines_;
  const std::shared_ptr<Mailbox> mailbox_;
  const Events events_;
  std::vector<char> bytes_;  // of the one that is being looked at
  Number next_ = 0;
  std::unordered_map<Number, Waiting> waiting_;
  std::deque<Number> ready_;  // some of them may have gone
};

}  // namespace wsman::http
