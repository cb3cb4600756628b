// How large the receive window of a background transfer may be, so that it
// takes what the line has to spare and gives way to everything else on it.
//
// Only the receiver's window slows a download without the server's help. The
// controller works like LEDBAT (RFC 6817, and the pauses of LEDBAT++): packets
// that take longer than they once did wait in a queue, so somebody else wants
// the line. Servers that keep queues empty by themselves (BBR) give no such
// sign; transfers share the line evenly then.
//
// Pure: every call is told the time.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace engine::transfer {

// What the kernel knows of a connection's incoming direction.
struct PathSample {
  std::chrono::microseconds round_trip{0};  // 0: not measured yet
  std::uint32_t segment_bytes = 0;
  std::uint64_t bytes_received = 0;  // since the connection began
};

// The queueing delay that is aimed at.
inline constexpr std::chrono::milliseconds kTargetDelay{25};
inline constexpr std::uint32_t kFirstWindow = 64 * 1024;
inline constexpr std::uint32_t kMostWindow = 64u << 20;
inline constexpr std::uint32_t kLeastSegments = 2;
// The window may be this much larger than twice what arrives within a round trip.
inline constexpr std::uint32_t kSpareWindow = 1 << 20;
// The shortest round trip of this time counts as one without a queue.
inline constexpr std::chrono::seconds kBaseMemory{60};
// This often the window closes for a moment, because the queue may be its own.
inline constexpr std::chrono::seconds kPauseInterval{30};
inline constexpr std::chrono::milliseconds kPauseTime{300};

class BackgroundWindow {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit BackgroundWindow(Time now) : interval_start_(now), last_pause_(now) {}

  // The window to set, in bytes. Call it about ten times a second.
  std::uint32_t Update(const PathSample& sample, Time now);
  // Wide enough to let many bytes gather before they are read.
  bool IsWide() const { return window_ >= kSpareWindow; }

 private:
  static constexpr std::size_t kIntervals = 6;
  using Delay = std::chrono::microseconds;

  void Remember(Delay round_trip, Time now);
  Delay Base() const;
  bool Pauses(Delay round_trip, Time now);
  bool IsUsed(const PathSample& sample, Time now) const;
  void Adjust(Delay queueing, bool used);

  double window_ = kFirstWindow;
  bool starting_ = true;                                 // nothing has queued yet
  std::array<Delay, kIntervals> shortest_ = NoneSeen();  // of each interval, a ring
  std::size_t interval_ = 0;
  Time interval_start_;
  Time last_pause_;
  std::optional<Time> pause_end_;
  std::optional<Time> last_update_;
  std::uint64_t last_bytes_ = 0;

  static std::array<Delay, kIntervals> NoneSeen();
};

}  // namespace engine::transfer
