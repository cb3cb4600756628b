#include "engine/new_job.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/remote_url.h"
#include "engine/text.h"

namespace engine {
namespace {

constexpr std::chrono::seconds kLowestRetryDelay{5};
constexpr std::uint32_t kLowestPriority = static_cast<std::uint32_t>(Priority::kLow);

// Tabs and line ends are text; other controls and noncharacters cannot be put
// into XML.
bool MayStandInText(char32_t value) {
  if (value == U'\t' || value == U'\n' || value == U'\r') return true;
  return value >= 0x20 && !(value >= 0x7F && value <= 0x9F) && value != 0xFFFE && value != 0xFFFF;
}

Status CheckText(std::string_view what, std::string_view text, std::size_t limit) {
  const std::optional<std::size_t> length = Utf16Length(text);
  if (!length)
    return Fail(HResult::kInvalidArgument,
                fmt::format("{} is not well-formed UTF-8. Send it as Unicode text.", what));
  if (*length > limit)
    return Fail(HResult::kStringTooLong,
                fmt::format("{} has {} characters; shorten it to {}.", what, *length, limit));
  while (const std::optional<CodePoint> next = FirstCodePoint(text)) {
    if (!MayStandInText(next->value))
      return Fail(HResult::kInvalidArgument,
                  fmt::format("{} holds the control character U+{:04X}. Remove it.", what,
                              static_cast<std::uint32_t>(next->value)));
    text.remove_prefix(next->bytes);
  }
  return {};
}

Status CheckType(JobType type, bool uploads) {
  switch (type) {
    case JobType::kDownload:
      return {};
    case JobType::kUpload:
    case JobType::kUploadReply:
      if (uploads) return {};
      return Fail(HResult::kNotImplemented,
                  "This service makes no uploads (jobs.uploads is off). Use Type 0 (download).");
  }
  return Fail(HResult::kNotImplemented,
              fmt::format("Type {} is not a job type. Use 0 (download), 1 (upload) or 2 (upload "
                          "with a reply).",
                          static_cast<unsigned>(type)));
}

// Eight hexadecimal digits.
std::string RandomDigits() {
  // A job id is the randomness at hand; its first four bytes are all random.
  const std::array<std::uint8_t, 16> random = JobId::Random().bytes();
  return fmt::format("{:02x}{:02x}{:02x}{:02x}", random[0], random[1], random[2], random[3]);
}

std::string TemporaryName() { return fmt::format("BIT{}.tmp", RandomDigits()); }

}  // namespace

Status CheckDisplayName(std::string_view text, const LimitOptions& limits) {
  return CheckText("The display name", text, limits.display_name_characters);
}

Status CheckDescription(std::string_view text, const LimitOptions& limits) {
  return CheckText("The description", text, limits.description_characters);
}

Result<LocalTarget> CheckFile(const FileSpec& file, const Options& options) {
  if (Status url = CheckRemoteUrl(file.remote_url, options.limits); !url)
    return tl::unexpected(url.error());
  return MapLocalName(file.local_name, options.paths, options.limits);
}

Result<LocalTarget> CheckNewJob(const NewJob& job, const Options& options) {
  Status status = CheckDisplayName(job.display_name, options.limits);
  if (status) status = CheckDescription(job.description, options.limits);
  if (status) status = CheckType(job.type, options.uploads);
  if (!status) return tl::unexpected(status.error());
  return CheckFile(job.file, options);
}

Status CheckChanges(const JobChanges& changes, const LimitOptions& limits) {
  Status status;
  if (changes.display_name) status = CheckDisplayName(*changes.display_name, limits);
  if (status && changes.description) status = CheckDescription(*changes.description, limits);
  if (status && changes.priority.value_or(0) > kLowestPriority)
    return Fail(HResult::kNotImplemented,
                fmt::format("Priority {} does not exist. Use 0 (foreground), 1 (high), 2 (normal) "
                            "or 3 (low).",
                            *changes.priority));
  return status;
}

void ApplyChanges(const JobChanges& changes, Job& job) {
  if (changes.display_name) job.display_name = *changes.display_name;
  if (changes.description) job.description = *changes.description;
  if (changes.priority) job.priority = static_cast<Priority>(*changes.priority);
  if (changes.minimum_retry_delay)
    job.minimum_retry_delay =
        std::max(kLowestRetryDelay, std::chrono::seconds(*changes.minimum_retry_delay));
  if (changes.no_progress_timeout)
    job.no_progress_timeout = std::chrono::seconds(*changes.no_progress_timeout);
}

File MakeFile(const FileSpec& spec) {
  File file;
  file.remote_url = spec.remote_url;
  file.local_name = spec.local_name;
  if (!spec.ranges.empty())
    file.ranges = std::make_shared<const std::vector<FileRange>>(spec.ranges);
  file.temporary_name = TemporaryName();
  return file;
}

std::shared_ptr<const Upload> NewUpload(std::optional<SourceReader> reader) {
  Upload upload;
  upload.reply.temporary_name = TemporaryName();
  upload.reader = std::move(reader);
  return std::make_shared<const Upload>(std::move(upload));
}

std::string ReplyNameBeside(std::string_view local_name) {
  // Every name that was accepted has one of the two before the last part.
  const std::string_view folder = local_name.substr(0, local_name.find_last_of("\\/") + 1);
  return fmt::format("{}BIT{}.reply", folder, RandomDigits());
}

Status CheckFileCount(const Job& job, const FileSpec& file) {
  if (job.type == JobType::kDownload) return {};
  if (!file.ranges.empty())
    return Fail(HResult::kNotImplemented, "Only downloads have ranges of files.");
  if (job.files.empty()) return {};
  return Fail(HResult::kTooManyFiles,
              "An upload has one file, and the job has it already. Make another job for this one.");
}

}  // namespace engine
