// Stands for a user and password without holding either.
#pragma once

#include <array>
#include <string_view>

namespace wsman::auth {

// HMAC-SHA-256 under a key made with the object. Thread-safe.
class PasswordDigest {
 public:
  using Value = std::array<unsigned char, 32>;

  // Ends the process if the system has no randomness.
  PasswordDigest();

  Value operator()(std::string_view user, std::string_view password) const;

 private:
  std::array<unsigned char, 32> key_{};
};

}  // namespace wsman::auth
