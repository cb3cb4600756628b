#include "engine/bandwidth.h"

#include <algorithm>
#include <cmath>
#include <ctime>

namespace engine {
namespace {

using std::chrono::minutes;
using std::chrono::system_clock;

constexpr minutes kDay{24 * 60};
constexpr int kDaysAhead = 8;

struct LocalTime {
  int day = 0;  // 0 is Sunday
  minutes time{0};
};

LocalTime LocalTimeAt(system_clock::time_point time) {
  const std::time_t seconds = system_clock::to_time_t(time);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return {parts.tm_wday, std::chrono::hours(parts.tm_hour) + minutes(parts.tm_min)};
}

bool Holds(const BandwidthPeriod& period, const LocalTime& now) {
  const auto begins = [&period](int day) {
    return period.days.test(static_cast<std::size_t>((day + 7) % 7));
  };
  if (period.from < period.to)
    return begins(now.day) && period.from <= now.time && now.time < period.to;
  return (begins(now.day) && now.time >= period.from) ||
         (begins(now.day - 1) && now.time < period.to);
}

}  // namespace

Rates RatesAt(const BandwidthOptions& options, system_clock::time_point time) {
  Rates rates = options.rates;
  if (options.periods.empty()) return rates;
  const LocalTime now = LocalTimeAt(time);
  const auto period =
      std::ranges::find_if(options.periods, [&now](const auto& p) { return Holds(p, now); });
  if (period == options.periods.end()) return rates;
  for (std::size_t i = 0; i < kRateClasses; ++i) rates[i] = period->rates[i].value_or(rates[i]);
  return rates;
}

// Minute by minute: days with 23 and 25 hours and times that a day lacks or has
// twice need no rule of their own. It takes a millisecond, a few times a day.
std::optional<system_clock::time_point> NextRateChange(const BandwidthOptions& options,
                                                       system_clock::time_point time) {
  if (options.periods.empty()) return std::nullopt;
  const Rates now = RatesAt(options, time);
  auto minute = std::chrono::floor<minutes>(time);
  const auto end = minute + kDaysAhead * kDay;
  while (minute < end) {
    minute += minutes(1);
    if (RatesAt(options, minute) != now) return minute;
  }
  return std::nullopt;
}

void TokenBucket::SetRate(std::uint64_t bytes_per_second, Time now) {
  if (rate_ == bytes_per_second) return;
  const bool had_limit = rate_ != 0;
  if (had_limit) Refill(now);
  rate_ = bytes_per_second;
  filled_ = now;
  // What is owed at one rate must not be paid back at another: after a change
  // from slow to fast it is nothing, the other way round it could take minutes.
  level_ = had_limit ? std::clamp(level_, 0.0, Depth()) : Depth();
}

bool TokenBucket::HasAny(Time now) {
  if (rate_ == 0) return true;
  Refill(now);
  return level_ > 0;
}

bool TokenBucket::IsWorthwhile(Time now) { return WorthwhileAt(now) <= now; }

void TokenBucket::Take(std::uint64_t bytes, Time now) {
  if (rate_ == 0) return;
  Refill(now);
  level_ -= static_cast<double>(bytes);
}

TokenBucket::Time TokenBucket::WorthwhileAt(Time now) {
  if (rate_ == 0) return now;
  Refill(now);
  const double missing = Depth() / 2 - level_;
  if (missing <= 0) return now;
  const double nanoseconds = std::ceil(missing * 1e9 / static_cast<double>(rate_));
  return now + std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

void TokenBucket::Refill(Time now) {
  if (now <= filled_) return;
  const std::chrono::duration<double> passed = now - filled_;
  filled_ = now;
  level_ = std::min(level_ + passed.count() * static_cast<double>(rate_), Depth());
}

double TokenBucket::Depth() const {
  const std::chrono::duration<double> depth = kBucketDepth;
  return static_cast<double>(rate_) * depth.count();
}

}  // namespace engine
