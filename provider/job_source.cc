#include "provider/job_source.h"

#include <utility>

namespace provider {

JobSource::JobSource(const Jobs& jobs, JobAccess access, wsman::auth::Principal caller,
                     MakeInstance make_instance)
    : jobs_(jobs), access_(access), caller_(std::move(caller)), make_instance_(make_instance) {
  while (NextJob()) ++remaining_;
  last_sequence_ = 0;
}

std::optional<schema::Instance> JobSource::Next() {
  const engine::JobSnapshot job = NextJob();
  if (!job) {
    remaining_ = 0;
    return std::nullopt;
  }
  if (remaining_ > 0) --remaining_;
  return make_instance_(*job);
}

engine::JobSnapshot JobSource::NextJob() {
  while (next_ < page_.size() || ReadPage()) {
    // What was read need not stay in memory.
    engine::JobSnapshot job = std::move(page_[next_++]);
    if (access_.Allows(caller_, wsman::Operation::kEnumerate, *job)) return job;
  }
  return nullptr;
}

bool JobSource::ReadPage() {
  page_ = jobs_.List(last_sequence_, kPage);
  next_ = 0;
  if (page_.empty()) return false;
  last_sequence_ = page_.back()->sequence;
  return true;
}

}  // namespace provider
