#include "wsman/http/connection_limits.h"

namespace wsman::http {

bool ConnectionLimits::TakeSlot() {
  const std::lock_guard lock(mutex_);
  if (open_ >= limits_.connections || unauthenticated_ >= limits_.unauthenticated_connections) {
    return false;
  }
  ++open_;
  ++unauthenticated_;
  return true;
}

void ConnectionLimits::ReturnSlot(bool verified) {
  const std::lock_guard lock(mutex_);
  --open_;
  if (!verified) --unauthenticated_;
}

void ConnectionLimits::Verified() {
  const std::lock_guard lock(mutex_);
  --unauthenticated_;
}

bool ConnectionLimits::AddFrom(const std::string& source) {
  if (source.empty()) return true;
  const std::lock_guard lock(mutex_);
  std::size_t& count = sources_[source];
  if (count >= limits_.connections_per_source) {
    if (count == 0) sources_.erase(source);
    return false;
  }
  ++count;
  return true;
}

void ConnectionLimits::RemoveFrom(const std::string& source) {
  if (source.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto found = sources_.find(source);
  if (found != sources_.end() && --found->second == 0) sources_.erase(found);
}

std::size_t ConnectionLimits::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

}  // namespace wsman::http
