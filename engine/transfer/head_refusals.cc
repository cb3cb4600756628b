#include "engine/transfer/head_refusals.h"

#include <algorithm>

namespace engine::transfer {
namespace {

constexpr int kMethodNotAllowed = 405;
constexpr int kNotImplemented = 501;

}  // namespace

void HeadRefusals::Note(const std::string& origin, int status, Time now) {
  if (status != kMethodNotAllowed && status != kNotImplemented) return;
  until_.insert_or_assign(origin, now + kHeadRefusalMemory);
  if (until_.size() <= kMostHeadRefusals) return;
  until_.erase(std::ranges::min_element(until_, {}, [](const auto& item) { return item.second; }));
}

bool HeadRefusals::Refuses(const std::string& origin, Time now) const {
  const auto found = until_.find(origin);
  return found != until_.end() && now < found->second;
}

}  // namespace engine::transfer
