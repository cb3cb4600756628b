// A pattern of LIKE, a line feed, and a text, next to a matcher that tries
// every way.
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/fuzz_one.h"
#include "wsman/wql_like.h"

namespace {

constexpr std::size_t kLargestPattern = 4'096;  // as long as a query may be
// What the slow matcher can do in no time.
constexpr std::size_t kLargestCompared = 64;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool Between(char first, char c, char last) { return first <= c && c <= last; }

// Whether a set, without its brackets, has `c` in it.
bool SetAccepts(std::string_view set, char c) {
  const bool negated = set.front() == '^';
  if (negated) set.remove_prefix(1);
  bool inside = false;
  while (!set.empty()) {
    const bool range = set.size() > 2 && set[1] == '-';
    const char first = set[0];
    const char last = range ? set[2] : first;
    for (char other = 'A'; other <= 'Z'; ++other) {
      if (Lower(other) == Lower(c)) inside = inside || Between(first, other, last);
    }
    inside = inside || Between(first, Lower(c), last) || Between(first, c, last);
    set.remove_prefix(range ? 3 : 1);
  }
  return inside != negated;
}

// For accepted patterns and texts of ASCII characters.
bool SlowlyMatches(std::string_view pattern, std::string_view text) {
  std::vector<bool> reached(text.size() + 1);  // by the pattern so far
  reached[0] = true;
  while (!pattern.empty()) {
    std::vector<bool> next(text.size() + 1);
    std::size_t length = 1;
    if (pattern.front() == '[') length = pattern.find(']') + 1;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (!reached[i]) continue;
      if (pattern.front() == '%') {
        std::fill(next.begin() + static_cast<std::ptrdiff_t>(i), next.end(), true);
      } else if (i < text.size()) {
        const bool accepts =
            pattern.front() == '_' ||
            (pattern.front() == '[' ? SetAccepts(pattern.substr(1, length - 2), text[i])
                                    : Lower(pattern.front()) == Lower(text[i]));
        if (accepts) next[i + 1] = true;
      }
    }
    reached = std::move(next);
    pattern.remove_prefix(length);
  }
  return reached.back();
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  std::string_view text = AsText(input);
  const std::string_view pattern = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(pattern.size() + 1, text.size()));
  if (pattern.size() > kLargestPattern) return;
  const auto like = wsman::wql::LikePattern::Parse(pattern);
  if (!like) return;
  const bool matches = like->Matches(text);
  if (input.size() > kLargestCompared || !IsAscii(AsText(input))) return;
  if (matches != SlowlyMatches(pattern, text)) std::abort();
}
