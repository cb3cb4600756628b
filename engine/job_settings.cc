#include "engine/job_settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/custom_headers.h"
#include "engine/job.h"
#include "engine/upload.h"

namespace engine {
namespace {

// What the store can hold of a number without sign.
constexpr std::uint64_t kLargestSize = std::numeric_limits<std::int64_t>::max();

Status CheckBits(std::string_view what, std::uint32_t value, std::uint32_t known) {
  const std::uint32_t unknown = value & ~known;
  if (unknown == 0) return {};
  return Fail(
      HResult::kNotImplemented,
      fmt::format("{} has the unknown bits 0x{:X}. Use those of 0x{:X}.", what, unknown, known));
}

Status CheckSecurityFlags(std::uint32_t value) {
  const std::uint32_t policy = value & security_flags::kRedirectMask;
  if (policy != security_flags::kRedirectSilently && policy != security_flags::kRedirectAndReport &&
      policy != security_flags::kRefuseRedirects)
    return Fail(HResult::kNotImplemented,
                fmt::format("The security flags have the redirect policy 0x{:X}. Use 0x0 (follow), "
                            "0x100 (follow and report) or 0x200 (refuse).",
                            policy));
  return CheckBits("The number of the security flags", value, security_flags::kAll);
}

Status CheckMethod(const std::string& method, const LimitOptions& limits) {
  if (method.size() > limits.http_method_characters)
    return Fail(HResult::kStringTooLong,
                fmt::format("The HTTP method has {} characters; shorten it to {}.", method.size(),
                            limits.http_method_characters));
  if (!IsToken(method))
    return Fail(HResult::kInvalidArgument,
                "The HTTP method is not one word of letters. Use GET, POST or another method.");
  if (method == "HEAD" || method == "CONNECT")
    return Fail(HResult::kInvalidArgument,
                fmt::format("A reply to {} has no content that could be a file. Use GET, POST or "
                            "another method.",
                            method));
  return {};
}

Status CheckSize(std::uint64_t size) {
  if (size == kNoSizeLimit || (size > 0 && size <= kLargestSize)) return {};
  return Fail(HResult::kMaxDownloadSizeInvalid,
              fmt::format("The maximum download size is {} bytes. Use 1 to {}, or {} for none.",
                          size, kLargestSize, kNoSizeLimit));
}

Status ReadOnlyAfterResume(std::string_view what) {
  return Fail(HResult::kReadOnlyAfterResume,
              fmt::format("{} can be set only before the job is resumed for the first time. Make "
                          "another job and set it first.",
                          what));
}

bool HasRanges(const Job& job) {
  return std::ranges::any_of(job.files, [](const File& file) { return file.ranges != nullptr; });
}

// Whether a change leaves alone what only downloads have.
bool SameForUploads(const JobSettings& before, const JobSettings& after) {
  constexpr std::uint32_t kOfRedirects =
      security_flags::kRedirectMask | security_flags::kAllowHttpsToHttp;
  return before.http_method == after.http_method &&
         before.maximum_download_size == after.maximum_download_size &&
         before.dynamic_content == after.dynamic_content &&
         before.high_performance == after.high_performance &&
         (before.security_flags & kOfRedirects) == (after.security_flags & kOfRedirects);
}

Status CheckReplyChange(const Job& job) {
  if (job.type != JobType::kUploadReply || !job.upload)
    return Fail(HResult::kNotImplemented,
                "The job has no reply. Make a job of Type 2 (upload with a reply) for one.");
  if (job.upload->reply.remote_url.empty()) return {};
  return Fail(HResult::kInvalidState,
              "The reply of the job is being transferred or is here already; its file cannot get "
              "another name.");
}

Status CheckTogether(const JobSettings& settings, bool has_ranges) {
  const bool own_method = settings.http_method != kDefaultHttpMethod;
  if (own_method && (settings.dynamic_content || has_ranges))
    return Fail(HResult::kNotSupportedWithCustomHttpMethod,
                "Dynamic content and ranges of files exist only with the HTTP method GET.");
  if (settings.dynamic_content && has_ranges)
    return Fail(HResult::kUnsupportedJobConfiguration,
                "Ranges of files cannot be fetched of dynamic content.");
  return {};
}

}  // namespace

bool MayResume(const JobSettings& settings) {
  return !settings.dynamic_content && settings.http_method == kDefaultHttpMethod;
}

bool MayRun(const Job& job) {
  return job.priority == Priority::kForeground || !SettingsOf(job).dynamic_content;
}

Status CheckSettings(const SettingsChanges& changes, const LimitOptions& limits) {
  Status status;
  if (changes.notify_flags)
    status = CheckBits("The number of the notify flags", *changes.notify_flags, notify_flags::kAll);
  if (status && changes.custom_headers)
    status = CheckCustomHeaders(changes.custom_headers->text(), limits);
  if (status && changes.http_method) status = CheckMethod(*changes.http_method, limits);
  if (status && changes.security_flags) status = CheckSecurityFlags(*changes.security_flags);
  if (status && changes.maximum_download_size) status = CheckSize(*changes.maximum_download_size);
  if (status && changes.cost_flags)
    status = CheckBits("The number of the cost flags", *changes.cost_flags, kAllCostStates);
  return status;
}

Status CheckSettingsOf(const Job& job, const SettingsChanges& changes) {
  const JobSettings& before = SettingsOf(job);
  const JobSettings after = ApplySettings(changes, before);
  if (job.type != JobType::kDownload && !SameForUploads(before, after))
    return Fail(HResult::kDownloadJobsOnly,
                "Only downloads have a method, a maximum size, a redirect policy, dynamic content "
                "and high performance. Leave these settings of the upload as they are.");
  if (changes.reply_file_name) {
    if (const Status reply = CheckReplyChange(job); !reply) return reply;
  }
  if (before.custom_headers_write_only && !after.custom_headers_write_only)
    return Fail(HResult::kReadOnlyProperty,
                "The custom headers of the job are write-only for good. Set others instead.");
  if (job.resumed && after.http_method != before.http_method)
    return ReadOnlyAfterResume("The HTTP method");
  if (job.resumed && after.maximum_download_size != before.maximum_download_size)
    return ReadOnlyAfterResume("The maximum download size");
  if (job.resumed && after.dynamic_content != before.dynamic_content)
    return ReadOnlyAfterResume("Dynamic content");
  if (after.high_performance != before.high_performance) {
    if (job.resumed) return ReadOnlyAfterResume("High performance");
    // A job is created with its first file.
    if (job.files.size() > 1)
      return Fail(HResult::kReadOnlyAfterAddFile,
                  "High performance can be set only before files are added to the job. Make "
                  "another job and set it first.");
  }
  return CheckTogether(after, HasRanges(job));
}

Status CheckPolicies(const Job& job, const SettingsChanges& changes,
                     const TransferOptions& policy) {
  const std::uint32_t before = SettingsOf(job).security_flags;
  const std::uint32_t added = changes.security_flags.value_or(0) & ~before;
  const std::uint32_t refused = added & ~PermittedFlags(added, policy);
  if (refused != 0)
    return Fail(HResult::kAccessDenied,
                fmt::format("The security flags have 0x{:X}, which weakens TLS, and this host's "
                            "policy refuses that. Let an administrator name the authority in "
                            "transfers.ca_file, or set transfers.allow_weakened_tls.",
                            refused));
  if (!changes.custom_headers) return {};
  return CheckHeaderPolicy(changes.custom_headers->text(), policy);
}

std::uint32_t PermittedFlags(std::uint32_t security_flags, const TransferOptions& policy) {
  return policy.allow_weakened_tls ? security_flags : security_flags & ~security_flags::kWeakensTls;
}

JobSettings ApplySettings(const SettingsChanges& changes, JobSettings settings) {
  const auto set = [](const auto& value, auto& target) {
    if (value) target = *value;
  };
  set(changes.notify_flags, settings.notify_flags);
  set(changes.custom_headers_write_only, settings.custom_headers_write_only);
  set(changes.http_method, settings.http_method);
  set(changes.security_flags, settings.security_flags);
  set(changes.dynamic_content, settings.dynamic_content);
  set(changes.high_performance, settings.high_performance);
  set(changes.cost_flags, settings.cost_flags);
  if (changes.maximum_download_time)
    settings.maximum_download_time = std::chrono::seconds(*changes.maximum_download_time);
  if (changes.maximum_download_size) settings.maximum_download_size = changes.maximum_download_size;
  if (settings.maximum_download_size == kNoSizeLimit) settings.maximum_download_size.reset();
  return settings;
}

Status CheckRanges(const std::vector<FileRange>& ranges, const LimitOptions& limits,
                   bool exempt_from_limits) {
  if (!exempt_from_limits && ranges.size() > limits.ranges_per_file)
    return Fail(HResult::kTooManyRangesInFile,
                fmt::format("The file has {} ranges; add it with {} at most.", ranges.size(),
                            limits.ranges_per_file));
  const auto end_of = [](const FileRange& range) {
    return range.length == FileRange::kToEnd ? FileRange::kToEnd : range.offset + range.length;
  };
  for (const FileRange& range : ranges) {
    const bool to_end = range.length == FileRange::kToEnd;
    if (range.offset > kLargestSize || range.length == 0 ||
        (!to_end && range.length > kLargestSize - range.offset))
      return Fail(HResult::kInvalidRange,
                  fmt::format("The range of {} bytes at {} does not lie within any file.",
                              range.length, range.offset));
  }
  std::vector<FileRange> sorted = ranges;
  std::ranges::sort(sorted, {}, &FileRange::offset);
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].offset < end_of(sorted[i - 1]))
      return Fail(HResult::kOverlappingRanges, fmt::format("The ranges at {} and {} overlap.",
                                                           sorted[i - 1].offset, sorted[i].offset));
  }
  return {};
}

Status CheckRangesFor(const JobSettings& settings, const std::vector<FileRange>& ranges) {
  return ranges.empty() ? Status() : CheckTogether(settings, /*has_ranges=*/true);
}

std::optional<std::uint64_t> BytesIn(const std::vector<FileRange>& ranges,
                                     std::optional<std::uint64_t> size) {
  std::uint64_t sum = 0;
  for (const FileRange& range : ranges) {
    const bool to_end = range.length == FileRange::kToEnd;
    if (to_end && !size) return std::nullopt;
    if (size && range.offset >= *size) return std::nullopt;
    const std::uint64_t length = to_end ? *size - range.offset : range.length;
    if (size && length > *size - range.offset) return std::nullopt;
    sum += length;
  }
  return sum;
}

}  // namespace engine
