// A job and its files as plain data.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/access.h"
#include "engine/error.h"
#include "engine/file_list.h"
#include "engine/job_settings.h"
#include "engine/job_state.h"
#include "engine/shared_text.h"

namespace engine {

struct Upload;  // engine/upload.h

using TimePoint = std::chrono::system_clock::time_point;

// A GUID. Text form: "{327C1E84-ABC3-475D-A5D3-E7ED09806523}", upper-case hex.
class JobId {
 public:
  static JobId Random();  // version 4, from the kernel's generator
  // Braces optional, hex in any case; nothing else is accepted.
  static std::optional<JobId> Parse(std::string_view text);
  static JobId FromBytes(const std::array<std::uint8_t, 16>& bytes) { return JobId(bytes); }

  std::string ToString() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  friend auto operator<=>(const JobId&, const JobId&) = default;

 private:
  explicit JobId(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}
  std::array<std::uint8_t, 16> bytes_;
};

// The numbers are stored and sent to clients.
enum class Priority : std::uint32_t { kForeground = 0, kHigh = 1, kNormal = 2, kLow = 3 };

struct JobError {
  HResult code = HResult::kUnexpected;
  ErrorContext context = ErrorContext::kNone;
  std::optional<std::uint32_t> file;  // index of the file at fault
  std::string message;                // for operators
};

// What is left to do after a restart.
enum class Pending : std::uint8_t {
  kNothing = 0,
  kCompleting = 1,
  kCancelling = 2,
  // It is cancelled and nobody sees it; its server does not know yet.
  kTellingServer = 3
};

struct Job {
  JobId id;
  JobType type = JobType::kDownload;
  JobState state = JobState::kSuspended;
  Priority priority = Priority::kNormal;
  SharedText display_name{};
  SharedText description{};
  SharedText owner{};    // SID text
  SharedText creator{};  // principal that made the job
  // NewJob::request, on the way to and from the store; empty in what readers see.
  SharedText request{};
  std::chrono::seconds minimum_retry_delay{600};
  std::chrono::seconds no_progress_timeout{1'209'600};
  std::uint32_t error_count = 0;
  // In CONNECTING and TRANSFERRING since the last Resume; while it is in one of
  // them, as of the last time that the job was stored.
  std::uint32_t seconds_downloading = 0;
  std::shared_ptr<const JobError> error{};  // in states 4 and 5, until state 2
  TimePoint created{};
  TimePoint modified{};
  std::optional<TimePoint> completed{};  // entering TRANSFERRED
  std::uint64_t sequence = 0;            // creation order
  Pending pending = Pending::kNothing;
  bool resumed = false;  // it has left the SUSPENDED of a new job
  FileList files{};
  std::shared_ptr<const Access> access{};         // null: nothing was set
  std::shared_ptr<const JobSettings> settings{};  // null: the defaults
  std::shared_ptr<const Upload> upload{};         // null: a download
};

// What readers see: never changes, any thread may hold it.
using JobSnapshot = std::shared_ptr<const Job>;

// For List.
inline constexpr std::size_t kAllJobs = std::numeric_limits<std::size_t>::max();

// What was set for the job, or what a job has for which nothing was set.
const Access& AccessOf(const Job& job);
const JobSettings& SettingsOf(const Job& job);
// The reply of an upload-reply; of other jobs, one that is not there.
const File& ReplyOf(const Job& job);

JobFacts FactsOf(const Job& job);

}  // namespace engine

template <>
struct std::hash<engine::JobId> {
  std::size_t operator()(const engine::JobId& id) const noexcept;
};
