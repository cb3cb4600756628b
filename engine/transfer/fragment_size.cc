#include "engine/transfer/fragment_size.h"

#include <algorithm>

namespace engine::transfer {

void FragmentSize::Took(std::uint64_t length, std::chrono::steady_clock::duration time) {
  if (time > kFragmentTime)
    bytes_ = std::max(bytes_ / 2, kLeastFragment);
  else if (time < kFragmentTime / 4 && length >= bytes_)
    bytes_ = std::min(bytes_ * 2, most_);
}

bool FragmentSize::Refused(std::uint64_t length) {
  if (length <= kLeastFragment) return false;
  most_ = std::max(length / 2, kLeastFragment);
  bytes_ = most_;
  return true;
}

}  // namespace engine::transfer
