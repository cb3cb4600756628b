// What a job's creator may set beyond the class BitsClientJob: the properties of
// the COM interfaces of BITS, with its numbers and defaults.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/error.h"
#include "engine/file_list.h"
#include "engine/options.h"
#include "engine/secret_text.h"

namespace engine {

struct Job;
struct FileSpec;

// BG_NOTIFY_*. What they do to the events of a job: events.h.
namespace notify_flags {
inline constexpr std::uint32_t kTransferred = 0x1;
inline constexpr std::uint32_t kError = 0x2;
inline constexpr std::uint32_t kDisable = 0x4;  // overrides the others
inline constexpr std::uint32_t kModification = 0x8;
inline constexpr std::uint32_t kFileTransferred = 0x10;        // kept and reported
inline constexpr std::uint32_t kFileRangesTransferred = 0x20;  // the same
inline constexpr std::uint32_t kAll = 0x3F;
}  // namespace notify_flags

// BG_HTTP_REDIRECT_POLICY_* and BG_SSL_*, BG_CERT_* flags.
namespace security_flags {
inline constexpr std::uint32_t kCheckRevocation = 0x1;
inline constexpr std::uint32_t kIgnoreName = 0x2;
inline constexpr std::uint32_t kIgnoreDate = 0x4;
inline constexpr std::uint32_t kIgnoreAuthority = 0x8;
inline constexpr std::uint32_t kIgnoreUsage = 0x10;
inline constexpr std::uint32_t kRedirectMask = 0x700;
inline constexpr std::uint32_t kRedirectSilently = 0x000;
inline constexpr std::uint32_t kRedirectAndReport = 0x100;
inline constexpr std::uint32_t kRefuseRedirects = 0x200;
inline constexpr std::uint32_t kAllowHttpsToHttp = 0x800;
inline constexpr std::uint32_t kAll = 0xF1F;
// Those that let somebody in between read or change what https protects.
inline constexpr std::uint32_t kWeakensTls =
    kIgnoreName | kIgnoreDate | kIgnoreAuthority | kIgnoreUsage | kAllowHttpsToHttp;
}  // namespace security_flags

// BITS_COST_STATE_*: kept and reported. Networks have no costs here, so that
// every job transfers at any time, and the default says so.
inline constexpr std::uint32_t kAllCostStates = 0x800000FF;

inline constexpr std::string_view kDefaultHttpMethod = "GET";

// Each is in force from the job's next request for a file.
struct JobSettings {
  std::uint32_t notify_flags = notify_flags::kTransferred | notify_flags::kError;
  std::vector<std::uint8_t> custom_headers{};  // sealed (store/secrets.h); empty: none
  bool custom_headers_write_only = false;      // once true, for good
  // With another method than GET a job is FOREGROUND, no failure is retried, and
  // a file starts at its first byte every time.
  std::string http_method{kDefaultHttpMethod};
  std::uint32_t security_flags = 0;
  // In CONNECTING and TRANSFERRING since the last Resume.
  std::chrono::seconds maximum_download_time{7'776'000};
  std::optional<std::uint64_t> maximum_download_size{};  // bytes of all files; empty: any
  // The server makes the file as it sends it: no size, no ranges, every start at
  // the first byte. Such a job transfers only as FOREGROUND.
  bool dynamic_content = false;
  // Straight into the destination; what was transferred does not survive a restart.
  bool high_performance = false;
  std::uint32_t cost_flags = kAllCostStates;
  friend bool operator==(const JobSettings&, const JobSettings&) = default;
};

// Whether an interrupted file may go on where it was.
bool MayResume(const JobSettings& settings);
// Whether the job may have a slot at all at its priority.
bool MayRun(const Job& job);

// --- changes by clients ---------------------------------------------------------
// Numbers are unchecked: the engine refuses what is out of range. An empty one
// keeps its value.

// For SettingsChanges::maximum_download_size.
inline constexpr std::uint64_t kNoSizeLimit = std::numeric_limits<std::uint64_t>::max();

struct SettingsChanges {
  std::optional<std::uint32_t> notify_flags{};
  std::optional<SecretText> custom_headers{};  // "Name: value" lines ended by CRLF; "" removes
  std::optional<bool> custom_headers_write_only{};
  std::optional<std::string> http_method{};
  std::optional<std::uint32_t> security_flags{};
  std::optional<std::uint32_t> maximum_download_time{};  // seconds
  std::optional<std::uint64_t> maximum_download_size{};  // kNoSizeLimit removes
  std::optional<bool> dynamic_content{};
  std::optional<bool> high_performance{};
  std::optional<std::uint32_t> cost_flags{};
  std::optional<std::string> reply_file_name{};  // where the reply of an upload goes
};

// Of all files that have not transferred. The comparison is exact.
struct ReplaceRemotePrefix {
  std::string old_prefix;
  std::string new_prefix;
};
struct SetRemoteName {
  std::uint32_t file = 0;
  std::string remote_url;
};
// Of a file that has transferred: one that is not valid is fetched anew.
struct SetValidationState {
  std::uint32_t file = 0;
  bool valid = false;
};
using FileChange = std::variant<ReplaceRemotePrefix, SetRemoteName, SetValidationState>;

// What is wrong with changes, whatever the job. E_NOTIMPL for flags that do not
// exist, E_INVALIDARG for methods and headers, BG_E_STRING_TOO_LONG,
// BG_E_MAX_DOWNLOAD_SIZE_INVALID_VALUE.
Status CheckSettings(const SettingsChanges& changes, const LimitOptions& limits);

// What forbids changes to this job: BG_E_READ_ONLY_PROPERTY_AFTER_RESUME for
// method, size and dynamic content, also _AFTER_ADDFILE for high performance;
// BG_E_NOT_SUPPORTED_WITH_CUSTOM_HTTP_METHOD and
// BG_E_UNSUPPORTED_JOB_CONFIGURATION for what excludes each other;
// BG_E_READ_ONLY_PROPERTY for showing headers that are write-only;
// BG_E_PROPERTY_SUPPORTED_FOR_DOWNLOAD_JOBS_ONLY for method, size, redirects, dynamic
// content and high performance of uploads. A value that is set already is never
// refused. The name of a reply: E_NOTIMPL for jobs without one, BG_E_INVALID_STATE
// once its transfer has begun.
Status CheckSettingsOf(const Job& job, const SettingsChanges& changes);

// What this host's policies refuse of changes to this job: E_ACCESSDENIED. Flags
// that the job has already are not refused, so that others can be set beside them.
Status CheckPolicies(const Job& job, const SettingsChanges& changes, const TransferOptions& policy);

// The security flags of a job that are in force: those that weaken TLS only where
// the policy allows them, whenever they were set.
std::uint32_t PermittedFlags(std::uint32_t security_flags, const TransferOptions& policy);

// All but the custom headers, which have to be sealed first, and the reply's name,
// which is none of the settings.
JobSettings ApplySettings(const SettingsChanges& changes, JobSettings settings);

// The ranges of a file that is added: BG_E_INVALID_RANGE,
// BG_E_OVERLAPPING_RANGES, BG_E_TOO_MANY_RANGES_IN_FILE. None: the whole file.
Status CheckRanges(const std::vector<FileRange>& ranges, const LimitOptions& limits,
                   bool exempt_from_limits);

// What a job of these settings refuses to take: BG_E_UNSUPPORTED_JOB_CONFIGURATION
// and BG_E_NOT_SUPPORTED_WITH_CUSTOM_HTTP_METHOD for ranges.
Status CheckRangesFor(const JobSettings& settings, const std::vector<FileRange>& ranges);

// The bytes that ranges take of a file of `size` bytes; an empty size is an
// unknown one. Empty when that cannot be told, also where a range lies outside.
std::optional<std::uint64_t> BytesIn(const std::vector<FileRange>& ranges,
                                     std::optional<std::uint64_t> size);

}  // namespace engine
