#include "provider/fault_mapping.h"

#include <spdlog/spdlog.h>

#include <array>
#include <string>
#include <utility>

namespace provider {
namespace {

using engine::HResult;
using wsman::FaultCode;

// Windows' number for "no such resource or instance".
constexpr std::uint32_t kInstanceNotFound = 2150858752;

enum class Kind {
  kBadInput,  // the caller can change it
  kQuota,     // the job and file limits of BITS
  kNoSuchJob,
  kState,     // BITS refuses in the job's present state
  kInternal,  // nothing the caller could change
};

// Every other code is the service's own affair, BG_E_HTTP_ERROR_n among them.
constexpr auto kKinds = std::to_array<std::pair<HResult, Kind>>({
    {HResult::kInvalidArgument, Kind::kBadInput},
    {HResult::kNotImplemented, Kind::kBadInput},
    {HResult::kStringTooLong, Kind::kBadInput},
    {HResult::kFileNotFound, Kind::kBadInput},
    {HResult::kPathNotFound, Kind::kBadInput},
    {HResult::kAccessDenied, Kind::kBadInput},
    {HResult::kCertificateNotFound, Kind::kBadInput},
    {HResult::kProxyListTooLarge, Kind::kBadInput},
    {HResult::kProxyBypassListTooLarge, Kind::kBadInput},
    {HResult::kUserNameTooLarge, Kind::kBadInput},
    {HResult::kPasswordTooLarge, Kind::kBadInput},
    {HResult::kInvalidAuthTarget, Kind::kBadInput},
    {HResult::kInvalidAuthScheme, Kind::kBadInput},
    {HResult::kInvalidRange, Kind::kBadInput},
    {HResult::kOverlappingRanges, Kind::kBadInput},
    {HResult::kTooManyRangesInFile, Kind::kQuota},
    {HResult::kMaxDownloadSizeInvalid, Kind::kBadInput},
    {HResult::kTooManyFiles, Kind::kQuota},
    {HResult::kTooManyFilesInJob, Kind::kQuota},
    {HResult::kTooManyJobsPerUser, Kind::kQuota},
    {HResult::kTooManyJobsPerMachine, Kind::kQuota},
    {HResult::kNotFound, Kind::kNoSuchJob},
    {HResult::kFalse, Kind::kState},
    {HResult::kPartialComplete, Kind::kState},
    {HResult::kUnableToDeleteFiles, Kind::kState},
    {HResult::kInvalidState, Kind::kState},
    {HResult::kEmpty, Kind::kState},
    {HResult::kFileNotAvailable, Kind::kState},
    {HResult::kProtocolNotAvailable, Kind::kState},
    {HResult::kErrorInformationUnavailable, Kind::kState},
    {HResult::kInvalidProxyInfo, Kind::kState},
    {HResult::kInvalidCredentials, Kind::kState},
    {HResult::kResourceLangNotFound, Kind::kState},
    {HResult::kPending, Kind::kState},
    {HResult::kReadOnlyProperty, Kind::kState},
    {HResult::kReadOnlyAfterAddFile, Kind::kState},
    {HResult::kReadOnlyAfterResume, Kind::kState},
    {HResult::kDownloadJobsOnly, Kind::kState},
    {HResult::kNotSupportedWithCustomHttpMethod, Kind::kState},
    {HResult::kUnsupportedJobConfiguration, Kind::kState},
    {HResult::kTooLarge, Kind::kState},
});

Kind KindOf(HResult code) {
  for (const auto& [known, kind] : kKinds) {
    if (known == code) return kind;
  }
  return Kind::kInternal;
}

// The engine's sentence, or BITS' own for the code when there is none.
std::string TextFor(const engine::Error& error) {
  return error.message.empty() ? engine::TextOf(error.code) : error.message;
}

wsman::Fault WithCode(FaultCode code, HResult number, std::string text) {
  return {code, std::move(text), static_cast<std::uint32_t>(number), {}, {}};
}

// Internal messages can name files and hosts: they go to the log, the client
// gets the kind only.
wsman::Fault InternalFault(const engine::Error& error) {
  spdlog::error("a request failed with {}: {}", engine::NameOf(error.code), error.message);
  return WithCode(FaultCode::kInternalError, error.code,
                  "The service could not carry out the request (" + engine::NameOf(error.code) +
                      "). Its log says why; the request may be tried again.");
}

}  // namespace

bool IsReturnValue(HResult code) { return KindOf(code) == Kind::kState; }

wsman::Fault ToFault(const engine::Error& error) {
  switch (KindOf(error.code)) {
    case Kind::kBadInput:
    case Kind::kState:
      return WithCode(FaultCode::kInvalidParameter, error.code, TextFor(error));
    case Kind::kQuota:
      return WithCode(FaultCode::kQuotaLimit, error.code, TextFor(error));
    case Kind::kNoSuchJob:
      return NoSuchJob();
    case Kind::kInternal:
      break;
  }
  return InternalFault(error);
}

wsman::Fault ToPutFault(const engine::Error& error) {
  if (KindOf(error.code) == Kind::kBadInput)
    return {FaultCode::kRepresentationInvalidValues, TextFor(error), 0, {}, {}};
  return ToFault(error);
}

wsman::Fault NoSuchJob() {
  return {FaultCode::kDestinationUnreachable,
          "No job with this JobId is visible to the caller. Enumerate BitsClientJob to see the "
          "jobs there are.",
          kInstanceNotFound,
          {},
          {}};
}

wsman::Fault NotAJobId() {
  return {FaultCode::kSelectorInvalidValue,
          "The selector JobId is not a GUID. Write it as "
          "{00000000-0000-0000-0000-000000000000}.",
          0,
          {},
          {}};
}

}  // namespace provider
