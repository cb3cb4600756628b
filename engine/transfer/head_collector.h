// Puts the header lines of a reply together: skips interim replies, refuses
// what is not strictly HTTP/1.x, stops floods. Pure logic.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/transfer/http_rules.h"

namespace engine::transfer {

// Of all heads of one exchange together, interim ones included.
inline constexpr std::size_t kMaxHeadBytes = 96 * 1024;

class HeadCollector {
 public:
  enum class Progress {
    kMore,      // the final head is not complete
    kComplete,  // head() is the final one; later lines are trailers
    kRefused,   // reason() says why
  };

  // A line with its line end, as it came.
  Progress Add(std::string_view line);

  const ReplyHead& head() const { return head_; }
  // Whether `line` begins another head although there is a complete one: that
  // was a 401 or 407 which libcurl answered by itself, as NTLM and Digest want.
  // head() is empty then, and the line is still to be added.
  bool BeginNextHead(std::string_view line);
  const std::string& reason() const { return reason_; }

 private:
  Progress StatusLine(std::string_view line);
  Progress Field(std::string_view line);
  Progress EndOfHead();
  Progress Refused(std::string reason);

  ReplyHead head_;
  std::string reason_;
  std::size_t bytes_ = 0;
  bool in_head_ = false;
  bool complete_ = false;
};

}  // namespace engine::transfer
