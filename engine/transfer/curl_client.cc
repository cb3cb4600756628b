#include "engine/transfer/curl_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <new>

#include <fmt/format.h>

#include "engine/transfer/curl_exchange.h"
#include "engine/transfer/curl_pools.h"
#include "engine/transfer/curl_sockets.h"
#include "engine/transfer/curl_trust.h"
#include "engine/transfer/forbidden_hosts.h"

namespace engine::transfer {
namespace {

constexpr long kIdleConnections = 64;

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

void InitialiseOnce() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

class CurlClient::Impl {
 public:
  explicit Impl(const TransferOptions& options)
      : options(options), sockets(DeniedAddresses(options)) {
    InitialiseOnce();
    multi.reset(curl_multi_init());
    if (!multi) throw std::bad_alloc();
    curl_multi_setopt(
        multi.get(), CURLMOPT_MAX_HOST_CONNECTIONS,
        static_cast<long>(std::max<std::size_t>(options.max_connections_per_host, 1)));
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kIdleConnections);
    curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }

  const TransferOptions& options;
  // In this order: connections of the pools end while the multi handle is there.
  std::unique_ptr<CURLM, MultiDeleter> multi;
  CurlPools pools;
  CurlSockets sockets;
};

CurlClient::CurlClient(const TransferOptions& options) : impl_(std::make_unique<Impl>(options)) {}
CurlClient::~CurlClient() = default;

std::unique_ptr<Exchange> CurlClient::Start(const ExchangeRequest& request,
                                            ExchangeObserver& observer) {
  // A connection that one set of flags accepted is none that another would have.
  const std::string pool =
      fmt::format("{:x} {}", TrustFlags(request.route.security_flags), request.route.connections);
  auto impl =
      std::make_unique<Exchange::Impl>(impl_->multi.get(), impl_->sockets, impl_->pools.Take(pool),
                                       impl_->options, request, observer);
  if (!impl->Begin()) throw std::bad_alloc();
  return std::make_unique<Exchange>(std::move(impl));
}

void CurlClient::Run() {
  int running = 0;
  curl_multi_perform(impl_->multi.get(), &running);
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(impl_->multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* exchange = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
    reinterpret_cast<Exchange::Impl*>(exchange)->Done(code);
  }
}

void CurlClient::Wait(std::chrono::milliseconds timeout) {
  curl_multi_poll(impl_->multi.get(), nullptr, 0, static_cast<int>(timeout.count()), nullptr);
}

void CurlClient::Wake() { curl_multi_wakeup(impl_->multi.get()); }

}  // namespace engine::transfer
