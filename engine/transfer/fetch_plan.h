// How one file of a job is fetched, as the job's settings want it: what each
// request asks for, what a reply means, which bytes may be kept. Pure logic.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/transfer/http_rules.h"
#include "engine/transfer/ranged_file.h"

namespace engine::transfer {

class FetchPlan {
 public:
  explicit FetchPlan(const Download& download);

  // Whether an attempt may go on with the bytes of an earlier one.
  bool CanResume(const FileState& resume) const;
  // Whether the rest of what this attempt has so far can be asked for.
  bool CanContinue(const FileState& received) const;
  // The lines that ask for what follows `from`.
  std::vector<std::string> Headers(const FileState& from) const;
  // The reply to them. BG_E_MAX_DOWNLOAD_SIZE_LIMIT_REACHED for a file that is
  // longer than the job may fetch.
  Decision Judge(const FileState& from, const ReplyHead& head);

  // Checked again while the bytes come, because not every reply tells its length.
  bool IsTooLong(std::uint64_t bytes) const { return most_bytes_ && bytes > *most_bytes_; }
  Refuse TooLong() const;

  // The method of the job's own request.
  const std::string& method() const { return method_; }
  // Straight into the target, without checkpoints.
  bool high_performance() const { return high_performance_; }

 private:
  // An attempt takes everything from the start or nothing.
  bool OnlyWhole() const { return dynamic_ || method_ != "GET"; }

  std::string method_;
  bool dynamic_ = false;
  bool high_performance_ = false;
  std::optional<std::uint64_t> most_bytes_;
  std::optional<RangedFile> ranges_;
};

}  // namespace engine::transfer
