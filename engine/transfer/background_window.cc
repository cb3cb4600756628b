#include "engine/transfer/background_window.h"

#include <algorithm>

namespace engine::transfer {
namespace {

// Factors of one update.
constexpr double kStartGrowth = 1.0;  // on top of the window that is there
constexpr double kGrowth = 0.25;
constexpr double kShrink = 0.5;
constexpr double kMostShrink = 0.5;

double Seconds(std::chrono::duration<double> time) { return time.count(); }

}  // namespace

std::array<BackgroundWindow::Delay, BackgroundWindow::kIntervals> BackgroundWindow::NoneSeen() {
  std::array<Delay, kIntervals> none{};
  none.fill(Delay::max());
  return none;
}

std::uint32_t BackgroundWindow::Update(const PathSample& sample, Time now) {
  const double least = kLeastSegments * std::max<std::uint32_t>(sample.segment_bytes, 1);
  // Without a byte the kernel's estimate is of another time.
  const bool silent = last_update_ && sample.bytes_received == last_bytes_;
  if (sample.round_trip.count() > 0 && !silent) {
    Remember(sample.round_trip, now);
    const bool paused = pause_end_.has_value();
    if (Pauses(sample.round_trip, now)) {
      last_update_ = now;
      last_bytes_ = sample.bytes_received;
      return static_cast<std::uint32_t>(least);
    }
    // The first sample after a pause is of the pause.
    if (!paused) Adjust(sample.round_trip - Base(), IsUsed(sample, now));
  } else if (pause_end_ && now >= *pause_end_) {
    pause_end_.reset();
  }
  last_update_ = now;
  last_bytes_ = sample.bytes_received;
  window_ = std::clamp(window_, least, static_cast<double>(kMostWindow));
  return static_cast<std::uint32_t>(pause_end_ ? least : window_);
}

void BackgroundWindow::Remember(Delay round_trip, Time now) {
  while (now - interval_start_ >= kBaseMemory / kIntervals) {
    interval_start_ += kBaseMemory / kIntervals;
    interval_ = (interval_ + 1) % kIntervals;
    shortest_[interval_] = Delay::max();
  }
  shortest_[interval_] = std::min(shortest_[interval_], round_trip);
}

BackgroundWindow::Delay BackgroundWindow::Base() const {
  return *std::ranges::min_element(shortest_);
}

bool BackgroundWindow::Pauses(Delay round_trip, Time now) {
  if (pause_end_) {
    if (now < *pause_end_) return true;
    pause_end_.reset();
    return false;
  }
  if (now - last_pause_ < kPauseInterval) return false;
  last_pause_ = now;
  // Long enough for what is under way to arrive, and then for a few round trips.
  pause_end_ = now + std::clamp<Delay>(4 * round_trip, kPauseTime, 4 * kPauseTime);
  return true;
}

// A window far above what arrives is no limit; growing it would leave none when one is needed.
bool BackgroundWindow::IsUsed(const PathSample& sample, Time now) const {
  if (!last_update_ || now <= *last_update_) return false;
  const double arrived = static_cast<double>(sample.bytes_received - last_bytes_);
  const double in_round_trip = arrived * Seconds(sample.round_trip) / Seconds(now - *last_update_);
  return window_ < 2 * in_round_trip + kSpareWindow;
}

void BackgroundWindow::Adjust(Delay queueing, bool used) {
  const double excess = Seconds(queueing) / Seconds(kTargetDelay);  // 1: as aimed at
  if (excess > 0.5) starting_ = false;
  if (excess > 1)
    window_ *= std::max(1 - kShrink * (excess - 1), kMostShrink);
  else if (used)
    window_ *= 1 + (starting_ ? kStartGrowth : kGrowth) * (1 - excess);
}

}  // namespace engine::transfer
