#include "engine/custom_headers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include <fmt/format.h>

#include "engine/text.h"

namespace engine {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

// Those that say where a message ends, what it is about, or which part and
// version of the file is meant: the transfer writes them and relies on them.
constexpr auto kReserved = std::to_array<std::string_view>(
    {"accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "range",
     "te", "trailer", "transfer-encoding", "upgrade"});
// Those that say who asks.
constexpr auto kCredentials = std::to_array<std::string_view>({"authorization", "cookie"});
constexpr auto kReservedPrefixes = std::to_array<std::string_view>({"if-", "proxy-"});

bool IsTokenCharacter(unsigned char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c < 0x80 && std::isalnum(c) != 0) || kOthers.find(static_cast<char>(c)) != kOthers.npos;
}

// Visible characters, blanks, tabs, and bytes above ASCII.
bool IsValueCharacter(unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); }

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return lower;
}

bool IsReserved(std::string_view name) {
  const std::string lower = LowerCase(name);
  return std::ranges::find(kReserved, lower) != kReserved.end() ||
         std::ranges::any_of(kReservedPrefixes, [&lower](std::string_view prefix) {
           return lower.compare(0, prefix.size(), prefix) == 0;
         });
}

Status CheckLine(std::string_view line, std::size_t number) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || !IsToken(name))
    return Fail(HResult::kInvalidArgument,
                fmt::format("Line {} of the custom headers is not \"Name: value\". End each line "
                            "with CR LF and begin it with the name of a header field.",
                            number));
  if (IsReserved(name))
    return Fail(HResult::kInvalidArgument,
                fmt::format("Line {} of the custom headers is {}, which the transfer itself "
                            "decides. Remove it.",
                            number, Quoted(name)));
  const std::string_view value = line.substr(colon + 1);
  if (!std::ranges::all_of(value,
                           [](char c) { return IsValueCharacter(static_cast<unsigned char>(c)); }))
    return Fail(
        HResult::kInvalidArgument,
        fmt::format("Line {} of the custom headers holds a control character. Remove it.", number));
  return {};
}

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsTokenCharacter(static_cast<unsigned char>(c));
  });
}

Status CheckHeaderPolicy(std::string_view text, const TransferOptions& policy) {
  if (policy.allow_credential_headers) return {};
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find(kLineEnd), text.size());
    const std::string_view name = text.substr(0, std::min(text.find(':'), end));
    if (std::ranges::find(kCredentials, LowerCase(name)) != kCredentials.end())
      return Fail(HResult::kAccessDenied,
                  fmt::format("Line {} of the custom headers is {}, which this host's policy "
                              "refuses. Give the job credentials (SetCredentials) instead, or let "
                              "an administrator set transfers.allow_credential_headers.",
                              number, Quoted(name)));
    text.remove_prefix(std::min(end + kLineEnd.size(), text.size()));
  }
  return {};
}

Status CheckCustomHeaders(std::string_view text, const LimitOptions& limits) {
  const std::optional<std::size_t> length = Utf16Length(text);
  if (!length)
    return Fail(HResult::kInvalidArgument,
                "The custom headers are not well-formed UTF-8. Send them as Unicode text.");
  if (*length > limits.custom_headers_characters)
    return Fail(HResult::kStringTooLong,
                fmt::format("The custom headers have {} characters; shorten them to {}.", *length,
                            limits.custom_headers_characters));
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find(kLineEnd), text.size());
    if (Status line = CheckLine(text.substr(0, end), number); !line) return line;
    text.remove_prefix(std::min(end + kLineEnd.size(), text.size()));
  }
  return {};
}

}  // namespace engine
