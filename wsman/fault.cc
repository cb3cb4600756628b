#include "wsman/fault.h"

#include <array>

namespace wsman {
namespace {

constexpr bool kSender = false;
constexpr bool kReceiver = true;

// One row for each code, in the order of the enumeration, so that a code is the
// index of its row.
// clang-format off
constexpr auto kRows = std::to_array<FaultRow>({
    {FaultCode::kVersionMismatch, kSender, "", "", 2150858765},
    {FaultCode::kMustUnderstand, kSender, "", "", 2150858768},
    {FaultCode::kAccessDenied, kSender, "w:AccessDenied", "", 5},
    {FaultCode::kActionNotSupported, kSender, "a:ActionNotSupported", "", 2150858771},
    {FaultCode::kActionMismatch, kSender, "a:ActionNotSupported", "ActionMismatch", 2150858801},
    {FaultCode::kCannotProcessFilter, kSender, "n:CannotProcessFilter", "", 2150858778},
    {FaultCode::kFragmentPath, kSender, "w:CannotProcessFilter", "", 2150858899},
    {FaultCode::kConcurrency, kSender, "w:Concurrency", "", 2150858802},
    {FaultCode::kDeliveryModeUnavailable, kSender, "e:DeliveryModeRequestedUnavailable", "", 2150858782},
    {FaultCode::kEventFilterUnavailable, kSender, "e:FilteringRequestedUnavailable", "", 2150858786},
    {FaultCode::kEventFilterRequired, kSender, "e:FilteringRequestedUnavailable", "FilteringRequired", 2150858831},
    {FaultCode::kInvalidEventExpiration, kSender, "e:InvalidExpirationTime", "", 2150858783},
    {FaultCode::kUnsupportedEventExpiration, kSender, "e:UnsupportedExpirationType", "", 2150858784},
    {FaultCode::kInvalidEventMessage, kSender, "e:InvalidMessage", "", 2150858789},
    {FaultCode::kUnableToRenew, kReceiver, "e:UnableToRenew", "", 2150858788},
    {FaultCode::kUnsupportedHeartbeats, kSender, "w:UnsupportedFeature", "Heartbeats", 2150858858},
    {FaultCode::kUnsupportedBookmarks, kSender, "w:UnsupportedFeature", "Bookmarks", 2150858859},
    {FaultCode::kDestinationUnreachable, kSender, "a:DestinationUnreachable", "InvalidResourceURI", 2150858752},
    {FaultCode::kCharacterSet, kSender, "w:EncodingLimit", "CharacterSet", 2150858828},
    {FaultCode::kMaxEnvelopeSize, kSender, "w:EncodingLimit", "MaxEnvelopeSize", 2150858823},
    {FaultCode::kMinimumEnvelopeLimit, kSender, "w:EncodingLimit", "MinimumEnvelopeLimit", 2150858878},
    {FaultCode::kServiceEnvelopeLimit, kSender, "w:EncodingLimit", "ServiceEnvelopeLimit", 2150858825},
    {FaultCode::kSelectorLimit, kSender, "w:EncodingLimit", "SelectorLimit", 2150858826},
    {FaultCode::kOptionLimit, kSender, "w:EncodingLimit", "OptionLimit", 2150858827},
    {FaultCode::kUriLimitExceeded, kSender, "w:EncodingLimit", "URILimitExceeded", 2150858797},
    {FaultCode::kUnreportableSuccess, kSender, "w:EncodingLimit", "UnreportableSuccess", 2150858829},
    {FaultCode::kEndpointUnavailable, kReceiver, "a:EndpointUnavailable", "", 2150858772},
    {FaultCode::kFilterDialectUnavailable, kSender, "n:FilterDialectRequestedUnavailable", "", 2150858777},
    {FaultCode::kFilteringNotSupported, kSender, "n:FilteringNotSupported", "", 2150858776},
    {FaultCode::kFragmentDialectNotSupported, kReceiver, "w:FragmentDialectNotSupported", "", 2150858896},
    {FaultCode::kInternalError, kReceiver, "w:InternalError", "", 1359},
    {FaultCode::kInvalidEnumerationContext, kReceiver, "n:InvalidEnumerationContext", "", 2150858779},
    {FaultCode::kInvalidExpirationTime, kSender, "n:InvalidExpirationTime", "", 2150858774},
    {FaultCode::kInvalidHeader, kSender, "a:InvalidMessageInformationHeader", "", 2150858767},
    {FaultCode::kInvalidTimeout, kSender, "a:InvalidMessageInformationHeader", "InvalidTimeout", 2150858881},
    {FaultCode::kInvalidParameter, kSender, "w:InvalidParameter", "", 2150858810},
    {FaultCode::kParameterTypeMismatch, kSender, "w:InvalidParameter", "TypeMismatch", 2150858836},
    {FaultCode::kParameterInvalidName, kSender, "w:InvalidParameter", "InvalidName", 2150858837},
    {FaultCode::kInvalidRepresentation, kSender, "x:InvalidRepresentation", "", 2150858773},
    {FaultCode::kRepresentationInvalidValues, kSender, "x:InvalidRepresentation", "InvalidValues", 2150858838},
    {FaultCode::kRepresentationInvalidNamespace, kSender, "x:InvalidRepresentation", "InvalidNamespace", 2150858840},
    {FaultCode::kRepresentationInvalidFragment, kSender, "x:InvalidRepresentation", "InvalidFragment", 2150858841},
    {FaultCode::kInvalidSelectors, kSender, "w:InvalidSelectors", "", 2150858813},
    {FaultCode::kInsufficientSelectors, kSender, "w:InvalidSelectors", "InsufficientSelectors", 2150858842},
    {FaultCode::kUnexpectedSelectors, kSender, "w:InvalidSelectors", "UnexpectedSelectors", 2150858843},
    {FaultCode::kSelectorTypeMismatch, kSender, "w:InvalidSelectors", "TypeMismatch", 2150858844},
    {FaultCode::kSelectorInvalidValue, kSender, "w:InvalidSelectors", "InvalidValue", 2150858845},
    {FaultCode::kDuplicateSelectors, kSender, "w:InvalidSelectors", "DuplicateSelectors", 2150858847},
    {FaultCode::kHeaderRequired, kSender, "a:MessageInformationHeaderRequired", "", 2150858769},
    {FaultCode::kQuotaLimit, kSender, "w:QuotaLimit", "", 2150858815},
    {FaultCode::kSchemaValidationError, kSender, "w:SchemaValidationError", "", 2150858817},
    {FaultCode::kTimedOut, kReceiver, "w:TimedOut", "", 2150858793},
    {FaultCode::kUnsupportedExpirationType, kSender, "n:UnsupportedExpirationType", "", 2150859036},
    {FaultCode::kUnsupportedAddressingMode, kSender, "w:UnsupportedFeature", "AddressingMode", 2150858870},
    {FaultCode::kUnsupportedEnumerationMode, kSender, "w:UnsupportedFeature", "EnumerationMode", 2150858886},
    {FaultCode::kUnsupportedLocale, kSender, "w:UnsupportedFeature", "Locale", 2150858887},
    {FaultCode::kUnsupportedFragmentAccess, kSender, "w:UnsupportedFeature", "FragmentLevelAccess", 2150858871},
    {FaultCode::kPolymorphismModeNotSupported, kSender, "b:PolymorphismModeNotSupported", "", 2150859063},
});
// clang-format on

constexpr bool EachCodeHasItsRow() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (static_cast<std::size_t>(kRows[i].code) != i) return false;
  return kRows.back().code == FaultCode::kPolymorphismModeNotSupported;
}
static_assert(EachCodeHasItsRow());

constexpr std::string_view kAddressingFault =
    "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault";
constexpr std::string_view kWsmanFaultAction = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault";

// The namespace of the subcode decides, with one exception in FaultAction.
constexpr std::string_view ActionOfPrefix(char prefix) {
  switch (prefix) {
    case 'w':
    case 'b':  // the CIM binding has no fault action of its own
      return kWsmanFaultAction;
    case 'x':
      return "http://schemas.xmlsoap.org/ws/2004/09/transfer/fault";
    case 'n':
      return "http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault";
    case 'e':
      return "http://schemas.xmlsoap.org/ws/2004/08/eventing/fault";
    default:
      return kAddressingFault;
  }
}

}  // namespace

const FaultRow& RowOf(FaultCode code) { return kRows[static_cast<std::size_t>(code)]; }

std::string_view FaultAction(FaultCode code) {
  // A timeout is a matter of WS-Management although its subcode is not (DSP0226 14.6).
  if (code == FaultCode::kInvalidTimeout) return kWsmanFaultAction;
  const std::string_view subcode = RowOf(code).subcode;
  return subcode.empty() ? kAddressingFault : ActionOfPrefix(subcode.front());
}

}  // namespace wsman
