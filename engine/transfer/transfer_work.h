// What the net thread does for one id until that has ended.
#pragma once

#include "engine/transfer/net.h"

namespace engine::transfer {

// Lives on the net thread; everything is called there.
class Work {
 public:
  virtual ~Work() = default;
  virtual void Begin() = 0;
  // Ends as soon as may be; the final event may come later.
  virtual void Stop() = 0;
  // What it has told and waits for is stored.
  virtual void GoOn() {}
  virtual void Tick(SteadyTime now) = 0;
  // There is memory again, or it is its turn: go on with what was paused.
  virtual void Unpause() = 0;
  // Gives back memory that is not in use for the moment.
  virtual void Flush() = 0;
  // The final event is out and nothing refers to the work any more.
  virtual bool ended() const = 0;
};

}  // namespace engine::transfer
