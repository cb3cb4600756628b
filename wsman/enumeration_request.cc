#include "wsman/enumeration_request.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "schema/cim.h"
#include "wsman/body_element.h"
#include "wsman/duration.h"
#include "wsman/namespaces.h"
#include "wsman/quoted.h"

namespace wsman {
namespace {

// xs:positiveInteger; numbers beyond `most` mean `most`.
Result<std::size_t> ReadCount(const Element& element, std::size_t most) {
  const schema::ParsedText parsed = schema::ParseScalar(schema::Type::kUint64, element.text);
  if (parsed.value && std::get<std::uint64_t>(*parsed.value) > 0)
    return static_cast<std::size_t>(
        std::min<std::uint64_t>(std::get<std::uint64_t>(*parsed.value), most));
  const bool is_huge = !parsed.value && parsed.error == schema::TextError::kOutOfRange &&
                       element.text.find('-') == std::string::npos;
  if (is_huge) return most;
  return Fail(FaultCode::kSchemaValidationError,
              fmt::format("{} is {}; it must be a number of at least 1.", element.name,
                          Quoted(element.text)));
}

Result<EnumerationMode> ReadMode(const Element* element) {
  if (element == nullptr) return EnumerationMode::kObject;
  const std::string_view text = Trimmed(element->text);
  if (text == "EnumerateEPR") return EnumerationMode::kEpr;
  if (text == "EnumerateObjectAndEPR") return EnumerationMode::kObjectAndEpr;
  return Fail(FaultCode::kUnsupportedEnumerationMode,
              fmt::format("EnumerationMode is {}; it must be EnumerateEPR or "
                          "EnumerateObjectAndEPR, or absent for objects.",
                          Quoted(text)));
}

// The classes have no subclasses, so all three modes mean the same.
Result<void> CheckPolymorphism(const Element* element) {
  constexpr auto kModes = std::to_array<std::string_view>(
      {"IncludeSubClassProperties", "ExcludeSubClassProperties", "None"});
  if (element == nullptr) return {};
  const std::string_view text = Trimmed(element->text);
  if (std::find(kModes.begin(), kModes.end(), text) != kModes.end()) return {};
  return Fail(FaultCode::kPolymorphismModeNotSupported,
              fmt::format("PolymorphismMode is {}; it must be IncludeSubClassProperties, "
                          "ExcludeSubClassProperties or None.",
                          Quoted(text)));
}

using MaybeDuration = std::optional<std::chrono::milliseconds>;

Result<MaybeDuration> ReadExpires(const Element* element) {
  if (element == nullptr) return MaybeDuration();
  const std::string_view text = Trimmed(element->text);
  if (text.empty()) return MaybeDuration();
  if (text.front() >= '0' && text.front() <= '9') {
    return Fail(FaultCode::kUnsupportedExpirationType,
                "Expires must be a duration such as PT10M, not a point in time.");
  }
  const MaybeDuration duration = ParseDuration(text);
  if (!duration || duration->count() == 0) {
    return Fail(FaultCode::kInvalidExpirationTime,
                fmt::format("Expires is {}; it must be a duration such as PT10M.", Quoted(text)));
  }
  return duration;
}

Result<std::optional<Element>> ReadFilterElement(const Element& root) {
  const Element* wsman = Child(root, ns::kWsman, "Filter");
  const Element* enumeration = Child(root, ns::kEnumeration, "Filter");
  if (wsman != nullptr && enumeration != nullptr) {
    return Fail(FaultCode::kCannotProcessFilter,
                "There are two filters, w:Filter and n:Filter; send one.");
  }
  const Element* filter = wsman != nullptr ? wsman : enumeration;
  return filter == nullptr ? std::optional<Element>() : std::optional<Element>(*filter);
}

Result<std::string> ReadContext(const Element& root) {
  const Element* context = Child(root, ns::kEnumeration, "EnumerationContext");
  if (context != nullptr && context->children.empty()) return std::string(Trimmed(context->text));
  return Fail(FaultCode::kSchemaValidationError,
              fmt::format("{} needs the EnumerationContext of the last reply.", root.name));
}

Result<std::size_t> ReadOptionalCount(const Element* element, std::size_t absent,
                                      std::size_t most) {
  return element == nullptr ? Result<std::size_t>(absent) : ReadCount(*element, most);
}

}  // namespace

Result<EnumerateRequest> ReadEnumerate(const Request& request) {
  const Result<const Element*> root = ReadRoot(request, ns::kEnumeration, "Enumerate");
  if (!root) return tl::unexpected(root.error());
  const Element& body = **root;
  if (Child(body, ns::kEnumeration, "EndTo") != nullptr) {
    return Fail(FaultCode::kUnsupportedAddressingMode,
                "The end of an enumeration is not announced; leave out EndTo.");
  }
  if (auto known = CheckPolymorphism(Child(body, ns::kCimBinding, "PolymorphismMode")); !known)
    return tl::unexpected(known.error());

  const auto max_elements =
      ReadOptionalCount(Child(body, ns::kWsman, "MaxElements"), kMaxBatchItems, kMaxBatchItems);
  if (!max_elements) return tl::unexpected(max_elements.error());
  const auto mode = ReadMode(Child(body, ns::kWsman, "EnumerationMode"));
  if (!mode) return tl::unexpected(mode.error());
  const auto expires = ReadExpires(Child(body, ns::kEnumeration, "Expires"));
  if (!expires) return tl::unexpected(expires.error());
  auto filter = ReadFilterElement(body);
  if (!filter) return tl::unexpected(filter.error());
  const bool optimized = Child(body, ns::kWsman, "OptimizeEnumeration") != nullptr;
  return EnumerateRequest{optimized, *max_elements, *mode, *expires, *std::move(filter)};
}

Result<PullRequest> ReadPull(const Request& request) {
  const Result<const Element*> root = ReadRoot(request, ns::kEnumeration, "Pull");
  if (!root) return tl::unexpected(root.error());
  auto context = ReadContext(**root);
  if (!context) return tl::unexpected(context.error());
  const auto elements =
      ReadOptionalCount(Child(**root, ns::kEnumeration, "MaxElements"), 1, kMaxBatchItems);
  if (!elements) return tl::unexpected(elements.error());
  PullRequest pull{*std::move(context), *elements, std::nullopt, std::nullopt};
  if (const Element* limit = Child(**root, ns::kEnumeration, "MaxCharacters"); limit != nullptr) {
    const auto characters = ReadCount(*limit, std::size_t{1} << 40U);
    if (!characters) return tl::unexpected(characters.error());
    pull.max_characters = *characters;
  }
  if (const Element* time = Child(**root, ns::kEnumeration, "MaxTime"); time != nullptr) {
    pull.max_time = ParseDuration(Trimmed(time->text));
    if (!pull.max_time) {
      return Fail(
          FaultCode::kSchemaValidationError,
          fmt::format("MaxTime is {}; it must be a duration such as PT10S.", Quoted(time->text)));
    }
  }
  return pull;
}

Result<std::string> ReadRelease(const Request& request) {
  const Result<const Element*> root = ReadRoot(request, ns::kEnumeration, "Release");
  if (!root) return tl::unexpected(root.error());
  return ReadContext(**root);
}

}  // namespace wsman
