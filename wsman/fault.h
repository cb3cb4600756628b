// The fault catalogue: every fault the service can answer is one row of one
// table in fault.cc (DSP0226 14.6, MS-WSMV 2.2.4; Windows' numbers from
// wsmerror.h). Handlers choose a row and say one sentence; they never invent
// codes, subcodes or actions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsman {

enum class FaultCode {
  kVersionMismatch,
  kMustUnderstand,
  kAccessDenied,
  kActionNotSupported,
  kActionMismatch,
  kCannotProcessFilter,  // n:CannotProcessFilter: the query
  kFragmentPath,         // w:CannotProcessFilter: the fragment path
  kConcurrency,
  kDeliveryModeUnavailable,
  kEventFilterUnavailable,  // e:FilteringRequestedUnavailable: the filter of a subscription
  kEventFilterRequired,     // the same, because there is none
  kInvalidEventExpiration,
  kUnsupportedEventExpiration,
  kInvalidEventMessage,  // e:InvalidMessage
  kUnableToRenew,
  kUnsupportedHeartbeats,
  kUnsupportedBookmarks,
  kDestinationUnreachable,  // detail InvalidResourceURI: no such class, or no such instance
  kCharacterSet,
  kMaxEnvelopeSize,       // the reply does not fit what the client accepts
  kMinimumEnvelopeLimit,  // the client accepts less than 8192 octets
  kServiceEnvelopeLimit,  // the request is larger than the service accepts
  kSelectorLimit,
  kOptionLimit,
  kUriLimitExceeded,
  kUnreportableSuccess,
  kEndpointUnavailable,
  kFilterDialectUnavailable,
  kFilteringNotSupported,
  kFragmentDialectNotSupported,
  kInternalError,
  kInvalidEnumerationContext,
  kInvalidExpirationTime,
  kInvalidHeader,  // a:InvalidMessageInformationHeader
  kInvalidTimeout,
  kInvalidParameter,  // Code is the HRESULT of the caller's choice
  kParameterTypeMismatch,
  kParameterInvalidName,
  kInvalidRepresentation,
  kRepresentationInvalidValues,
  kRepresentationInvalidNamespace,
  kRepresentationInvalidFragment,
  kInvalidSelectors,
  kInsufficientSelectors,
  kUnexpectedSelectors,
  kSelectorTypeMismatch,
  kSelectorInvalidValue,
  kDuplicateSelectors,
  kHeaderRequired,  // a:MessageInformationHeaderRequired
  kQuotaLimit,
  kSchemaValidationError,
  kTimedOut,  // w:TimedOut: OperationTimeout, and MaxTime of a Pull for events
  kUnsupportedExpirationType,
  kUnsupportedAddressingMode,
  kUnsupportedEnumerationMode,
  kUnsupportedLocale,
  kUnsupportedFragmentAccess,
  kPolymorphismModeNotSupported,
};

// One row of the catalogue. Views into static storage.
struct FaultRow {
  FaultCode code;
  bool receiver;             // s:Receiver rather than s:Sender
  std::string_view subcode;  // QName with the prefix every reply declares ("a:ActionNotSupported");
                             // empty for the two SOAP codes
  std::string_view detail;   // last segment of the faultDetail URI; empty for none
  std::uint32_t wsman_code;  // Windows' number, the default of Fault::wsman_code
};

// Never fails: every enumerator has a row (a static_assert holds it).
const FaultRow& RowOf(FaultCode code);

// The a:Action of a reply that carries this fault.
std::string_view FaultAction(FaultCode code);

// A fault as a handler returns it.
struct Fault {
  FaultCode code = FaultCode::kInternalError;
  std::string text;              // one plain sentence: what is wrong and what to change
  std::uint32_t wsman_code = 0;  // f:WSManFault Code; 0 takes the row's. HRESULTs go here
  std::string header_name;  // for kHeaderRequired ("a:Action") and kMustUnderstand (local name)
  std::string header_namespace;  // for kMustUnderstand
};

template <class T>
using Result = tl::expected<T, Fault>;

inline tl::unexpected<Fault> Fail(FaultCode code, std::string text, std::uint32_t wsman_code = 0) {
  return tl::unexpected<Fault>(Fault{code, std::move(text), wsman_code, {}, {}});
}

}  // namespace wsman
