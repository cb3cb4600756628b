#include "wsman/auth/throttle.h"

#include <algorithm>

namespace wsman::auth {

Throttle::Throttle(Limits limits) : limits_(limits) {}

bool Throttle::Take(const std::string& key, std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Bucket& bucket = FindOrAdd(key, now);
  const double minutes =
      std::chrono::duration<double, std::ratio<60>>(now - bucket.updated).count();
  const double regained = std::max(0.0, minutes) * static_cast<double>(limits_.per_minute);
  bucket.tokens = std::min(static_cast<double>(limits_.burst), bucket.tokens + regained);
  bucket.updated = std::max(bucket.updated, now);
  if (bucket.tokens < 1.0) return false;
  bucket.tokens -= 1.0;
  return true;
}

void Throttle::Return(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return;
  double& tokens = found->second->tokens;
  tokens = std::min(static_cast<double>(limits_.burst), tokens + 1.0);
}

Throttle::Bucket& Throttle::FindOrAdd(const std::string& key,
                                      std::chrono::steady_clock::time_point now) {
  if (const auto found = index_.find(key); found != index_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found->second);
    return buckets_.front();
  }
  if (buckets_.size() >= limits_.keys && !buckets_.empty()) {
    index_.erase(buckets_.back().key);
    buckets_.pop_back();
  }
  buckets_.push_front({key, static_cast<double>(limits_.burst), now});
  index_[key] = buckets_.begin();
  return buckets_.front();
}

}  // namespace wsman::auth
