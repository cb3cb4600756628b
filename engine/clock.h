// The two clocks of the engine, so that tests can turn them. Timers and
// timeouts use Steady alone; Wall is for what clients see.
#pragma once

#include <chrono>

namespace engine {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::steady_clock::time_point Steady() const = 0;
  virtual std::chrono::system_clock::time_point Wall() const = 0;
};

// The clocks of the machine.
const Clock& SystemClock();

}  // namespace engine
