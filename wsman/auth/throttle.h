// Password guessing costs time: token buckets per source address and account.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

namespace wsman::auth {

// Limits failures only: an attempt takes a token and gives it back when it
// succeeds. A bucket holds `burst` tokens and regains `per_minute` a minute, so
// no minute sees more than their sum of failures. Memory is bounded; the
// longest unused buckets go first. Thread-safe.
class Throttle {
 public:
  struct Limits {
    std::size_t burst = 10;
    std::size_t per_minute = 50;
    std::size_t keys = 10'000;
  };

  Throttle() : Throttle(Limits{}) {}
  explicit Throttle(Limits limits);

  // Whether one more attempt for this key may be verified at `now`; if so its
  // token is taken.
  bool Take(const std::string& key, std::chrono::steady_clock::time_point now);

  // Gives a taken token back: the attempt was not a failure.
  void Return(const std::string& key);

 private:
  struct Bucket {
    std::string key;
    double tokens;
    std::chrono::steady_clock::time_point updated;
  };
  using Buckets = std::list<Bucket>;

  Bucket& FindOrAdd(const std::string& key, std::chrono::steady_clock::time_point now);

  const Limits limits_;
  std::mutex mutex_;
  Buckets buckets_;                                           // guarded by mutex_; last used first
  std::unordered_map<std::string, Buckets::iterator> index_;  // guarded by mutex_
};

}  // namespace wsman::auth
