#include "provider/fault_mapping.h"

#include <spdlog/spdlog.h>

#include <string>

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

Kind KindOf(HResult code) {
  switch (code) {
    case HResult::kInvalidArgument:
    case HResult::kNotImplemented:
    case HResult::kStringTooLong:
    case HResult::kPathNotFound:
    case HResult::kAccessDenied:
      return Kind::kBadInput;
    case HResult::kTooManyFiles:
    case HResult::kTooManyFilesInJob:
    case HResult::kTooManyJobsPerUser:
    case HResult::kTooManyJobsPerMachine:
      return Kind::kQuota;
    case HResult::kNotFound:
      return Kind::kNoSuchJob;
    case HResult::kFalse:
    case HResult::kPartialComplete:
    case HResult::kUnableToDeleteFiles:
    case HResult::kInvalidState:
    case HResult::kEmpty:
    case HResult::kFileNotAvailable:
    case HResult::kProtocolNotAvailable:
    case HResult::kErrorInformationUnavailable:
    case HResult::kResourceLangNotFound:
      return Kind::kState;
    case HResult::kOk:
    case HResult::kOutOfMemory:
    case HResult::kWriteFault:
    case HResult::kDiskFull:
    case HResult::kUnexpected:
    case HResult::kTimeout:
    case HResult::kNameNotResolved:
    case HResult::kCannotConnect:
    case HResult::kConnectionError:
    case HResult::kCertDateInvalid:
    case HResult::kCertNameInvalid:
    case HResult::kClientAuthCertNeeded:
    case HResult::kInvalidCertAuthority:
    case HResult::kInvalidServerReply:
    case HResult::kSecureFailure:
    case HResult::kHttpErrorBase:
    case HResult::kNetworkDisconnected:
    case HResult::kDatabaseLocked:
    case HResult::kDatabaseCorrupt:
    case HResult::kMissingFileSize:
    case HResult::kInsufficientHttpSupport:
    case HResult::kInsufficientRangeSupport:
    case HResult::kInvalidServerResponse:
      return Kind::kInternal;
  }
  return Kind::kInternal;  // codes without an enumerator: BG_E_HTTP_ERROR_n
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
