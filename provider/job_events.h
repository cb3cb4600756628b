// The engine's job events as events of BitsClientJob.
#pragma once

#include <memory>

#include "provider/job_access.h"
#include "provider/jobs.h"
#include "wsman/resource.h"

namespace provider {

// Listeners run on the engine thread; an event holds snapshots, and instances
// are made from them by whoever asks. Events of a job are for callers who may
// pull what they could also get.
class JobEventSource : public wsman::EventSource {
 public:
  // `jobs` must outlive the source; watches may outlive both.
  JobEventSource(Jobs& jobs, const JobAccess& access) : jobs_(jobs), access_(access) {}

  std::unique_ptr<wsman::EventWatch> Watch(wsman::EventListener listener) override;

 private:
  Jobs& jobs_;
  const JobAccess access_;
};

}  // namespace provider
