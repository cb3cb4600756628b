#include "engine/transfer/head_collector.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/transfer/http_fields.h"

namespace engine::transfer {
namespace {

std::string_view WithoutLineEnd(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool IsTokenCharacter(char c) {
  constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || kOther.find(c) != std::string_view::npos;
}

bool IsValueCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

}  // namespace

HeadCollector::Progress HeadCollector::Add(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMaxHeadBytes) {
    return Refused(fmt::format("the reply has more than {} bytes of headers", kMaxHeadBytes));
  }
  if (complete_) return Progress::kComplete;
  line = WithoutLineEnd(line);
  if (!in_head_) return StatusLine(line);
  return line.empty() ? EndOfHead() : Field(line);
}

bool HeadCollector::BeginNextHead(std::string_view line) {
  const bool challenge =
      head_.status == kUnauthorized || head_.status == kProxyAuthenticationRequired;
  if (!complete_ || !challenge || !line.starts_with("HTTP/")) return false;
  head_ = {};
  in_head_ = false;
  complete_ = false;
  return true;
}

HeadCollector::Progress HeadCollector::StatusLine(std::string_view line) {
  // "HTTP/1.1 200 OK"
  const bool http1 = line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ' &&
                     (line[7] == '0' || line[7] == '1') && (line.size() == 12 || line[12] == ' ');
  int status = 0;
  if (http1) {
    const auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, status);
    if (error != std::errc() || end != line.data() + 12) status = 0;
  }
  if (status < 100 || status > 599) return Refused("the reply does not start as HTTP/1.1 does");
  head_ = ReplyHead{status, line[7] - '0', {}, std::nullopt};
  in_head_ = true;
  return Progress::kMore;
}

HeadCollector::Progress HeadCollector::Field(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  const bool good_name = colon != std::string_view::npos && !name.empty() &&
                         std::all_of(name.begin(), name.end(), IsTokenCharacter);
  const std::string_view value = good_name ? line.substr(colon + 1) : std::string_view();
  if (!good_name || !std::all_of(value.begin(), value.end(), IsValueCharacter)) {
    return Refused("the reply has a malformed header line");
  }
  head_.fields.push_back({std::string(name), std::string(TrimBlanks(value))});
  return Progress::kMore;
}

HeadCollector::Progress HeadCollector::EndOfHead() {
  in_head_ = false;
  if (head_.status == 101) return Refused("the server switched protocols unasked");
  if (head_.status < 200) return Progress::kMore;
  head_.received = std::chrono::system_clock::now();
  complete_ = true;
  return Progress::kComplete;
}

HeadCollector::Progress HeadCollector::Refused(std::string reason) {
  reason_ = std::move(reason);
  return Progress::kRefused;
}

}  // namespace engine::transfer
