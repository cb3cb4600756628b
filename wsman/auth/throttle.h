// Password guessing costs time: token buckets per source address and account.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace wsman::auth {

// Counts failures only: a key that succeeds is never slowed down. A bucket
// holds `burst` failures and regains `per_minute` a minute. Memory is bounded;
// the longest unused buckets go first. Thread-safe.
class Throttle {
 public:
  struct Limits {
    std::size_t burst = 10;
    std::size_t per_minute = 60;
    std::size_t keys = 10'000;
  };

  Throttle() : Throttle(Limits{}) {}
  explicit Throttle(Limits limits);

  // Whether one more attempt for this key may be verified now.
  bool Permits(const std::string& key, std::chrono::steady_clock::time_point now);
  void RecordFailure(const std::string& key, std::chrono::steady_clock::time_point now);

 private:
  struct Bucket {
    double tokens;
    std::chrono::steady_clock::time_point updated;
  };
  const Limits limits_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace wsman::auth
