#include "wsman/auth/utf16.h"

#include <locale.h>
#include <wctype.h>

#include <cstddef>
#include <cstdint>

#include "wsman/auth/utf8.h"

namespace wsman::auth {
namespace {

void AppendUnit(std::string& text, std::uint32_t unit) {
  text.push_back(static_cast<char>(unit & 0xFF));
  text.push_back(static_cast<char>(unit >> 8 & 0xFF));
}

std::uint32_t UnitAt(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]) |
         static_cast<std::uint32_t>(static_cast<std::uint8_t>(text[at + 1])) << 8;
}

bool IsHighSurrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLowSurrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

void AppendUtf8(std::string& text, std::uint32_t character) {
  const auto put = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    put(character);
    return;
  }
  if (character < 0x800) {
    put(0xC0 | character >> 6);
  } else {
    if (character < 0x10000) {
      put(0xE0 | character >> 12);
    } else {
      put(0xF0 | character >> 18);
      put(0x80 | (character >> 12 & 0x3F));
    }
    put(0x80 | (character >> 6 & 0x3F));
  }
  put(0x80 | (character & 0x3F));
}

// Takes one character from valid UTF-8.
std::uint32_t TakeCharacter(std::string_view& text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t character = length == 1 ? lead : lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    character = character << 6 | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
  }
  text.remove_prefix(length);
  return character;
}

// The case table of Unicode, whatever locale the process runs in. It lives as
// long as the process.
wint_t UpperCharacter(wint_t character) {
  static const locale_t unicode = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (unicode == nullptr) return character < 0x80 ? ::towupper(character) : character;
  return ::towupper_l(character, unicode);
}

}  // namespace

std::optional<std::string> Utf8ToUtf16Le(std::string_view utf8) {
  if (!IsUtf8(utf8)) return std::nullopt;
  std::string utf16;
  utf16.reserve(utf8.size() * 2);
  while (!utf8.empty()) {
    const std::uint32_t character = TakeCharacter(utf8);
    if (character < 0x10000) {
      AppendUnit(utf16, character);
    } else {
      AppendUnit(utf16, 0xD800 + ((character - 0x10000) >> 10));
      AppendUnit(utf16, 0xDC00 + (character & 0x3FF));
    }
  }
  return utf16;
}

std::optional<std::string> Utf16LeToUtf8(std::string_view utf16) {
  if (utf16.size() % 2 != 0) return std::nullopt;
  std::string utf8;
  utf8.reserve(utf16.size());
  for (std::size_t at = 0; at < utf16.size(); at += 2) {
    const std::uint32_t unit = UnitAt(utf16, at);
    if (IsLowSurrogate(unit)) return std::nullopt;
    if (!IsHighSurrogate(unit)) {
      AppendUtf8(utf8, unit);
      continue;
    }
    at += 2;
    if (at >= utf16.size() || !IsLowSurrogate(UnitAt(utf16, at))) return std::nullopt;
    AppendUtf8(utf8, 0x10000 + ((unit & 0x3FF) << 10) + (UnitAt(utf16, at) & 0x3FF));
  }
  return utf8;
}

std::string UpperUtf16Le(std::string_view utf16) {
  std::string upper;
  upper.reserve(utf16.size());
  for (std::size_t at = 0; at + 1 < utf16.size(); at += 2) {
    const std::uint32_t unit = UnitAt(utf16, at);
    const std::uint32_t folded = UpperCharacter(unit);
    AppendUnit(upper, folded < 0x10000 ? folded : unit);
  }
  return upper;
}

}  // namespace wsman::auth
