#include "wsman/http/server.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/ip/v6_only.hpp>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>

#include "wsman/http/address.h"
#include "wsman/http/connection_limits.h"
#include "wsman/http/local_socket.h"
#include "wsman/http/loop.h"
#include "wsman/http/tls.h"

namespace wsman::http {
namespace {

// A Unix socket is reached by its path: no name in Host can lead elsewhere, and
// clients have to make one up.
ServerLimits LocalLimits(ServerLimits limits) {
  limits.names.clear();
  return limits;
}

ServerOptions WithinDescriptors(ServerOptions options) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return options;
  std::size_t& waiting = options.limits.waiting_connections;
  const std::size_t fit = WaitingWithin(options.limits, files.rlim_cur);
  if (fit < waiting) {
    spdlog::warn(
        "limits.max_waiting_connections is {} instead of {}: this process may open {} files; "
        "raise LimitNOFILE of its unit or ulimit -n",
        fit, waiting, files.rlim_cur);
    waiting = fit;
  }
  return options;
}

using Endpoint = boost::asio::ip::tcp::endpoint;

// The loops share a port among themselves, which would also let a second daemon
// of the same account in; binding once without sharing finds that out.
tl::expected<void, std::string> ExpectFree(const Endpoint& endpoint) {
  boost::asio::io_context io;
  boost::system::error_code error;
  Acceptor acceptor(io.get_executor());
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(boost::asio::ip::v6_only(true), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) return {};
  return tl::unexpected(fmt::format("cannot listen on {}:{}: {}", endpoint.address().to_string(),
                                    endpoint.port(), error.message()));
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, auth::Authenticator& authenticator, RequestHandler& handler)
      : options_(WithinDescriptors(std::move(options))),
        local_limits_(LocalLimits(options_.limits)),
        connections_(options_.limits, options_.deadlines.undisturbed),
        local_connections_(local_limits_, options_.deadlines.undisturbed),
        shared_{.limits = options_.limits,
                .deadlines = options_.deadlines,
                .authenticator = authenticator,
                .handler = handler,
                .allow_unencrypted = options_.allow_unencrypted,
                .counters = counters_,
                .connections = connections_,
                .local_limits = local_limits_,
                .local_connections = local_connections_,
                .on_drained = [this] { OneDrained(); }} {}

  ~Impl() { Stop(std::chrono::milliseconds(0)); }

  tl::expected<void, std::string> Start() {
    SharedTls tls;
    if (!options_.https.empty()) {
      auto loaded = LoadTls();
      if (!loaded) return tl::unexpected(std::move(loaded).error());
      tls = *std::move(loaded);
    }
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const unsigned count = options_.threads == 0 ? cores : options_.threads;
    for (unsigned i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>(shared_, tls));
    for (const std::string& address : options_.http) {
      if (auto done = Listen(address, /*encrypted=*/false); !done) return done;
    }
    for (const std::string& address : options_.https) {
      if (auto done = Listen(address, /*encrypted=*/true); !done) return done;
    }
    if (auto done = ListenLocal(); !done) return done;
    if (options_.allow_unencrypted && !options_.http.empty()) {
      spdlog::warn(
          "allow_unencrypted is set: passwords and requests cross the network in clear text on {}; "
          "use this on loopback and in labs only",
          fmt::join(http_endpoints_, " "));
    }
    for (unsigned i = 0; i < count; ++i) loops_[i]->Run(i);
    return {};
  }

