// A file descriptor with an owner.
#pragma once

#include <utility>

namespace engine {

// Closes the descriptor that it holds, if any. Movable, not thread-safe.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    Reset(std::exchange(other.number_, -1));
    return *this;
  }
  ~Fd() { Reset(-1); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void Reset(int number);

 private:
  int number_ = -1;
};

}  // namespace engine
