#include "provider/bitsd/units.h"

#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace bitsd {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// From the largest to the smallest, in milliseconds.
constexpr auto kDurations = std::to_array<Unit>(
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}});
constexpr auto kSizes =
    std::to_array<Unit>({{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}});

constexpr std::uint64_t kLongestMilliseconds = 100ull * 365 * 86'400'000;

template <std::size_t size>
std::optional<std::uint64_t> Parse(std::string_view text, const std::array<Unit, size>& units,
                                   std::uint64_t largest) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (number > largest / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const auto number = Parse(text, kDurations, kLongestMilliseconds);
  if (!number) return std::nullopt;
  return std::chrono::milliseconds(*number);
}

std::string DurationText(std::chrono::milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  if (count == 0) return "0s";
  for (const Unit& unit : kDurations) {
    if (count % unit.factor == 0) return fmt::format("{}{}", count / unit.factor, unit.name);
  }
  return {};
}

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  return Parse(text, kSizes, std::numeric_limits<std::uint64_t>::max());
}

}  // namespace bitsd