  tl::expected<void, std::string> ReloadTls() {
    if (options_.https.empty()) return {};
    auto tls = LoadTls();
    if (!tls) return tl::unexpected(std::move(tls).error());
    const auto others = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(loops_.size()));
    for (const auto& loop : loops_) loop->UseTls(*tls, [others] { others->count_down(); });
    others->wait();
    return {};
  }

  void Stop(std::chrono::milliseconds grace) {
    if (std::exchange(stopped_, true)) return;
    local_.reset();
    for (const auto& loop : loops_) loop->BeginStop();
    {
      std::unique_lock lock(drained_mutex_);
      drained_changed_.wait_for(lock, grace, [this] { return drained_ == loops_.size(); });
    }
    for (const auto& loop : loops_) loop->Finish();
  }

  ServerStatistics Statistics() const {
    return {.connections_accepted = counters_.accepted.load(std::memory_order_relaxed),
            .requests_rejected = counters_.rejected.load(std::memory_order_relaxed),
            .requests_handled = counters_.handled.load(std::memory_order_relaxed),
            .connections_open = connections_.open() + local_connections_.open()};
  }

  const std::vector<std::string>& http_endpoints() const { return http_endpoints_; }
  const std::vector<std::string>& https_endpoints() const { return https_endpoints_; }

 private:
  using SharedTls = std::shared_ptr<const TlsContext>;

  tl::expected<SharedTls, std::string> LoadTls() const {
    auto tls = TlsContext::Load({.certificate = options_.tls_certificate,
                                 .key = options_.tls_key,
                                 .client_ca = options_.client_ca,
                                 .client_crl = options_.client_crl});
    if (!tls) return tl::unexpected(std::move(tls).error());
    return std::make_shared<const TlsContext>(*std::move(tls));
  }

  tl::expected<void, std::string> Listen(const std::string& address, bool encrypted) {
    auto endpoint = ParseEndpoint(address);
    if (!endpoint) return tl::unexpected(endpoint.error());
    if (auto free = ExpectFree(*endpoint); !free) return free;
    for (const auto& loop : loops_) {
      // The first one finds the port when any will do; the others share it.
      endpoint = loop->Listen(*endpoint, encrypted);
      if (!endpoint) return tl::unexpected(endpoint.error());
    }
    (encrypted ? https_endpoints_ : http_endpoints_)
        .push_back(EndpointUrl(encrypted ? "https" : "http", *endpoint));
    return {};
  }

  tl::expected<void, std::string> ListenLocal() {
    if (options_.local.empty()) return {};
    auto socket = LocalSocket::Open(options_.local);
    if (!socket) return tl::unexpected(std::move(socket).error());
    local_ = *std::move(socket);
    for (const auto& loop : loops_) {
      if (auto done = loop->ListenLocal(local_->descriptor()); !done) return done;
    }
    return {};
  }

  void OneDrained() {
    const std::lock_guard lock(drained_mutex_);
    ++drained_;
    drained_changed_.notify_one();
  }

  const ServerOptions options_;
  const ServerLimits local_limits_;
  Counters counters_;
  ConnectionLimits connections_;
  ConnectionLimits local_connections_;
  LoopShared shared_;
  std::vector<std::string> http_endpoints_;
  std::vector<std::string> https_endpoints_;
  std::optional<LocalSocket> local_;
  bool stopped_ = false;

  std::mutex drained_mutex_;
  std::condition_variable drained_changed_;
  std::size_t drained_ = 0;  // guarded by drained_mutex_

  std::vector<std::unique_ptr<Loop>> loops_;  // last: they use all of the above
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

tl::expected<std::unique_ptr<Server>, std::string> Server::Start(ServerOptions options,
                                                                 auth::Authenticator& authenticator,
                                                                 RequestHandler& handler) {
  auto impl = std::make_unique<Impl>(std::move(options), authenticator, handler);
  if (auto started = impl->Start(); !started) return tl::unexpected(started.error());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const std::vector<std::string>& Server::http_endpoints() const { return impl_->http_endpoints(); }

const std::vector<std::string>& Server::https_endpoints() const { return impl_->https_endpoints(); }

ServerStatistics Server::Statistics() const { return impl_->Statistics(); }

tl::expected<void, std::string> Server::ReloadTls() { return impl_->ReloadTls(); }

void Server::Stop(std::chrono::milliseconds grace) { impl_->Stop(grace); }

}  // namespace wsman::http
