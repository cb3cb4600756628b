#include "wsman/duration.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

namespace wsman {
namespace {

constexpr double kSecondsPerDay = 86'400;
constexpr double kLongestSeconds = 100 * 365 * kSecondsPerDay;

struct Unit {
  char letter;
  double seconds;
};
constexpr std::array kDateUnits = {Unit{'Y', 365 * kSecondsPerDay}, Unit{'M', 30 * kSecondsPerDay},
                                   Unit{'D', kSecondsPerDay}};
constexpr std::array kTimeUnits = {Unit{'H', 3'600}, Unit{'M', 60}, Unit{'S', 1}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct Number {
  double value = 0;
  bool has_fraction = false;
};

// Takes "12" or "12.5" off the front of `text`; empty when neither stands there.
std::optional<Number> TakeNumber(std::string_view& text) {
  const std::size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
  if (whole == 0) return std::nullopt;
  Number number;
  for (const char c : text.substr(0, whole))
    number.value = std::min(number.value * 10 + (c - '0'), kLongestSeconds);
  text.remove_prefix(whole);
  if (!text.starts_with('.')) return number;

  text.remove_prefix(1);
  number.has_fraction = true;
  if (text.empty() || !IsDigit(text.front())) return std::nullopt;
  for (double scale = 0.1; !text.empty() && IsDigit(text.front()); scale /= 10) {
    number.value += (text.front() - '0') * scale;
    text.remove_prefix(1);
  }
  return number;
}

// Reads components in the order of `units`, each at most once, up to 'T' or the
// end. Empty when there is none or one is malformed.
std::optional<double> TakeComponents(std::string_view& text, const std::array<Unit, 3>& units) {
  double seconds = 0;
  auto unit = units.begin();
  while (!text.empty() && text.front() != 'T') {
    const std::optional<Number> number = TakeNumber(text);
    if (!number || text.empty()) return std::nullopt;
    unit = std::find_if(unit, units.end(), [&text](const Unit& candidate) {
      return candidate.letter == text.front();
    });
    if (unit == units.end()) return std::nullopt;
    if (number->has_fraction && unit->letter != 'S') return std::nullopt;
    seconds += number->value * unit->seconds;
    text.remove_prefix(1);
    ++unit;
  }
  return seconds;
}

}  // namespace

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text.size() < 3 || text.front() != 'P') return std::nullopt;
  text.remove_prefix(1);
  std::optional<double> seconds = TakeComponents(text, kDateUnits);
  if (!seconds) return std::nullopt;
  if (!text.empty()) {
    text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    const std::optional<double> time = TakeComponents(text, kTimeUnits);
    if (!time || !text.empty()) return std::nullopt;
    *seconds += *time;
  }
  // A millisecond's share is added against binary fractions just below it.
  const double bounded = std::min(*seconds, kLongestSeconds);
  return std::chrono::milliseconds(static_cast<std::int64_t>(bounded * 1'000 + 1e-6));
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  const auto seconds = duration.count() / 1'000;
  const auto rest = duration.count() % 1'000;
  return rest == 0 ? fmt::format("PT{}S", seconds) : fmt::format("PT{}.{:03}S", seconds, rest);
}

}  // namespace wsman
