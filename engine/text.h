// Text from strangers: is it UTF-8, how long is it for Windows, how may it be
// shown in a message.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

// The next character of UTF-8 text.
struct CodePoint {
  char32_t value;
  std::size_t bytes;  // 1…4
};

// The first character of `text`. Empty when `text` is empty or does not begin
// with well-formed UTF-8 (overlong forms and surrogates are not).
std::optional<CodePoint> FirstCodePoint(std::string_view text);

// C0 and C1 controls, DEL, line separators and the marks that turn the reading
// direction: nothing that a name or a line of a log may hold.
bool IsControl(char32_t value);

// Length in UTF-16 units, as Windows counts. Empty when not well-formed UTF-8.
std::optional<std::size_t> Utf16Length(std::string_view text);

// `text` in double quotes for a message: safe to log and to send, at most 80
// characters; what may not be shown becomes \xNN, a longer text ends in "...".
std::string Quoted(std::string_view text);

}  // namespace engine
