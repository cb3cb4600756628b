// Sets of kept-alive connections that are never mixed: one for each user,
// credential and client certificate, because a server may tie an identity to a
// connection (NTLM and TLS client certificates do). One thread.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace engine::transfer {

// Sets without a running exchange; the one that was idle longest goes first.
inline constexpr std::size_t kMaxIdlePools = 16;

class CurlPools {
 private:
  struct ShareDeleter {
    void operator()(CURLSH* share) const { curl_share_cleanup(share); }
  };
  struct Pool {
    std::unique_ptr<CURLSH, ShareDeleter> share;
    int users = 0;
    std::uint64_t last_use = 0;
  };

 public:
  // Keeps a pool alive. Must go after the easy handle that uses the share, and
  // before the pools.
  class Lease {
   public:
    explicit Lease(Pool& pool) : pool_(&pool) { ++pool_->users; }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { --pool_->users; }
    CURLSH* share() const { return pool_->share.get(); }

   private:
    Pool* pool_;
  };

  // The pool with this name. Throws bad_alloc.
  std::unique_ptr<Lease> Take(const std::string& name);
  std::size_t size() const { return pools_.size(); }

 private:
  void DropIdle();

  std::map<std::string, Pool> pools_;
  std::uint64_t uses_ = 0;
};

}  // namespace engine::transfer
