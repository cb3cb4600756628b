// Text that is kept often and changed never: copies share it, and an empty one
// costs no more than its pointer. A queue of 100,000 jobs is mostly such texts.
#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace engine {

// Below 4 GiB. Copies in several threads may share one text; one object is for
// one thread at a time, as with std::string.
class SharedText {
 public:
  SharedText() = default;
  // Implicit, so that it is given texts like a std::string.
  SharedText(std::string_view text);                                           // NOLINT
  SharedText(const std::string& text) : SharedText(std::string_view(text)) {}  // NOLINT
  SharedText(const char* text) : SharedText(std::string_view(text)) {}         // NOLINT
  SharedText(const SharedText& other) noexcept;
  SharedText(SharedText&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~SharedText();

  // Valid as long as any copy; not null-terminated.
  std::string_view view() const;
  operator std::string_view() const { return view(); }  // NOLINT: as std::string has it
  std::string ToString() const { return std::string(view()); }
  bool empty() const { return body_ == nullptr; }
  std::size_t size() const { return view().size(); }

  friend bool operator==(const SharedText& a, const SharedText& b) {
    return a.body_ == b.body_ || a.view() == b.view();
  }
  friend bool operator==(const SharedText& a, std::string_view b) { return a.view() == b; }
  friend bool operator==(const SharedText& a, const std::string& b) { return a.view() == b; }
  friend bool operator==(const SharedText& a, const char* b) { return a.view() == b; }
  friend std::ostream& operator<<(std::ostream& out, const SharedText& text) {
    return out << text.view();
  }

 private:
  struct Body;

  Body* body_ = nullptr;  // null for the empty text
};

// Gives texts that are equal one body. For texts of which there are few, such as
// the owners of jobs. Not thread-safe.
class SharedTexts {
 public:
  // At most this many are remembered, beyond that none: a text is then shared
  // with its copies only.
  static constexpr std::size_t kMost = 4'096;

  SharedText Share(const SharedText& text);

 private:
  struct Hash {
    std::size_t operator()(const SharedText& text) const {
      return std::hash<std::string_view>()(text.view());
    }
  };
  std::unordered_set<SharedText, Hash> texts_;
};

}  // namespace engine
