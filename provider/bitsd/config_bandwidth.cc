#include "provider/bitsd/config_bandwidth.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <chrono>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bitsd {
namespace {

using std::chrono::minutes;

constexpr std::uint64_t kBytesPerKilobit = 1'000 / 8;
constexpr int kMinutesPerHour = 60;
constexpr int kMinutesPerDay = 24 * kMinutesPerHour;

constexpr std::string_view kNotRate =
    "must be a whole number of kbit/s, or a text such as \"500kbit\", \"20Mbit\" or \"1Gbit\"";
constexpr std::string_view kNotDays =
    R"(must be a list of days or spans of days, as in ["mon-fri"] or ["sat", "sun"])";
constexpr std::string_view kNotPeriods =
    R"(must be a list of periods, as in [{ from = "08:00", to = "17:00", background = 1000 }])";
constexpr std::string_view kNotTime = R"(must be a time of day from "00:00" to "24:00")";

constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
// In the order of RateClass.
constexpr std::array<std::string_view, engine::kRateClasses> kClasses = {
    "total", "foreground", "background", "high", "normal", "low"};

struct Unit {
  std::string_view name;
  std::uint64_t kilobits;
};
constexpr std::array<Unit, 3> kUnits = {{{"kbit", 1}, {"Mbit", 1'000}, {"Gbit", 1'000'000}}};

tl::unexpected<std::string> Problem(std::string_view text) {
  return tl::unexpected(std::string(text));
}

std::optional<std::uint64_t> Digits(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Empty for what is no rate; a rate that is too large stays too large.
std::optional<std::uint64_t> Kilobits(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    const auto number = Digits(text.substr(0, text.size() - unit.name.size()));
    if (!number) return std::nullopt;
    return *number > kMostKilobits ? *number : *number * unit.kilobits;
  }
  return std::nullopt;
}

std::optional<std::size_t> DayOf(std::string_view name) {
  const auto found = std::ranges::find(kDays, name);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kDays.begin());
}

// "mon", "mon-fri", "fri-mon".
bool AddDays(std::string_view text, std::bitset<7>& days) {
  const std::size_t dash = text.find('-');
  const auto first = DayOf(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : DayOf(text.substr(dash + 1));
  if (!first || !last) return false;
  for (std::size_t day = *first; day != *last; day = (day + 1) % 7) days.set(day);
  days.set(*last);
  return true;
}

tl::expected<std::bitset<7>, std::string> ReadDays(const toml::node& node) {
  const toml::array* array = node.as_array();
  std::bitset<7> days;
  if (array == nullptr || array->empty()) return Problem(kNotDays);
  for (const toml::node& item : *array) {
    const auto text = item.value_exact<std::string>();
    if (!text || !AddDays(*text, days)) return Problem(kNotDays);
  }
  return days;
}

tl::expected<minutes, std::string> ReadTime(const toml::node& node) {
  const auto text = node.value_exact<std::string>();
  if (!text || text->size() != 5 || (*text)[2] != ':') return Problem(kNotTime);
  const auto hour = Digits(std::string_view(*text).substr(0, 2));
  const auto minute = Digits(std::string_view(*text).substr(3));
  if (!hour || !minute || *minute >= kMinutesPerHour) return Problem(kNotTime);
  const std::uint64_t time = *hour * kMinutesPerHour + *minute;
  if (time > kMinutesPerDay) return Problem(kNotTime);
  return minutes(time);
}

// Stores one setting of a period; the problem is the end of a sentence.
std::optional<std::string> ReadSetting(std::string_view name, const toml::node& value,
                                       engine::BandwidthPeriod& period) {
  const auto store = [](auto& place, auto read) -> std::optional<std::string> {
    if (!read) return read.error();
    place = *read;
    return std::nullopt;
  };
  if (name == "days") return store(period.days, ReadDays(value));
  if (name == "from") return store(period.from, ReadTime(value));
  if (name == "to") return store(period.to, ReadTime(value));
  const auto kind = std::ranges::find(kClasses, name);
  if (kind != kClasses.end())
    return store(period.rates[static_cast<std::size_t>(kind - kClasses.begin())], ReadRate(value));
  return fmt::format("is unknown; a period has days, from, to, {}", fmt::join(kClasses, ", "));
}

tl::expected<engine::BandwidthPeriod, std::string> ReadPeriod(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return Problem(kNotPeriods);
  engine::BandwidthPeriod period;
  for (const auto& [name, value] : *table) {
    if (const auto problem = ReadSetting(name.str(), value, period))
      return tl::unexpected(fmt::format("has a period whose {} {}", name.str(), *problem));
  }
  if (period.from == minutes(kMinutesPerDay))
    return Problem("has a period whose from is \"24:00\"; write \"00:00\" and the day after");
  if (period.from == period.to)
    return Problem(
        "has a period that is empty: its to must differ from its from; the end of a day is "
        "\"24:00\"");
  if (std::ranges::none_of(period.rates, [](const auto& rate) { return rate.has_value(); }))
    return tl::unexpected(
        fmt::format("has a period without a rate; give it one of {}", fmt::join(kClasses, ", ")));
  return period;
}

std::string PrintTime(minutes time) {
  return fmt::format("\"{:02}:{:02}\"", time.count() / kMinutesPerHour,
                     time.count() % kMinutesPerHour);
}

std::string PrintPeriod(const engine::BandwidthPeriod& period) {
  std::vector<std::string> days;
  for (std::size_t day = 0; day < kDays.size(); ++day) {
    if (period.days.test(day)) days.push_back(fmt::format("\"{}\"", kDays[day]));
  }
  std::string text = fmt::format("{{ days = [{}], from = {}, to = {}", fmt::join(days, ", "),
                                 PrintTime(period.from), PrintTime(period.to));
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    if (period.rates[i]) text += fmt::format(", {} = {}", kClasses[i], PrintRate(*period.rates[i]));
  }
  return text + " }";
}

}  // namespace

tl::expected<std::uint64_t, std::string> ReadRate(const toml::node& node) {
  std::optional<std::uint64_t> kilobits;
  if (const auto number = node.value_exact<std::int64_t>(); number && *number >= 0)
    kilobits = static_cast<std::uint64_t>(*number);
  else if (const auto text = node.value_exact<std::string>())
    kilobits = text->empty() ? 0 : Kilobits(*text);
  if (!kilobits) return Problem(kNotRate);
  if (*kilobits > kMostKilobits)
    return tl::unexpected(fmt::format("must be 0 to {} kbit/s, not {}", kMostKilobits, *kilobits));
  return *kilobits * kBytesPerKilobit;
}

std::string PrintRate(std::uint64_t bytes_per_second) {
  return fmt::format("{}", bytes_per_second / kBytesPerKilobit);
}

tl::expected<std::vector<engine::BandwidthPeriod>, std::string> ReadPeriods(
    const toml::node& node) {
  std::vector<engine::BandwidthPeriod> periods;
  const toml::array* array = node.as_array();
  if (array == nullptr) return Problem(kNotPeriods);
  for (const toml::node& item : *array) {
    auto period = ReadPeriod(item);
    if (!period) return tl::unexpected(period.error());
    periods.push_back(*std::move(period));
  }
  if (periods.size() > kMostPeriods)
    return tl::unexpected(
        fmt::format("may have {} periods at most, not {}", kMostPeriods, periods.size()));
  return periods;
}

std::string PrintPeriods(const std::vector<engine::BandwidthPeriod>& periods) {
  std::vector<std::string> texts;
  texts.reserve(periods.size());
  for (const engine::BandwidthPeriod& period : periods) texts.push_back(PrintPeriod(period));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

}  // namespace bitsd
