// Rate limits: when which of them hold, and the bucket that keeps one of them.
//
// Pure: every call is told the time. Buckets run on the monotonic clock, so
// that setting the clock neither stops nor floods a transfer; the schedule is
// read off the wall clock in the local time zone.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace engine {

// What a limit counts. Every transfer is counted in kTotal, in kForeground or
// kBackground, and in the background in its own priority too.
enum class RateClass { kTotal, kForeground, kBackground, kHigh, kNormal, kLow };
inline constexpr std::size_t kRateClasses = 6;

// Bytes a second of each RateClass; 0 is no limit.
using Rates = std::array<std::uint64_t, kRateClasses>;

// A part of the week with rates of its own.
struct BandwidthPeriod {
  std::bitset<7> days = 0x7F;        // on which it begins; 0 is Sunday
  std::chrono::minutes from{0};      // local time of day, below 24 h
  std::chrono::minutes to{24 * 60};  // exclusive, at most 24 h; not after `from`: the day after
  std::array<std::optional<std::uint64_t>, kRateClasses> rates{};  // empty: as outside
  friend bool operator==(const BandwidthPeriod&, const BandwidthPeriod&) = default;
};

struct BandwidthOptions {
  Rates rates{};                         // outside of every period
  std::vector<BandwidthPeriod> periods;  // where several hold, the first one counts
};

// The rates that hold at `time`.
Rates RatesAt(const BandwidthOptions& options, std::chrono::system_clock::time_point time);

// The first full minute after `time` at which other rates hold; empty when none
// comes within eight days, which is never.
std::optional<std::chrono::system_clock::time_point> NextRateChange(
    const BandwidthOptions& options, std::chrono::system_clock::time_point time);

// How much a bucket holds. Deeper ones make bursts; flatter ones lose bytes
// whenever the thread that empties them is late.
inline constexpr std::chrono::milliseconds kBucketDepth{20};

// Bytes flow in at the rate and are taken out in whole blocks. The last block
// may take more than there is: the rest is owed, so that the mean is exact
// whatever the size of the blocks.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // 0: no limit. A bucket that had none starts full.
  void SetRate(std::uint64_t bytes_per_second, Time now);
  std::uint64_t rate() const { return rate_; }

  // A block may be taken: there is no limit, or something in the bucket.
  bool HasAny(Time now);
  // It is worth starting to take: there is no limit, or the bucket is half full.
  bool IsWorthwhile(Time now);
  void Take(std::uint64_t bytes, Time now);
  // When IsWorthwhile; `now` or earlier when it is.
  Time WorthwhileAt(Time now);

 private:
  void Refill(Time now);
  double Depth() const;

  std::uint64_t rate_ = 0;
  double level_ = 0;  // bytes; negative when some are owed
  Time filled_{};     // level_ is of this time
};

}  // namespace engine
