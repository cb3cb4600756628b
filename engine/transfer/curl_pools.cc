#include "engine/transfer/curl_pools.h"

#include <algorithm>
#include <new>

namespace engine::transfer {

std::unique_ptr<CurlPools::Lease> CurlPools::Take(const std::string& name) {
  Pool& pool = pools_[name];
  if (!pool.share) {
    pool.share.reset(curl_share_init());
    if (!pool.share ||
        curl_share_setopt(pool.share.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK)
      throw std::bad_alloc();
  }
  pool.last_use = ++uses_;
  auto lease = std::make_unique<Lease>(pool);
  DropIdle();
  return lease;
}

void CurlPools::DropIdle() {
  const auto idle = [](const auto& entry) { return entry.second.users == 0; };
  while (static_cast<std::size_t>(std::ranges::count_if(pools_, idle)) > kMaxIdlePools) {
    auto oldest = pools_.end();
    for (auto at = pools_.begin(); at != pools_.end(); ++at) {
      if (!idle(*at)) continue;
      if (oldest == pools_.end() || at->second.last_use < oldest->second.last_use) oldest = at;
    }
    pools_.erase(oldest);
  }
}

}  // namespace engine::transfer
