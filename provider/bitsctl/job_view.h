// A BitsClientJob of a reply as values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/job_state.h"
#include "provider/bitsctl/failure.h"
#include "wsman/message.h"

namespace bitsctl {

using engine::JobState;
using TimePoint = std::chrono::system_clock::time_point;

struct FileView {
  std::string remote_url;
  std::string local_file;
  std::optional<std::uint64_t> bytes_total;  // empty: the host does not know
  std::uint64_t bytes_transferred = 0;
  bool completed = false;
};

struct JobView {
  std::string id;  // upper-case GUID in braces
  std::string name;
  std::string description;
  std::string owner;
  JobState state = JobState::kSuspended;
  std::uint64_t priority = 2;
  std::uint64_t retry_delay_s = 0;
  std::uint64_t no_progress_timeout_s = 0;
  std::uint64_t error_count = 0;
  std::optional<std::uint64_t> bytes_total;
  std::uint64_t bytes_transferred = 0;
  std::uint64_t files_total = 0;
  std::uint64_t files_transferred = 0;
  std::optional<TimePoint> created;
  std::optional<TimePoint> modified;
  std::optional<TimePoint> transferred;  // when the last file was complete
  std::vector<FileView> files;
};

// What GetError says about a job in ERROR or TRANSIENT_ERROR.
struct JobErrorView {
  std::uint32_t code = 0;
  std::uint32_t context = 0;
  std::string text;
  std::string context_text;
};

// Fails when the element has no JobId or no known State.
Result<JobView> ReadJob(const wsman::Element& element);

// An unsigned decimal child; empty when absent, nil or anything else.
std::optional<std::uint64_t> NumberOf(const wsman::Element& element, std::string_view name);

// Empty for 0, which stands for "never".
std::optional<TimePoint> FromFileTime(std::uint64_t filetime);

// "Transferring", as bitsadmin spells states; without case on input.
std::optional<JobState> ParseState(std::string_view name);

// "foreground", "high", "normal", "low"; the number's text for any other.
std::string PriorityName(std::uint64_t priority);
std::optional<std::uint64_t> ParsePriority(std::string_view name);

}  // namespace bitsctl
