// Where jobs outlive the process. No SQL types here.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "engine/error.h"
#include "engine/job.h"

namespace engine::store {

// One row change. Applying a span of them is one transaction.
struct PutJob {
  JobSnapshot job;
};  // the job row (insert or replace), files untouched
struct PutFile {
  JobId job;
  std::uint32_t index;
  File file;
};  // one file row (insert or replace; the ranges stay)
struct PutAccess {
  JobId job;
  std::shared_ptr<const Access> access;  // null: nothing is set
};  // credentials, certificate and proxies as a whole; what was there before is erased
struct PutSettings {
  JobId job;
  std::shared_ptr<const JobSettings> settings;  // null: the defaults
};  // settings and custom headers as a whole; what was there before is erased
struct PutUpload {
  JobId job;
  std::shared_ptr<const Upload> upload;
};  // session, reply and reader of an upload job as a whole; never null
struct DeleteJob {
  JobId job;
};  // the job, its files and its secrets
using Change = std::variant<PutJob, PutFile, PutAccess, PutSettings, PutUpload, DeleteJob>;

// Not thread-safe: one thread owns a store (writer.h).
class JobStore {
 public:
  virtual ~JobStore() = default;

  // All jobs with their files, in creation order.
  virtual Result<std::vector<Job>> LoadAll() = 0;

  // One transaction: when it returns OK everything is on disk, when it returns
  // an error nothing changed. Secrets that were removed are in no file of the
  // store any more. kDiskFull when there is no room, kNotFound for a
  // file of a job that is not there, kInvalidArgument for sizes above 2^63 - 1
  // and texts above 16 MiB: the store is as good as before (IsHarmless). Any
  // other error means that it can no longer be trusted and the process must end.
  virtual Status Apply(std::span<const Change> changes) = 0;
};

// Whether an error of Apply leaves the store as good as before.
constexpr bool IsHarmless(HResult code) {
  return code == HResult::kDiskFull || code == HResult::kNotFound ||
         code == HResult::kInvalidArgument;
}

}  // namespace engine::store
