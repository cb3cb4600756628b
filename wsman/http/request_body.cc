#include "wsman/http/request_body.h"

#include <algorithm>
#include <charconv>

namespace wsman::http {
namespace {

constexpr std::size_t kSizeDigits = 8;

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

BodyReader::BodyReader(const RequestHead& head, const ServerLimits& limits, std::size_t largest,
                       BodyUse use)
    : use_(use),
      line_limit_(limits.header_line_bytes),
      trailer_limit_(limits.header_count),
      allowance_(largest),
      left_(head.content_length.value_or(0)) {
  if (head.chunked) {
    part_ = Part::kSizeLine;
    state_ = State::kMore;
  } else if (left_ > largest) {
    state_ = State::kTooLarge;
  } else if (left_ > 0) {
    state_ = State::kMore;
    if (use_ == BodyUse::kKeep) body_.reserve(left_);
  }
}

std::size_t BodyReader::Feed(std::string_view received) {
  std::size_t taken = 0;
  while (state_ == State::kMore && taken < received.size()) {
    if (part_ == Part::kLength || part_ == Part::kData) {
      taken += FeedData(received.substr(taken));
    } else {
      FeedLineByte(received[taken]);
      ++taken;
    }
  }
  return taken;
}

std::size_t BodyReader::FeedData(std::string_view received) {
  const std::size_t count = std::min<std::uint64_t>(left_, received.size());
  if (use_ == BodyUse::kKeep) body_.append(received.substr(0, count));
  left_ -= count;
  allowance_ -= count;
  if (left_ > 0) return count;
  if (part_ == Part::kLength) {
    state_ = State::kDone;
  } else {
    part_ = Part::kDataEnd;
  }
  return count;
}

void BodyReader::FeedLineByte(char c) {
  const bool after_return = line_.ends_with('\r');
  if (c == '\n') {
    if (!after_return) {
      state_ = State::kBad;
      return;
    }
    line_.pop_back();
    EndLine();
    line_.clear();
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  // Behind a chunk's data nothing but the line end may stand.
  const bool text = part_ != Part::kDataEnd && (c == '\t' || (byte >= 0x20 && byte != 0x7F));
  const bool allowed = c == '\r' || text;
  if (after_return || !allowed || line_.size() > line_limit_ ||
      (c != '\r' && line_.size() == line_limit_)) {
    state_ = State::kBad;
    return;
  }
  line_.push_back(c);
}

void BodyReader::EndLine() {
  if (part_ == Part::kSizeLine) {
    EndSizeLine();
  } else if (part_ == Part::kTrailer) {
    EndTrailerLine();
  } else {
    part_ = Part::kSizeLine;
  }
}

// 1*HEXDIG, then nothing or an extension, which is ignored; all extensions of a
// body together are as long as one header line at most.
void BodyReader::EndSizeLine() {
  const auto end = std::find_if_not(line_.begin(), line_.end(), IsHexDigit);
  const auto digits = static_cast<std::size_t>(end - line_.begin());
  extensions_ += line_.size() - digits;
  if (digits == 0 || digits > kSizeDigits || (end != line_.end() && *end != ';') ||
      extensions_ > line_limit_) {
    state_ = State::kBad;
    return;
  }
  std::from_chars(line_.data(), line_.data() + digits, left_, 16);
  if (left_ > allowance_) {
    state_ = State::kTooLarge;
  } else {
    part_ = left_ == 0 ? Part::kTrailer : Part::kData;
  }
}

// Trailers mean nothing here; they only have to be fields and few.
void BodyReader::EndTrailerLine() {
  if (line_.empty()) {
    state_ = State::kDone;
  } else if (line_.find(':') == std::string::npos || line_.front() == ' ' ||
             line_.front() == '\t' || ++trailers_ > trailer_limit_) {
    state_ = State::kBad;
  }
}

}  // namespace wsman::http
