#include "wsman/http/loop.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <latch>
#include <utility>

#include "wsman/http/address.h"

namespace wsman::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// How late a deadline may be noticed. One timer for all connections instead of
// one for each operation.
constexpr auto kSweepInterval = std::chrono::milliseconds(100);

// How late somebody gets a place that has become free in another loop, or with time.
// Asked for so often only while somebody waits for one.
constexpr auto kHurryInterval = std::chrono::milliseconds(10);

// After so many connections have come or gone much memory may be left behind. It is
// looked for once a second, when no more than a few are at work.
constexpr std::size_t kManyChanges = 64;
constexpr std::ptrdiff_t kFewAtWork = 16;
constexpr unsigned kSweepsBetweenLooks = 10;

// Connections taken per wake-up, so that a flood of them does not starve those
// that are open.
constexpr int kAcceptBatch = 16;

}  // namespace

Loop::Loop(const LoopShared& shared, std::shared_ptr<const TlsContext> tls)
    : shared_(shared),
      tls_(std::move(tls)),
      work_(io_.get_executor()),
      context_{.limits = shared.limits,
               .deadlines = shared.deadlines,
               .authenticator = shared.authenticator,
               .handler = shared.handler,
               .allow_unencrypted = shared.allow_unencrypted,
               .counters = shared.counters,
               .mailbox = mailbox_,
               .date = date_,
               .on_verified = [this] { HurryAfterThisRound(); },
               .on_closed = [this](Session& session) { Remove(session); }},
      local_context_{.limits = shared.local_limits,
                     .deadlines = shared.deadlines,
                     .authenticator = shared.authenticator,
                     .handler = shared.handler,
                     .allow_unencrypted = shared.allow_unencrypted,
                     .counters = shared.counters,
                     .mailbox = mailbox_,
                     .date = date_,
                     .on_verified = context_.on_verified,
                     .on_closed = context_.on_closed},
      room_(shared.limits, shared.deadlines, mailbox_,
            {.on_place =
                 [this](Guest guest, ConnectionLimits::Slot slot,
                        Session::Clock::time_point deadline) {
                   Open(std::move(guest), std::move(slot), deadline);
                 },
             .on_full = [this] { ArmHurry(); }}),
      sweep_timer_(io_),
      hurry_timer_(io_) {}

Loop::~Loop() { Finish(); }

tl::expected<tcp::endpoint, std::string> Loop::Listen(const tcp::endpoint& endpoint,
                                                      bool encrypted) {
  auto listener =
      std::make_unique<Listener>(io_, encrypted ? EndpointKind::kTls : EndpointKind::kPlain);
  Acceptor& acceptor = listener->acceptor;
  error_code error;
  const auto step = [&error](auto&& action) {
    if (!error) action();
  };
  step([&] { acceptor.open(endpoint.protocol(), error); });
  step([&] { acceptor.set_option(Acceptor::reuse_address(true), error); });
  step([&] { acceptor.set_option(ReusePort(true), error); });
  if (endpoint.address().is_v6()) {
    step([&] { acceptor.set_option(asio::ip::v6_only(true), error); });
  }
  step([&] { acceptor.bind(endpoint, error); });
  step([&] { acceptor.listen(Acceptor::max_listen_connections, error); });
  step([&] { acceptor.non_blocking(true, error); });
  tcp::endpoint bound;
  step([&] { bound = TcpEndpoint(acceptor.local_endpoint(error)); });
  if (error) {
    return tl::unexpected(fmt::format("cannot listen on {}:{}: {}", endpoint.address().to_string(),
                                      endpoint.port(), error.message()));
  }
  listeners_.push_back(std::move(listener));
  return bound;
}

tl::expected<void, std::string> Loop::ListenLocal(int descriptor) {
  auto listener = std::make_unique<Listener>(io_, EndpointKind::kLocal);
  const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  error_code error;
  if (own < 0) {
    error.assign(errno, boost::system::generic_category());
  } else {
    listener->acceptor.assign(StreamProtocol(AF_UNIX, 0), own, error);
  }
  if (!error) listener->acceptor.non_blocking(true, error);
  if (error) {
    return tl::unexpected(fmt::format("cannot listen on the local socket: {}", error.message()));
  }
  listeners_.push_back(std::move(listener));
  return {};
}

