#include "engine/text.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace engine {
namespace {

constexpr std::size_t kMaxQuotedCharacters = 80;

// What the first byte of a character says about it (RFC 3629).
struct Lead {
  std::size_t bytes;
  char32_t bits;     // of the first byte
  char32_t minimum;  // below it the form is overlong
};

std::optional<Lead> LeadOf(unsigned char byte) {
  if (byte < 0x80) return Lead{1, byte, 0};
  if (byte >= 0xC2 && byte < 0xE0) return Lead{2, byte & 0x1Fu, 0x80};
  if (byte >= 0xE0 && byte < 0xF0) return Lead{3, byte & 0x0Fu, 0x800};
  if (byte >= 0xF0 && byte < 0xF5) return Lead{4, byte & 0x07u, 0x10000};
  return std::nullopt;
}

struct Interval {
  char32_t first;
  char32_t last;
};

constexpr auto kControls = std::to_array<Interval>({
    {0x0000, 0x001F},
    {0x007F, 0x009F},
    {0x061C, 0x061C},
    {0x200E, 0x200F},
    {0x2028, 0x202E},
    {0x2066, 0x2069},
    {0xFFFE, 0xFFFF},
});

}  // namespace

std::optional<CodePoint> FirstCodePoint(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto lead = LeadOf(static_cast<unsigned char>(text[0]));
  if (!lead || text.size() < lead->bytes) return std::nullopt;
  char32_t value = lead->bits;
  for (std::size_t i = 1; i < lead->bytes; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0u) != 0x80u) return std::nullopt;
    value = value << 6 | (byte & 0x3Fu);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < lead->minimum || value > 0x10FFFF || surrogate) return std::nullopt;
  return CodePoint{value, lead->bytes};
}

bool IsControl(char32_t value) {
  return std::ranges::any_of(kControls, [value](const Interval& interval) {
    return value >= interval.first && value <= interval.last;
  });
}

std::optional<std::size_t> Utf16Length(std::string_view text) {
  std::size_t length = 0;
  while (!text.empty()) {
    const auto character = FirstCodePoint(text);
    if (!character) return std::nullopt;
    length += character->value > 0xFFFF ? 2 : 1;
    text.remove_prefix(character->bytes);
  }
  return length;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t shown = 0; !text.empty(); ++shown) {
    if (shown == kMaxQuotedCharacters) return quoted + "...\"";
    const auto character = FirstCodePoint(text);
    const std::size_t bytes = character ? character->bytes : 1;
    if (character && !IsControl(character->value) && character->value != U'"') {
      quoted += text.substr(0, bytes);
    } else {
      for (const char byte : text.substr(0, bytes)) {
        quoted += fmt::format("\\x{:02X}", static_cast<unsigned char>(byte));
      }
    }
    text.remove_prefix(bytes);
  }
  return quoted + "\"";
}

}  // namespace engine
