#include "provider/range_text.h"

#include <string>

#include "schema/cim.h"

namespace provider {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Digits only: a sign makes no sense here.
std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) return std::nullopt;
  const schema::ParsedText parsed = schema::ParseScalar(schema::Type::kUint64, text);
  if (!parsed.value) return std::nullopt;
  return std::get<std::uint64_t>(*parsed.value);
}

std::optional<engine::FileRange> ParseRange(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto offset = ParseNumber(Trimmed(text.substr(0, colon)));
  if (!offset) return std::nullopt;
  const std::string_view length_text = Trimmed(text.substr(colon + 1));
  if (schema::EqualsIgnoreCase(length_text, "eof"))
    return engine::FileRange{*offset, engine::FileRange::kToEnd};
  const auto length = ParseNumber(length_text);
  if (!length) return std::nullopt;
  return engine::FileRange{*offset, *length};
}

}  // namespace

std::optional<std::vector<engine::FileRange>> ParseRanges(std::string_view text) {
  std::vector<engine::FileRange> ranges;
  while (true) {
    const std::size_t comma = text.find(',');
    const auto range = ParseRange(text.substr(0, comma));
    if (!range) return std::nullopt;
    ranges.push_back(*range);
    if (comma == std::string_view::npos) return ranges;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace provider
