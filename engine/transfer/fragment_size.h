// How many bytes the next fragment of an upload has: enough that answers do not
// hold it up, few enough that a broken connection costs little. Pure logic.
#pragma once

#include <chrono>
#include <cstdint>

namespace engine::transfer {

inline constexpr std::uint64_t kFirstFragment = 64 * 1024;
inline constexpr std::uint64_t kLeastFragment = 5 * 1024;    // below that servers need not go
inline constexpr std::uint64_t kMostFragment = 13ull << 20;  // as Windows has it
// A fragment that takes longer is too large, one that takes less than a quarter
// of it too small.
inline constexpr std::chrono::seconds kFragmentTime{8};

class FragmentSize {
 public:
  std::uint64_t bytes() const { return bytes_; }
  // One of `length` bytes was acknowledged after `time`.
  void Took(std::uint64_t length, std::chrono::steady_clock::duration time);
  // One of `length` bytes was refused for its size (413). False: it cannot be
  // made smaller.
  bool Refused(std::uint64_t length);

 private:
  std::uint64_t bytes_ = kFirstFragment;
  std::uint64_t most_ = kMostFragment;
};

}  // namespace engine::transfer
