#include "engine/transfer/http_fields.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace engine::transfer {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The inside of an entity tag: visible characters without the quote.
bool IsEtagCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

std::optional<TimePoint> ParseDateForm(const std::string& text, const char* form) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), form, &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::time_t seconds = ::timegm(&parts);
  if (seconds < 0) return std::nullopt;
  return std::chrono::system_clock::from_time_t(seconds);
}

}  // namespace

std::optional<std::uint64_t> ParseByteCount(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > kMaxFileBytes) return std::nullopt;
  return value;
}

std::optional<ContentRange> ParseContentRange(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (text.size() < kUnit.size() || !EqualsIgnoringCase(text.substr(0, kUnit.size()), kUnit)) {
    return std::nullopt;
  }
  text.remove_prefix(kUnit.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view span = text.substr(0, slash);
  const std::string_view total = text.substr(slash + 1);

  ContentRange range;
  if (total != "*") {
    range.total = ParseByteCount(total);
    if (!range.total) return std::nullopt;
  }
  if (span == "*") return range.total ? std::optional(range) : std::nullopt;

  const std::size_t dash = span.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = ParseByteCount(span.substr(0, dash));
  const auto last = ParseByteCount(span.substr(dash + 1));
  if (!first || !last || *first > *last || *last == kMaxFileBytes) return std::nullopt;
  if (range.total && *last >= *range.total) return std::nullopt;
  range.span = ContentRange::Span{*first, *last};
  return range;
}

std::optional<TimePoint> ParseHttpDate(std::string_view text) {
  // strptime takes any white space for a blank.
  const auto visible = [](char c) { return c >= ' ' && c <= '~'; };
  if (!std::all_of(text.begin(), text.end(), visible)) return std::nullopt;
  const std::string copy(text);
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    if (auto time = ParseDateForm(copy, form)) return time;
  }
  return std::nullopt;
}

bool IsStrongEtag(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' &&
         std::all_of(text.begin() + 1, text.end() - 1, IsEtagCharacter);
}

bool IsWeakEtag(std::string_view text) {
  return text.starts_with("W/") && IsStrongEtag(text.substr(2));
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view TrimBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace engine::transfer
