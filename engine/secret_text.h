// A password or key in memory: overwritten when it is no longer needed, never
// printed. Copies are overwritten each for itself.
#pragma once

#include <string>
#include <string_view>

namespace engine {

class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string_view text) : text_(text) {}
  SecretText(const SecretText&) = default;
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(const SecretText& other);
  SecretText& operator=(SecretText&& other) noexcept;
  ~SecretText();

  // Takes `text` over and leaves nothing of it behind.
  static SecretText TakeFrom(std::string& text);

  // Null-terminated; valid as long as this object.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Overwrites what `text` holds, then empties it.
void Wipe(std::string& text);

}  // namespace engine
