#include "wsman/http/waiting_room.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "wsman/http/client_hello.h"

namespace wsman::http {
namespace {

using boost::system::error_code;
using std::chrono::microseconds;

// Room for nearly every first message; whoever sends a longer one wants a place with
// so much of it.
constexpr std::size_t kLookedAt = 16 * 1024;

// How soon an honest peer can be expected to say the next thing: some round trips,
// and what its own machine takes.
constexpr unsigned kRoundTrips = 4;
constexpr auto kOwnTime = std::chrono::milliseconds(30);

ConnectionLimits::Clock::duration PatienceWith(Socket& socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  const bool known = ::getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  return kOwnTime + kRoundTrips * microseconds(known ? info.tcpi_rtt : 0);
}

// The socket becomes readable with so many bytes, or with the end of what the peer
// sends. Without it those that are left in the kernel would make it so at once.
void SetReadableWith(Socket& socket, std::size_t bytes) {
  const int count = static_cast<int>(bytes);
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVLOWAT, &count, sizeof count);
}

}  // namespace

WaitingRoom::WaitingRoom(const ServerLimits& limits, const ServerDeadlines& deadlines,
                         std::shared_ptr<Mailbox> mailbox, Events events)
    : limits_(limits),
      deadlines_(deadlines),
      mailbox_(std::move(mailbox)),
      events_(std::move(events)),
      bytes_(kLookedAt) {}

void WaitingRoom::Add(Guest guest, ConnectionLimits::Slot slot) {
  const Number number = next_++;
  const bool encrypted = guest.kind == EndpointKind::kTls;
  const auto limit = encrypted ? deadlines_.tls_handshake : deadlines_.header;
  auto& waiting = waiting_
                      .emplace(number, Waiting{.guest = std::move(guest),
                                               .slot = std::move(slot),
                                               .scanner = HeadScanner(limits_),
                                               .deadline = Clock::now() + limit})
                      .first->second;
  const bool has_room = waiting.slot.WhenEnded(
      [this, number, mailbox = mailbox_] { mailbox->Run([this, number] { Close(number); }); });
  if (!has_room) return Close(number);
  Look(number);
}

// The connection may have gone by the time its socket is readable.
void WaitingRoom::Await(Number number) {
  waiting_.at(number).guest.socket.async_wait(Socket::wait_read, [this, number](error_code error) {
    if (!error) Look(number);
  });
}

void WaitingRoom::Look(Number number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  Waiting& waiting = found->second;
  const ssize_t result =
      ::recv(waiting.guest.socket.native_handle(), bytes_.data(), bytes_.size(), MSG_PEEK);
  if (result < 0 && (errno == EAGAIN || errno == EINTR)) return Await(number);
  if (result <= 0) return Close(number);
  const auto count = static_cast<std::size_t>(result);
  const bool encrypted = waiting.guest.kind == EndpointKind::kTls;
  if (waiting.seen == 0 && !encrypted) waiting.deadline = Clock::now() + deadlines_.header;
  if (IsWhole(waiting, count)) return WantPlace(number, waiting);
  waiting.seen = count;
  SetReadableWith(waiting.guest.socket, count + 1);
  Await(number);
}

// Also when it will not become so here: without more bytes the peer has sent its last
// one, or the kernel has no room for more. A Unix socket is readable with the first
// byte whatever it was told.
bool WaitingRoom::IsWhole(Waiting& waiting, std::size_t count) const {
  if (count <= waiting.seen || count == bytes_.size()) return true;
  const std::string_view bytes(bytes_.data(), count);
  switch (waiting.guest.kind) {
    case EndpointKind::kPlain:
      return waiting.scanner.Scan(bytes) != HeadScanner::State::kIncomplete;
    case EndpointKind::kTls:
      return HasWholeClientHello(bytes);
    case EndpointKind::kLocal:
      break;
  }
  return true;
}

void WaitingRoom::WantPlace(Number number, Waiting& waiting) {
  waiting.ready_since = Clock::now();
  waiting.slot.WantPlace();
  if (ready_.empty() && FindPlace(number)) return;
  ready_.push_back(number);
  events_.on_full();
}

// True also when the connection has gone.
bool WaitingRoom::FindPlace(Number number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return true;
  const auto now = Clock::now();
  if (!found->second.slot.Enter(now, PatienceWith(found->second.guest.socket))) return false;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  if (waiting.seen > 0) SetReadableWith(waiting.guest.socket, 1);
  // It has not been slow while it waited for a place.
  events_.on_place(std::move(waiting.guest), std::move(waiting.slot),
                   waiting.deadline + (now - *waiting.ready_since));
  return true;
}

void WaitingRoom::TryPlaces() {
  while (!ready_.empty() && FindPlace(ready_.front())) ready_.pop_front();
  if (!ready_.empty()) events_.on_full();
}

void WaitingRoom::Sweep(Clock::time_point now) {
  std::erase_if(waiting_, [this, now](const auto& entry) {
    const Waiting& waiting = entry.second;
    return now >= (waiting.ready_since ? *waiting.ready_since + deadlines_.idle : waiting.deadline);
  });
}

void WaitingRoom::Close(Number number) { waiting_.erase(number); }

void WaitingRoom::CloseAll() {
  waiting_.clear();
  ready_.clear();
}

}  // namespace wsman::http
