#include "provider/bitsctl/job_view.h"

#include <array>
#include <charconv>
#include <limits>

#include "schema/cim.h"
#include "wsman/client/client.h"

namespace bitsctl {
namespace {

using wsman::Element;
using wsman::client::ChildText;

constexpr std::array<std::string_view, 4> kPriorities = {"foreground", "high", "normal", "low"};

// Between 1601-01-01, where FILETIME starts, and 1970-01-01, in units of 100 ns.
constexpr std::uint64_t kEpochDifference = 116'444'736'000'000'000;

std::string TextOf(const Element& element, std::string_view name) {
  return ChildText(element, name).value_or("");
}

// The host's number for "not known".
std::optional<std::uint64_t> SizeOf(const Element& element, std::string_view name) {
  const std::optional<std::uint64_t> size = NumberOf(element, name);
  return size == std::numeric_limits<std::uint64_t>::max() ? std::nullopt : size;
}

FileView ReadFile(const Element& element) {
  FileView file;
  file.remote_url = TextOf(element, "RemoteUrl");
  file.local_file = TextOf(element, "LocalFile");
  file.bytes_total = SizeOf(element, "BytesTotal");
  file.bytes_transferred = NumberOf(element, "BytesTransferred").value_or(0);
  file.completed = schema::EqualsIgnoreCase(TextOf(element, "Completed"), "true");
  return file;
}

std::optional<TimePoint> TimeOf(const Element& element, std::string_view name) {
  return FromFileTime(NumberOf(element, name).value_or(0));
}

std::optional<JobState> StateOf(const Element& element) {
  const std::optional<std::uint64_t> number = NumberOf(element, "State");
  if (!number || *number > static_cast<std::uint64_t>(JobState::kCancelled)) return std::nullopt;
  return static_cast<JobState>(*number);
}

}  // namespace

std::optional<std::uint64_t> NumberOf(const Element& element, std::string_view name) {
  const std::optional<std::string> text = ChildText(element, name);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<TimePoint> FromFileTime(std::uint64_t filetime) {
  if (filetime < kEpochDifference) return std::nullopt;
  const std::chrono::microseconds since_1970((filetime - kEpochDifference) / 10);
  return TimePoint(since_1970);
}

Result<JobView> ReadJob(const Element& element) {
  const std::optional<JobState> state = StateOf(element);
  JobView job;
  job.id = TextOf(element, "JobId");
  if (job.id.empty() || !state) {
    return Fail(ExitCode::kFailed, "the host's reply is not a BitsClientJob",
                "check that --host is a BITS provider");
  }
  job.state = *state;
  job.name = TextOf(element, "DisplayName");
  job.description = TextOf(element, "Description");
  job.owner = TextOf(element, "Owner");
  job.priority = NumberOf(element, "Priority").value_or(2);
  job.retry_delay_s = NumberOf(element, "MinimumRetryDelay").value_or(0);
  job.no_progress_timeout_s = NumberOf(element, "NoProgressTimeout").value_or(0);
  job.error_count = NumberOf(element, "TransientErrorCount").value_or(0);
  job.bytes_total = SizeOf(element, "BytesTotal");
  job.bytes_transferred = NumberOf(element, "BytesTransferred").value_or(0);
  job.files_total = NumberOf(element, "FilesTotal").value_or(0);
  job.files_transferred = NumberOf(element, "FilesTransferred").value_or(0);
  job.created = TimeOf(element, "JobCreationTime");
  job.modified = TimeOf(element, "JobLastModificationTime");
  job.transferred = TimeOf(element, "JobCompletionTime");
  for (const Element& child : element.children) {
    if (schema::EqualsIgnoreCase(child.name, "Files") && !child.nil) {
      job.files.push_back(ReadFile(child));
    }
  }
  return job;
}

std::optional<JobState> ParseState(std::string_view name) {
  for (std::uint16_t number = 0; number <= static_cast<std::uint16_t>(JobState::kCancelled);
       ++number) {
    const auto state = static_cast<JobState>(number);
    if (schema::EqualsIgnoreCase(engine::NameOf(state), name)) return state;
  }
  return std::nullopt;
}

std::string PriorityName(std::uint64_t priority) {
  return priority < kPriorities.size() ? std::string(kPriorities[priority])
                                       : std::to_string(priority);
}

std::optional<std::uint64_t> ParsePriority(std::string_view name) {
  for (std::size_t i = 0; i < kPriorities.size(); ++i) {
    if (schema::EqualsIgnoreCase(kPriorities[i], name)) return i;
  }
  return std::nullopt;
}

}  // namespace bitsctl
