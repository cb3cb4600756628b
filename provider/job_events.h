// The engine's job events as events of BitsClientJob.
#pragma once

#include <memory>

#include "provider/jobs.h"
#include "wsman/resource.h"

namespace provider {

// Listeners run on the engine thread; an event holds snapshots, and instances
// are made from them by whoever asks.
class JobEventSource : public wsman::EventSource {
 public:
  // `jobs` must outlive the source; watches may outlive both.
  explicit JobEventSource(Jobs& jobs) : jobs_(jobs) {}

  std::unique_ptr<wsman::EventWatch> Watch(wsman::EventListener listener) override;

 private:
  Jobs& jobs_;
};

}  // namespace provider
