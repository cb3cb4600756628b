#include "wsman/header_rules.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "schema/cim.h"
#include "wsman/duration.h"
#include "wsman/namespaces.h"
#include "wsman/quoted.h"

namespace wsman {
namespace {

constexpr std::string_view kXPath = "http://www.w3.org/TR/1999/REC-xpath-19991116";

Result<void> CheckRepeated(const Request& request) {
  if (request.duplicate_headers.empty()) return {};
  return Fail(FaultCode::kInvalidHeader, fmt::format("The header {} stands twice; send it once.",
                                                     Quoted(request.duplicate_headers.front())));
}

Fault Missing(std::string_view header) {
  return {FaultCode::kHeaderRequired,
          fmt::format("The header {} is missing or empty; every request needs it.", header),
          0,
          std::string(header),
          {}};
}

Result<void> CheckRequired(const Request& request) {
  // A MessageID comes as it was written, with its white space.
  const auto blank = [](const std::optional<std::string>& header) {
    return !header || header->find_first_not_of(" \t\r\n") == std::string::npos;
  };
  if (blank(request.action)) return tl::unexpected(Missing("a:Action"));
  if (!request.to) return tl::unexpected(Missing("a:To"));
  if (blank(request.message_id)) return tl::unexpected(Missing("a:MessageID"));
  if (blank(request.reply_to)) return tl::unexpected(Missing("a:ReplyTo"));
  return {};
}

// An answer goes back on the connection of its request and nowhere else: a
// reply to an address of the client's choice would be a request made by this
// host for a stranger.
Result<void> CheckAddressing(const Request& request) {
  for (const auto* address : {&request.reply_to, &request.fault_to}) {
    if (!*address || **address == ns::kAnonymous) continue;
    return Fail(FaultCode::kUnsupportedAddressingMode,
                fmt::format("Replies and faults go back on the same connection only; ReplyTo and "
                            "FaultTo must be {}.",
                            ns::kAnonymous));
  }
  return {};
}

Result<void> CheckUris(const Request& request, const HeaderLimits& limits) {
  const std::array uris = {&request.action,   &request.to,       &request.message_id,
                           &request.reply_to, &request.fault_to, &request.resource_uri};
  const bool too_long = std::any_of(uris.begin(), uris.end(), [&limits](const auto* uri) {
    return *uri && (*uri)->size() > limits.uri_bytes;
  });
  if (!too_long) return {};
  return Fail(FaultCode::kUriLimitExceeded,
              fmt::format("A URI in the headers is longer than {} octets.", limits.uri_bytes));
}

Result<void> CheckCounts(const Request& request, const HeaderLimits& limits) {
  if (request.selectors.size() > limits.selectors) {
    return Fail(FaultCode::kSelectorLimit,
                fmt::format("The request has {} selectors; {} are allowed.",
                            request.selectors.size(), limits.selectors));
  }
  for (const Selector& selector : request.selectors) {
    if (selector.name.size() + selector.value.size() <= limits.selector_bytes) continue;
    return Fail(FaultCode::kSelectorLimit,
                fmt::format("The selector {} is longer than {} octets.", Quoted(selector.name),
                            limits.selector_bytes));
  }
  if (request.options.size() > limits.options) {
    return Fail(FaultCode::kOptionLimit, fmt::format("The request has {} options; {} are allowed.",
                                                     request.options.size(), limits.options));
  }
  return {};
}

Result<std::size_t> ReadMaxEnvelopeSize(const Request& request, const HeaderLimits& limits) {
  if (!request.max_envelope_size) return limits.max_envelope_bytes;
  const std::string& text = request.max_envelope_size->value;
  const schema::ParsedText parsed = schema::ParseScalar(schema::Type::kUint64, text);
  if (!parsed.value && parsed.error == schema::TextError::kOutOfRange && !text.starts_with('-'))
    return limits.max_envelope_bytes;
  if (!parsed.value) {
    return Fail(FaultCode::kInvalidHeader,
                fmt::format("MaxEnvelopeSize is {}; it must be a number of octets.", Quoted(text)));
  }
  const std::uint64_t bytes = std::get<std::uint64_t>(*parsed.value);
  if (bytes < limits.min_envelope_bytes) {
    return Fail(FaultCode::kMinimumEnvelopeLimit,
                fmt::format("MaxEnvelopeSize is {}; the client must accept at least {} octets.",
                            bytes, limits.min_envelope_bytes));
  }
  return static_cast<std::size_t>(std::min<std::uint64_t>(bytes, limits.max_envelope_bytes));
}

Result<std::chrono::milliseconds> ReadTimeout(const Request& request, const HeaderLimits& limits) {
  if (!request.operation_timeout) return limits.max_operation_timeout;
  const auto timeout = ParseDuration(request.operation_timeout->value);
  if (!timeout) {
    return Fail(FaultCode::kInvalidTimeout,
                fmt::format("OperationTimeout is {}; it must be a duration such as PT60.000S.",
                            Quoted(request.operation_timeout->value)));
  }
  // R6.1-4: out of range means the nearest supported value.
  return std::clamp(*timeout, std::min(limits.min_operation_timeout, limits.max_operation_timeout),
                    limits.max_operation_timeout);
}

Result<void> CheckLocale(const Request& request) {
  if (!request.locale || !request.locale->must_understand) return {};
  return Fail(FaultCode::kUnsupportedLocale,
              "Texts cannot be chosen by language; send Locale with mustUnderstand=\"false\".");
}

Result<void> CheckFragment(const Request& request) {
  if (!request.fragment) return {};
  if (!request.fragment->must_understand) {
    return Fail(FaultCode::kInvalidHeader,
                "FragmentTransfer must carry mustUnderstand=\"true\", or a whole document could be "
                "taken for the fragment.");
  }
  if (!request.fragment_dialect.empty() && request.fragment_dialect != kXPath) {
    return Fail(FaultCode::kFragmentDialectNotSupported,
                fmt::format("The fragment dialect must be {} or absent.", kXPath));
  }
  return {};
}

}  // namespace

Result<void> CheckUnderstood(const Request& request) {
  if (request.not_understood.empty()) return {};
  const UnknownHeader& header = request.not_understood.front();
  return tl::unexpected(Fault{FaultCode::kMustUnderstand,
                              fmt::format("The header {} of namespace {} is not understood.",
                                          Quoted(header.name), Quoted(header.name_space)),
                              0, header.name, header.name_space});
}

Result<RequestTerms> CheckHeaders(const Request& request, const HeaderLimits& limits) {
  auto form = CheckRepeated(request)
                  .and_then([&request] { return CheckUnderstood(request); })
                  .and_then([&request] { return CheckRequired(request); })
                  .and_then([&request] { return CheckAddressing(request); })
                  .and_then([&request, &limits] { return CheckUris(request, limits); })
                  .and_then([&request, &limits] { return CheckCounts(request, limits); });
  if (!form) return tl::unexpected(form.error());
  const auto bytes = ReadMaxEnvelopeSize(request, limits);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto timeout = ReadTimeout(request, limits);
  if (!timeout) return tl::unexpected(timeout.error());
  auto rest = CheckLocale(request).and_then([&request] { return CheckFragment(request); });
  if (!rest) return tl::unexpected(rest.error());
  return RequestTerms{*timeout, *bytes};
}

}  // namespace wsman
