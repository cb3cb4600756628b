// The jobs that a caller may see, one after the other, as instances of a class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "provider/job_access.h"
#include "provider/jobs.h"
#include "wsman/resource.h"

namespace provider {

// In creation order. Holds one page of jobs at a time, so that an enumeration of
// many jobs costs no more than one of few; a job that ends before its turn is
// left out, one that is created meanwhile comes at the end.
class JobSource : public wsman::InstanceSource {
 public:
  static constexpr std::size_t kPage = 256;
  using MakeInstance = schema::Instance (*)(const engine::Job&);

  // `jobs` must outlive the source.
  JobSource(const Jobs& jobs, JobAccess access, wsman::auth::Principal caller,
            MakeInstance make_instance);

  std::optional<schema::Instance> Next() override;
  std::size_t Remaining() const override { return remaining_; }

 private:
  engine::JobSnapshot NextJob();
  bool ReadPage();

  const Jobs& jobs_;
  const JobAccess access_;
  const wsman::auth::Principal caller_;
  const MakeInstance make_instance_;
  std::uint64_t last_sequence_ = 0;  // of the page
  std::vector<engine::JobSnapshot> page_;
  std::size_t next_ = 0;
  std::size_t remaining_ = 0;  // as counted at the start
};

}  // namespace provider
