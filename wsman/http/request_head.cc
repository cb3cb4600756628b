#include "wsman/http/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace wsman::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::uint64_t kLargestLength = 0x7FFF'FFFF;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Of each byte, whether it is one of some kind.
using ByteSet = std::array<bool, 256>;

bool IsIn(const ByteSet& set, char c) { return set[static_cast<unsigned char>(c)]; }

constexpr ByteSet kTokenBytes = [] {
  ByteSet set{};
  for (char c = '0'; c <= '9'; ++c) set[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) set[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) set[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    set[static_cast<unsigned char>(c)] = true;
  return set;
}();

// What may stand inside a line: visible characters, space, tab and obs-text.
constexpr ByteSet kLineBytes = [] {
  ByteSet set{};
  for (std::size_t byte = 0x20; byte < set.size(); ++byte) set[byte] = byte != 0x7F;
  set['\t'] = true;
  return set;
}();

bool IsTokenChar(char c) { return IsIn(kTokenBytes, c); }
bool IsLineChar(char c) { return IsIn(kLineBytes, c); }

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenChar);
}

bool IsVisibleAscii(char c) { return c > 0x20 && c < 0x7F; }

bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  return EqualsIgnoringCase(text.substr(0, prefix.size()), prefix);
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The head's lines one after the other, without line ends.
std::string_view NextLine(std::string_view& rest) {
  const std::size_t end = rest.find(kLineEnd);
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(line.size() + kLineEnd.size());
  return line;
}