void Loop::Run(unsigned number) {
  std::latch started(1);
  thread_ = std::thread([this, number, &started] {
    ::pthread_setname_np(::pthread_self(), fmt::format("http.{}", number).c_str());
    // The mailbox's lock keeps the wake-up from outliving io_.
    mailbox_->Open([this] { asio::post(io_, [mailbox = mailbox_] { mailbox->Deliver(); }); });
    started.count_down();
    for (const auto& listener : listeners_) AwaitConnection(*listener);
    io_.run();
    mailbox_->Close();
  });
  started.wait();  // what is sent to the mailbox from here on arrives
}

void Loop::AwaitConnection(Listener& listener) {
  listener.acceptor.async_wait(Acceptor::wait_read, [this, &listener](error_code error) {
    if (!error && !stopping_) AcceptWaiting(listener);
  });
}

void Loop::AcceptWaiting(Listener& listener) {
  for (int taken = 0; taken < kAcceptBatch; ++taken) {
    if (!listener.waiting) {
      Socket socket(io_.get_executor());
      error_code error;
      listener.acceptor.accept(socket, error);
      if (error == asio::error::would_block || error == asio::error::connection_aborted) break;
      if (error) {
        // Out of descriptors or memory: the peer stays in the backlog.
        spdlog::error("cannot accept connections at present: {}", error.message());
        listener.paused = true;
        return ArmSweep();
      }
      shared_.counters.accepted.fetch_add(1, std::memory_order_relaxed);
      listener.waiting = listener.kind == EndpointKind::kLocal
                             ? AdmitLocal(std::move(socket))
                             : Admit(std::move(socket), listener.kind);
      if (!listener.waiting) continue;
    }
    if (!TakeIn(listener)) return ArmHurry();
  }
  AwaitConnection(listener);
}

// False: there is no room, and the guest goes on waiting for it.
bool Loop::TakeIn(Listener& listener) {
  Guest& guest = *listener.waiting;
  auto slot = ConnectionsOf(guest.kind).Take(Session::Clock::now(), guest.counted_source);
  if (!slot && slot.error() == ConnectionLimits::Refusal::kNoRoom) return false;
  if (slot) {
    ArmSweep();
    room_.Add(std::move(guest), *std::move(slot));
  }
  listener.waiting.reset();
  return true;
}

ConnectionLimits& Loop::ConnectionsOf(EndpointKind kind) const {
  return kind == EndpointKind::kLocal ? shared_.local_connections : shared_.connections;
}

// Empty: it has gone already.
std::optional<Guest> Loop::Admit(Socket socket, EndpointKind kind) {
  error_code error;
  const tcp::endpoint peer = TcpEndpoint(socket.remote_endpoint(error));
  if (!error) socket.set_option(tcp::no_delay(true), error);
  if (!error) socket.non_blocking(true, error);
  if (error) return std::nullopt;
  std::string source = SourceOf(peer.address());
  std::string counted = peer.address().is_loopback() ? "" : source;
  return Guest{.socket = std::move(socket),
               .kind = kind,
               .source = std::move(source),
               .counted_source = std::move(counted)};
}

std::optional<Guest> Loop::AdmitLocal(Socket socket) {
  error_code error;
  socket.non_blocking(true, error);
  auto credentials = auth::PeerCredentials::Of(socket.native_handle());
  if (error || !credentials) return std::nullopt;
  std::string source = fmt::format("local user {}", credentials->user());
  std::string counted = credentials->IsOwner() ? "" : source;
  return Guest{.socket = std::move(socket),
               .kind = EndpointKind::kLocal,
               .source = std::move(source),
               .counted_source = std::move(counted),
               .credentials = std::move(credentials)};
}

