// HRESULTs of BITS with their names and texts, and the error value that the
// engine returns. Numbers are those of bitsmsg.h and winerror.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace engine {

// The numbers go to clients and into the database. Never change one. Values
// outside the enumerators exist: BG_E_HTTP_ERROR_n is 0x80190000 + n.
enum class HResult : std::uint32_t {
  kOk = 0,
  kFalse = 1,
  kPartialComplete = 0x00200017,       // BG_S_PARTIAL_COMPLETE
  kUnableToDeleteFiles = 0x0020001A,   // BG_S_UNABLE_TO_DELETE_FILES
  kPending = 0x8000000A,               // E_PENDING
  kNotImplemented = 0x80004001,        // E_NOTIMPL
  kFileNotFound = 0x80070002,          // ERROR_FILE_NOT_FOUND
  kPathNotFound = 0x80070003,          // ERROR_PATH_NOT_FOUND
  kAccessDenied = 0x80070005,          // E_ACCESSDENIED
  kOutOfMemory = 0x8007000E,           // E_OUTOFMEMORY
  kWriteFault = 0x8007001D,            // ERROR_WRITE_FAULT
  kInvalidArgument = 0x80070057,       // E_INVALIDARG
  kDiskFull = 0x80070070,              // ERROR_DISK_FULL
  kDatabaseLocked = 0x80070021,        // ERROR_LOCK_VIOLATION
  kResourceLangNotFound = 0x80070717,  // ERROR_RESOURCE_LANG_NOT_FOUND
  kUnexpected = 0x8000FFFF,            // E_UNEXPECTED
  kTimeout = 0x80072EE2,               // ERROR_WINHTTP_TIMEOUT
  kNameNotResolved = 0x80072EE7,
  kCannotConnect = 0x80072EFD,
  kConnectionError = 0x80072EFE,  // connection aborted
  kCertDateInvalid = 0x80072F05,
  kCertNameInvalid = 0x80072F06,
  kClientAuthCertNeeded = 0x80072F0C,
  kInvalidCertAuthority = 0x80072F0D,
  kCertRevocationFailed = 0x80072F19,
  kInvalidServerReply = 0x80072F78,  // ERROR_WINHTTP_INVALID_SERVER_RESPONSE
  kCertRevoked = 0x80072F8A,
  kSecureFailure = 0x80072F8F,
  kCertWrongUsage = 0x80072F93,
  kCertificateNotFound = 0x80092004,  // CRYPT_E_NOT_FOUND
  kHttpErrorBase = 0x80190000,        // BG_E_HTTP_ERROR_n - n
  kNotFound = 0x80200001,             // BG_E_NOT_FOUND
  kInvalidState = 0x80200002,
  kEmpty = 0x80200003,
  kFileNotAvailable = 0x80200004,
  kProtocolNotAvailable = 0x80200005,
  kErrorInformationUnavailable = 0x8020000F,
  kNetworkDisconnected = 0x80200010,
  kMissingFileSize = 0x80200011,
  kInsufficientHttpSupport = 0x80200012,
  kInsufficientRangeSupport = 0x80200013,
  kProxyListTooLarge = 0x80200018,
  kProxyBypassListTooLarge = 0x80200019,
  kInvalidServerResponse = 0x8020001B,
  kTooManyFiles = 0x8020001C,
  kLocalFileChanged = 0x8020001D,
  kSessionNotFound = 0x8020001F,
  kTooLarge = 0x80200020,
  kStringTooLong = 0x80200021,
  kProtocolMismatch = 0x80200022,  // BG_E_CLIENT_SERVER_PROTOCOL_MISMATCH
  kNoProgress = 0x80200024,
  kUserNameTooLarge = 0x80200025,  // BG_E_USERNAME_TOO_LARGE
  kPasswordTooLarge = 0x80200026,
  kInvalidAuthTarget = 0x80200027,
  kInvalidAuthScheme = 0x80200028,
  kInvalidRange = 0x8020002B,
  kOverlappingRanges = 0x8020002C,
  kInvalidProxyInfo = 0x8020003F,
  kInvalidCredentials = 0x80200040,
  kTooManyJobsPerUser = 0x80200049,
  kTooManyJobsPerMachine = 0x80200050,
  kTooManyFilesInJob = 0x80200051,
  kTooManyRangesInFile = 0x80200052,
  kValidationFailed = 0x80200053,
  kMaxDownloadTimeout = 0x80200054,  // BG_E_MAXDOWNLOAD_TIMEOUT
  kReadOnlyProperty = 0x80200058,
  kDownloadJobsOnly = 0x80200060,  // BG_E_PROPERTY_SUPPORTED_FOR_DOWNLOAD_JOBS_ONLY
  kReadOnlyAfterAddFile = 0x80200061,
  kReadOnlyAfterResume = 0x80200062,
  kMaxDownloadSizeInvalid = 0x80200063,
  kMaxDownloadSizeReached = 0x80200064,
  kDatabaseCorrupt = 0x8020006C,
  kNotSupportedWithCustomHttpMethod = 0x80200071,
  kUnsupportedJobConfiguration = 0x80200072,
};

// BG_E_HTTP_ERROR_n.
constexpr HResult HttpError(int status) {
  return static_cast<HResult>(static_cast<std::uint32_t>(HResult::kHttpErrorBase) +
                              static_cast<std::uint32_t>(status));
}

constexpr bool Succeeded(HResult code) { return static_cast<std::uint32_t>(code) < 0x80000000u; }

// "BG_E_EMPTY", "E_INVALIDARG", "BG_E_HTTP_ERROR_404"; "HRESULT" and the number
// for codes without a row.
std::string NameOf(HResult code);

// An English sentence for users, as GetErrorDescription gives it.
std::string TextOf(HResult code);

// Where an error arose (BG_ERROR_CONTEXT). The numbers go to clients.
enum class ErrorContext : std::uint32_t {
  kNone = 0,
  kUnknown = 1,
  kGeneralQueueManager = 2,
  kQueueManagerNotification = 3,
  kLocalFile = 4,
  kRemoteFile = 5,
  kGeneralTransport = 6,
  kRemoteApplication = 7,
  kServerCertificateCallback = 8,
};

// An English sentence for users, as GetErrorContextDescription gives it.
std::string_view TextOf(ErrorContext context);

// "BG_ERROR_CONTEXT_REMOTE_FILE"; numbers without a row count as kUnknown.
std::string_view NameOf(ErrorContext context);

// All codes and contexts as Markdown: docs/error-codes.md holds it and a test
// compares.
std::string ErrorCodesMarkdown();

struct Error {
  HResult code = HResult::kUnexpected;
  ErrorContext context = ErrorContext::kNone;
  std::string message;  // for operators and for bad input: what is wrong and what to change
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> Fail(HResult code, std::string message,
                                  ErrorContext context = ErrorContext::kNone) {
  return tl::unexpected<Error>(Error{code, context, std::move(message)});
}

}  // namespace engine
