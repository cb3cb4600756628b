#include "wsman/duration.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace wsman {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kLongestSeconds = 100 * 365 * kSecondsPerDay;

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array kDateUnits = {Unit{'Y', 365 * kSecondsPerDay}, Unit{'M', 30 * kSecondsPerDay},
                                   Unit{'D', kSecondsPerDay}};
constexpr std::array kTimeUnits = {Unit{'H', 3'600}, Unit{'M', 60}, Unit{'S', 1}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct Number {
  std::int64_t whole = 0;  // at most kLongestSeconds
  std::int64_t thousandths = 0;
  bool has_fraction = false;
};

// Takes "12" or "12.5" off the front of `text`; empty when neither stands there.
std::optional<Number> TakeNumber(std::string_view& text) {
  const std::size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
  if (whole == 0) return std::nullopt;
  Number number;
  for (const char c : text.substr(0, whole))
    number.whole = std::min(number.whole * 10 + (c - '0'), kLongestSeconds);
  text.remove_prefix(whole);
  if (!text.starts_with('.')) return number;

  text.remove_prefix(1);
  number.has_fraction = true;
  if (text.empty() || !IsDigit(text.front())) return std::nullopt;
  for (std::int64_t scale = 100; !text.empty() && IsDigit(text.front()); scale /= 10) {
    number.thousandths += (text.front() - '0') * scale;
    text.remove_prefix(1);
  }
  return number;
}

// Reads components in the order of `units`, each at most once, up to 'T' or the
// end: milliseconds. Empty when there is none or one is malformed.
std::optional<std::int64_t> TakeComponents(std::string_view& text,
                                           const std::array<Unit, 3>& units) {
  std::int64_t sum = 0;
  auto unit = units.begin();
  while (!text.empty() && text.front() != 'T') {
    const std::optional<Number> number = TakeNumber(text);
    if (!number || text.empty()) return std::nullopt;
    unit = std::find_if(unit, units.end(), [&text](const Unit& candidate) {
      return candidate.letter == text.front();
    });
    if (unit == units.end()) return std::nullopt;
    if (number->has_fraction && unit->letter != 'S') return std::nullopt;
    sum += std::min(number->whole, kLongestSeconds / unit->seconds) * unit->seconds * 1'000 +
           number->thousandths;
    text.remove_prefix(1);
    ++unit;
  }
  return sum;
}

}  // namespace

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text.size() < 3 || text.front() != 'P') return std::nullopt;
  text.remove_prefix(1);
  std::optional<std::int64_t> sum = TakeComponents(text, kDateUnits);
  if (!sum) return std::nullopt;
  if (!text.empty()) {
    text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    const std::optional<std::int64_t> time = TakeComponents(text, kTimeUnits);
    if (!time || !text.empty()) return std::nullopt;
    *sum += *time;
  }
  return std::chrono::milliseconds(std::min(*sum, kLongestSeconds * 1'000));
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  const auto seconds = duration.count() / 1'000;
  const auto rest = duration.count() % 1'000;
  return rest == 0 ? fmt::format("PT{}S", seconds) : fmt::format("PT{}.{:03}S", seconds, rest);
}

}  // namespace wsman
