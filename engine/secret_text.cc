#include "engine/secret_text.h"

#include <string.h>

#include <utility>

namespace engine {

void Wipe(std::string& text) {
  // Up to the capacity: an earlier, longer text may still stand behind the end.
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

SecretText::SecretText(SecretText&& other) noexcept { text_.swap(other.text_); }

SecretText& SecretText::operator=(const SecretText& other) {
  SecretText copy(other);
  text_.swap(copy.text_);
  return *this;
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  text_.swap(other.text_);
  Wipe(other.text_);
  return *this;
}

SecretText::~SecretText() { Wipe(text_); }

SecretText SecretText::TakeFrom(std::string& text) {
  // Short texts are copied rather than moved, so that the source is wiped in
  // any case.
  SecretText taken{std::string_view(text)};
  Wipe(text);
  return taken;
}

}  // namespace engine
