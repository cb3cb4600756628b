#include "engine/shared_text.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <new>

namespace engine {

// The characters follow in the same piece of memory.
struct SharedText::Body {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t size;

  explicit Body(std::size_t length) : size(static_cast<std::uint32_t>(length)) {}
  char* text() { return reinterpret_cast<char*>(this + 1); }
};

SharedText::SharedText(std::string_view text) {
  if (text.empty()) return;
  body_ = new (::operator new(sizeof(Body) + text.size())) Body(text.size());
  std::ranges::copy(text, body_->text());
}

SharedText::SharedText(const SharedText& other) noexcept : body_(other.body_) {
  if (body_ != nullptr) body_->references.fetch_add(1, std::memory_order_relaxed);
}

SharedText::~SharedText() {
  if (body_ == nullptr || body_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  body_->~Body();
  ::operator delete(body_);
}

std::string_view SharedText::view() const {
  return body_ == nullptr ? std::string_view() : std::string_view(body_->text(), body_->size);
}

SharedText SharedTexts::Share(const SharedText& text) {
  const auto found = texts_.find(text);
  if (found != texts_.end()) return *found;
  if (!text.empty() && texts_.size() < kMost) texts_.insert(text);
  return text;
}

}  // namespace engine