std::optional<std::string_view> PathOf(std::string_view target) {
  if (target.empty() || !std::all_of(target.begin(), target.end(), IsVisibleAscii) ||
      target.find('#') != std::string_view::npos) {
    return std::nullopt;
  }
  if (StartsWithIgnoringCase(target, "http://") || StartsWithIgnoringCase(target, "https://")) {
    target.remove_prefix(target.find("//") + 2);
    const std::size_t path = target.find_first_of("/?");
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  return target.substr(0, target.find('?'));
}

bool IsHost(std::string_view host) {
  constexpr std::string_view kPunctuation = ".-_:[]%~!$&'()*+;=";
  return std::all_of(host.begin(), host.end(), [kPunctuation](char c) {
    return (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z') ||
           kPunctuation.find(c) != std::string_view::npos;
  });
}

// 1*DIGIT below 2^31.
std::optional<std::uint64_t> ParseLength(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > kLargestLength) {
    return std::nullopt;
  }
  return value;
}

bool ListContains(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (EqualsIgnoringCase(Trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

class HeadParser {
 public:
  std::optional<RequestHead> Parse(std::string_view text) {
    if (!RequestLine(NextLine(text))) return std::nullopt;
    while (text != kLineEnd) {
      if (text.empty() || !HeaderLine(NextLine(text))) return std::nullopt;
    }
    if (!Consistent()) return std::nullopt;
    return head_;
  }

 private:
  enum class Single { kHost, kLength, kCoding, kType, kEncoding, kExpect, kCount };

  bool RequestLine(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return false;
    head_.method = line.substr(0, first);
    const std::string_view version = line.substr(last + 1);
    const auto path = PathOf(line.substr(first + 1, last - first - 1));
    if (!IsToken(head_.method) || !path) return false;
    head_.path = *path;
    head_.http_1_0 = version == "HTTP/1.0";
    head_.keep_alive = !head_.http_1_0;
    return head_.http_1_0 || version == "HTTP/1.1";
  }

  bool HeaderLine(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view name = line.substr(0, colon);
    return IsToken(name) && Header(name, Trimmed(line.substr(colon + 1)));
  }

  bool Header(std::string_view name, std::string_view value) {
    if (EqualsIgnoringCase(name, "Host"))
      return Text(Single::kHost, head_.host, value) && IsHost(value);
    if (EqualsIgnoringCase(name, "Content-Length")) {
      head_.content_length = ParseLength(value);
      return Once(Single::kLength) && head_.content_length.has_value();
    }
    if (EqualsIgnoringCase(name, "Transfer-Encoding")) {
      head_.chunked = EqualsIgnoringCase(value, "chunked");
      return Once(Single::kCoding) && head_.chunked;
    }
    if (EqualsIgnoringCase(name, "Content-Type"))
      return Text(Single::kType, head_.content_type, value);
    if (EqualsIgnoringCase(name, "Content-Encoding")) {
      return Text(Single::kEncoding, head_.content_encoding, value);
    }
    if (EqualsIgnoringCase(name, "Expect")) return Text(Single::kExpect, head_.expect, value);
    if (EqualsIgnoringCase(name, "Authorization")) {
      head_.authorization = head_.authorization_present ? std::nullopt : std::optional(value);
      head_.authorization_present = true;
    } else if (EqualsIgnoringCase(name, "Connection")) {
      close_ = close_ || ListContains(value, "close");
      keep_alive_ = keep_alive_ || ListContains(value, "keep-alive");
    } else if (EqualsIgnoringCase(name, "Origin") || StartsWithIgnoringCase(name, "Sec-Fetch-")) {
      head_.from_browser = true;
    } else if (EqualsIgnoringCase(name, "WSMANIDENTIFY")) {
      head_.identify = true;
    }
    return true;
  }

  // False for the second header of this kind.
  bool Once(Single header) { return !std::exchange(seen_[static_cast<std::size_t>(header)], true); }

  bool Text(Single header, std::string_view& where, std::string_view value) {
    where = value;
    return Once(header);
  }

  bool Consistent() {
    head_.keep_alive = !close_ && (!head_.http_1_0 || keep_alive_);
    const bool host = seen_[static_cast<std::size_t>(Single::kHost)];
    if (!head_.http_1_0 && !host) return false;
    return !head_.chunked || (!head_.content_length && !head_.http_1_0);
  }

  RequestHead head_;
  bool close_ = false;
  bool keep_alive_ = false;
  std::array<bool, static_cast<std::size_t>(Single::kCount)> seen_{};
};

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

HeadScanner::State HeadScanner::Scan(std::string_view received) {
  for (; position_ < received.size(); ++position_) {
    SkipOrdinary(received);
    if (position_ == received.size()) break;
    if (position_ >= limits_->header_bytes) return State::kBad;
    const char c = received[position_];
    const bool after_return = position_ > line_start_ && received[position_ - 1] == '\r';
    if (c == '\n') {
      if (!after_return) return State::kBad;
      const bool empty = position_ == line_start_ + 1;
      line_start_ = position_ + 1;
      if (!empty && lines_++ < limits_->header_count + 1) continue;
      ++position_;
      return empty && lines_ > 0 ? State::kComplete : State::kBad;
    }
    if (after_return || (c != '\r' && !Accepts(received, c))) return State::kBad;
  }
  return State::kIncomplete;
}

// Takes what needs no closer look: inside a line, allowed there, and within all
// limits.
void HeadScanner::SkipOrdinary(std::string_view received) {
  if (position_ == line_start_ || received[position_ - 1] == '\r') return;
  const std::size_t line = lines_ == 0 ? limits_->request_line_bytes : limits_->header_line_bytes;
  const std::size_t end = std::min({received.size(), limits_->header_bytes, line_start_ + line});
  while (position_ < end && IsLineChar(received[position_])) ++position_;
}

bool HeadScanner::Accepts(std::string_view received, char c) const {
  const std::size_t length = position_ - line_start_ + 1;
  // Nothing that belongs to a head starts with another character; so XML, TLS
  // and folded lines end here.
  if (length == 1 && !IsTokenChar(c)) return false;
  if (!IsLineChar(c)) return false;
  if (lines_ == 0) return length <= limits_->request_line_bytes;
  if (length <= limits_->header_line_bytes) return true;
  return length <= limits_->authorization_bytes &&
         StartsWithIgnoringCase(received.substr(line_start_), "Authorization:");
}

std::optional<RequestHead> ParseRequestHead(std::string_view head) {
  return HeadParser().Parse(head);
}

}  // namespace wsman::http