void Loop::Open(Guest guest, ConnectionLimits::Slot slot, Session::Clock::time_point deadline) {
  const bool encrypted = guest.kind == EndpointKind::kTls;
  auto transport = encrypted ? MakeTlsTransport(std::move(guest.socket), tls_)
                             : MakePlainTransport(std::move(guest.socket));
  const auto session = std::make_shared<Session>(
      guest.kind == EndpointKind::kLocal ? local_context_ : context_,
      auth::ConnectionInfo{.source = std::move(guest.source),
                           .encrypted = encrypted,
                           .channel_binding = encrypted ? tls_->channel_binding() : std::nullopt,
                           .server_end_point = encrypted ? tls_->server_end_point() : std::nullopt,
                           .peer = std::move(guest.credentials)},
      std::move(transport), std::move(slot));
  sessions_.emplace(session.get(), session);
  ++changes_;
  session->Start(deadline);
}

void Loop::Remove(Session& session) {
  if (sessions_.erase(&session) == 0) return;
  ++changes_;
  HurryAfterThisRound();
  ReportDrained();
}

void Loop::ArmSweep() {
  if (std::exchange(sweep_armed_, true)) return;
  sweep_timer_.expires_after(kSweepInterval);
  sweep_timer_.async_wait([this](error_code error) {
    sweep_armed_ = false;
    if (!error) Sweep();
  });
}

void Loop::Sweep() {
  const auto now = Session::Clock::now();
  for (const auto& session : Sessions()) session->Sweep(now);
  room_.Sweep(now);
  if (stopping_ && sessions_.empty()) return;
  GiveMemoryBack();
  for (const auto& listener : listeners_) {
    if (!stopping_ && std::exchange(listener->paused, false)) AcceptWaiting(*listener);
  }
  const bool paused = std::any_of(listeners_.begin(), listeners_.end(),
                                  [](const auto& listener) { return listener->paused; });
  const bool somebody = !sessions_.empty() || !room_.empty();
  if (paused || somebody || changes_ >= kManyChanges) ArmSweep();
}

void Loop::ArmHurry() {
  if (std::exchange(hurry_armed_, true)) return;
  hurry_timer_.expires_after(kHurryInterval);
  hurry_timer_.async_wait([this](error_code error) {
    hurry_armed_ = false;
    if (!error && !stopping_) Hurry();
  });
}

void Loop::HurryAfterThisRound() {
  if (!hurry_armed_ || std::exchange(hurry_posted_, true)) return;
  asio::post(io_, [this] {
    hurry_posted_ = false;
    if (!stopping_) Hurry();
  });
}

void Loop::Hurry() {
  room_.TryPlaces();
  for (const auto& listener : listeners_) {
    if (listener->waiting) AcceptWaiting(*listener);
  }
}

// The C library keeps what many small blocks have left, for ever: TLS handshakes
// that come together leave tens of megabytes.
void Loop::GiveMemoryBack() {
  if (++sweeps_ % kSweepsBetweenLooks != 0 || changes_ < kManyChanges) return;
  const auto at_work = std::count_if(sessions_.begin(), sessions_.end(),
                                     [](const auto& entry) { return !entry.second->idle(); });
  if (at_work > kFewAtWork) return;
  changes_ = 0;
  ::malloc_trim(0);
}

std::vector<std::shared_ptr<Session>> Loop::Sessions() const {
  std::vector<std::shared_ptr<Session>> sessions;
  sessions.reserve(sessions_.size());
  for (const auto& [key, session] : sessions_) sessions.push_back(session);
  return sessions;
}

void Loop::UseTls(std::shared_ptr<const TlsContext> tls, std::function<void()> done) {
  mailbox_->Run([this, tls = std::move(tls), done = std::move(done)]() mutable {
    tls_ = std::move(tls);
    done();
  });
}

void Loop::BeginStop() {
  mailbox_->Run([this] {
    stopping_ = true;
    error_code ignored;
    for (const auto& listener : listeners_) {
      listener->acceptor.close(ignored);
      listener->waiting.reset();
    }
    room_.CloseAll();
    for (const auto& session : Sessions()) session->CloseWhenIdle();
    ReportDrained();
  });
}

void Loop::ReportDrained() {
  if (stopping_ && sessions_.empty() && !std::exchange(drained_, true)) shared_.on_drained();
}

void Loop::Finish() {
  if (!thread_.joinable()) return;
  mailbox_->Run([this] {
    for (const auto& session : Sessions()) session->Close();
    io_.stop();
  });
  thread_.join();
}

}  // namespace wsman::http
