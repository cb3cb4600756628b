// Values of HTTP header fields, read strictly: what does not match the grammar
// of RFC 9110 is no value at all. Pure logic.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/job.h"

namespace engine::transfer {

// The largest size of a file that Linux and libcurl can count (off_t).
inline constexpr std::uint64_t kMaxFileBytes = 0x7fff'ffff'ffff'ffff;

// Digits only, at most kMaxFileBytes.
std::optional<std::uint64_t> ParseByteCount(std::string_view text);

// Content-Range with the unit "bytes". `first`/`last` are empty for "*/total",
// `total` is empty for "first-last/*". first <= last < total holds.
struct ContentRange {
  struct Span {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  std::optional<Span> span;
  std::optional<std::uint64_t> total;
};
std::optional<ContentRange> ParseContentRange(std::string_view text);

// The three date forms of RFC 9110 5.6.7; always GMT.
std::optional<TimePoint> ParseHttpDate(std::string_view text);

// An entity tag with its quotes and without W/.
bool IsStrongEtag(std::string_view text);
bool IsWeakEtag(std::string_view text);

// ASCII comparison without case, as field names and tokens need it.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);
std::string_view TrimBlanks(std::string_view text);

}  // namespace engine::transfer
