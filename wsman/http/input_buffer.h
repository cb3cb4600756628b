// Bytes that were read and not yet used.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace wsman::http {

class InputBuffer {
 public:
  std::string_view View() const { return std::string_view(bytes_).substr(0, used_); }
  bool empty() const { return used_ == 0; }

  // Where the next read may put its bytes; valid until the next call.
  std::span<char> Space() {
    if (bytes_.size() - used_ < kSmallestRead) bytes_.resize(used_ + kRead);
    return std::span(bytes_).subspan(used_);
  }
  void Added(std::size_t count) { used_ += count; }

  void Remove(std::size_t count) {
    std::memmove(bytes_.data(), bytes_.data() + count, used_ - count);
    used_ -= count;
  }

  // Gives back what a large request took.
  void ShrinkWhenEmpty() {
    if (used_ > 0 || bytes_.size() <= kKept) return;
    bytes_.clear();
    bytes_.shrink_to_fit();
  }

 private:
  static constexpr std::size_t kRead = 4 * 1024;
  static constexpr std::size_t kSmallestRead = 1024;
  static constexpr std::size_t kKept = 16 * 1024;

  std::string bytes_;
  std::size_t used_ = 0;
};

}  // namespace wsman::http
