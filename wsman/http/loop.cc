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
               .on_closed = [this](Session& session) { Remove(session); }},
      local_context_{.limits = shared.local_limits,
                     .deadlines = shared.deadlines,
                     .authenticator = shared.authenticator,
                     .handler = shared.handler,
                     .allow_unencrypted = shared.allow_unencrypted,
                     .counters = shared.counters,
                     .mailbox = mailbox_,
                     .date = date_,
                     .on_closed = context_.on_closed},
      sweep_timer_(io_) {}

Loop::~Loop() { Finish(); }

tl::expected<tcp::endpoint, std::string> Loop::Listen(const tcp::endpoint& endpoint,
                                                      bool encrypted) {
  auto listener = std::make_unique<Listener>(io_, encrypted ? Kind::kTls : Kind::kPlain);
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
  auto listener = std::make_unique<Listener>(io_, Kind::kLocal);
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
      listener.waiting =
          listener.kind == Kind::kLocal ? AdmitLocal(std::move(socket)) : Admit(std::move(socket));
      if (!listener.waiting) continue;
    }
    std::optional<ConnectionLimits::Slot> slot =
        ConnectionsOf(listener.kind).Take(Session::Clock::now());
    if (!slot) {
      listener.paused = true;
      return ArmSweep();
    }
    Add(*std::exchange(listener.waiting, std::nullopt), *std::move(slot), listener.kind);
  }
  AwaitConnection(listener);
}

ConnectionLimits& Loop::ConnectionsOf(Kind kind) const {
  return kind == Kind::kLocal ? shared_.local_connections : shared_.connections;
}

// Empty: its source has enough connections, or it has gone already.
std::optional<Loop::Peer> Loop::Admit(Socket socket) {
  error_code error;
  const tcp::endpoint peer = TcpEndpoint(socket.remote_endpoint(error));
  if (!error) socket.set_option(tcp::no_delay(true), error);
  if (!error) socket.non_blocking(true, error);
  if (error) return std::nullopt;
  std::string source = SourceOf(peer.address());
  std::string counted = peer.address().is_loopback() ? "" : source;
  if (!shared_.connections.AddFrom(counted)) return std::nullopt;
  return Peer{.socket = std::move(socket),
              .source = std::move(source),
              .counted_source = std::move(counted)};
}

std::optional<Loop::Peer> Loop::AdmitLocal(Socket socket) {
  error_code error;
  socket.non_blocking(true, error);
  auto credentials = auth::PeerCredentials::Of(socket.native_handle());
  if (error || !credentials) return std::nullopt;
  std::string source = fmt::format("local user {}", credentials->user());
  std::string counted = credentials->IsOwner() ? "" : source;
  if (!shared_.local_connections.AddFrom(counted)) return std::nullopt;
  return Peer{.socket = std::move(socket),
              .source = std::move(source),
              .counted_source = std::move(counted),
              .credentials = std::move(credentials)};
}

void Loop::Add(Peer peer, ConnectionLimits::Slot slot, Kind kind) {
  const bool encrypted = kind == Kind::kTls;
  auto transport = encrypted ? MakeTlsTransport(std::move(peer.socket), tls_)
                             : MakePlainTransport(std::move(peer.socket));
  const auto session = std::make_shared<Session>(
      kind == Kind::kLocal ? local_context_ : context_,
      auth::ConnectionInfo{.source = std::move(peer.source),
                           .encrypted = encrypted,
                           .channel_binding = encrypted ? tls_->channel_binding() : std::nullopt,
                           .server_end_point = encrypted ? tls_->server_end_point() : std::nullopt,
                           .peer = std::move(peer.credentials)},
      std::move(transport), std::move(slot));
  sessions_.emplace(session.get(), Open{session, std::move(peer.counted_source), kind});
  ++changes_;
  ArmSweep();
  session->Start();
}

void Loop::Remove(Session& session) {
  const auto open = sessions_.find(&session);
  if (open == sessions_.end()) return;
  ConnectionsOf(open->second.kind).RemoveFrom(open->second.counted_source);
  sessions_.erase(open);
  ++changes_;
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
  if (stopping_ && sessions_.empty()) return;
  GiveMemoryBack();
  for (const auto& listener : listeners_) {
    if (!stopping_ && std::exchange(listener->paused, false)) AcceptWaiting(*listener);
  }
  const bool paused = std::any_of(listeners_.begin(), listeners_.end(),
                                  [](const auto& listener) { return listener->paused; });
  if (paused || !sessions_.empty() || changes_ >= kManyChanges) ArmSweep();
}

// The C library keeps what many small blocks have left, for ever: TLS handshakes
// that come together leave tens of megabytes.
void Loop::GiveMemoryBack() {
  if (++sweeps_ % kSweepsBetweenLooks != 0 || changes_ < kManyChanges) return;
  const auto at_work = std::count_if(sessions_.begin(), sessions_.end(), [](const auto& entry) {
    return !entry.second.session->idle();
  });
  if (at_work > kFewAtWork) return;
  changes_ = 0;
  ::malloc_trim(0);
}

std::vector<std::shared_ptr<Session>> Loop::Sessions() const {
  std::vector<std::shared_ptr<Session>> sessions;
  sessions.reserve(sessions_.size());
  for (const auto& [key, open] : sessions_) sessions.push_back(open.session);
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
