#include "wsman/auth/utf8.h"

#include <cstddef>
#include <cstdint>

namespace wsman::auth {
namespace {

// The UTF-8 forms of RFC 3629: lead byte range, continuation bytes, and the
// range of the first of those, which excludes overlong forms, surrogates and
// everything above U+10FFFF.
struct Utf8Form {
  std::uint8_t lead_min, lead_max, continuations, second_min, second_max;
};

constexpr Utf8Form kUtf8Forms[] = {
    {0x00, 0x7F, 0, 0, 0},       {0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF},
    {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F}, {0xEE, 0xEF, 2, 0x80, 0xBF},
    {0xF0, 0xF0, 3, 0x90, 0xBF}, {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
};

// Bytes of the first character; 0 when it is not valid.
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  for (const Utf8Form& form : kUtf8Forms) {
    if (byte(0) < form.lead_min || byte(0) > form.lead_max) continue;
    if (text.size() <= form.continuations) return 0;
    if (form.continuations > 0 && (byte(1) < form.second_min || byte(1) > form.second_max)) {
      return 0;
    }
    for (std::size_t i = 2; i <= form.continuations; ++i) {
      if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
    }
    return form.continuations + 1U;
  }
  return 0;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string Latin1ToUtf8(std::string_view text) {
  std::string utf8;
  utf8.reserve(text.size() * 2);
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x80) {
      utf8.push_back(c);
    } else {
      utf8.push_back(static_cast<char>(0xC0 | (byte >> 6)));
      utf8.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return utf8;
}

}  // namespace wsman::auth
