// What a reply means for a download, decided before one byte is written. The
// aim of every rule: a file is the right bytes or an error, never a mix of two
// versions. Pure logic.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/transfer/transfer.h"

namespace engine::transfer {

// Retry-After beyond this is cut to it.
inline constexpr std::chrono::seconds kMaxRetryAfter{3'600};
// A Last-Modified that is younger than this, seen from the reply's Date, proves
// nothing: the file can change again within the same second (RFC 9110 8.8.2.2).
inline constexpr std::chrono::seconds kStrongDateAge{1};

// The statuses that ask for credentials.
inline constexpr int kUnauthorized = 401;
inline constexpr int kProxyAuthenticationRequired = 407;

struct HeaderField {
  std::string name;   // as sent
  std::string value;  // trimmed
};

// The final reply's head (redirects already followed).
struct ReplyHead {
  int status = 0;
  int http_minor = 1;  // HTTP/1.x
  std::vector<HeaderField> fields;
  // When it arrived; for a Retry-After date in a reply without Date.
  std::optional<TimePoint> received;
};

// The request headers that make a resume provable; empty for a start at 0.
// If-Range with a strong ETag; otherwise If-Unmodified-Since with Last-Modified,
// which needs a known total too. Without these a resume is impossible and the
// file starts at 0.
struct RangeRequest {
  std::uint64_t offset = 0;
  std::vector<std::string> headers;  // complete lines: "Range: bytes=5-"
};
RangeRequest PlanRequest(const FileState& resume);

// Take the body: it continues at `offset` (0 when the file starts anew).
struct TakeBody {
  std::uint64_t offset = 0;
  std::uint64_t skip = 0;  // bytes of this body to drop first (a 206 that starts early)
  // Counted and compared at the end, `skip` included; empty for chunked.
  std::optional<std::uint64_t> body_length;
  bool chunked = false;
  FileState state;         // total and validators of this version, offset as above
  bool restarted = false;  // earlier bytes belong to another version or cannot be kept
};
// Ask again from 0 without conditions; the earlier bytes are worthless. Only
// for requests that asked for a range.
struct StartOver {
  std::string reason;
};
// Every byte was already here (416 with the same total).
struct AlreadyComplete {
  FileState state;
};
struct Refuse {
  Error error;
  bool recoverable = true;
  std::optional<std::chrono::seconds> retry_after;
};
using Decision = std::variant<TakeBody, StartOver, AlreadyComplete, Refuse>;

// `resume` is what PlanRequest was given. A TakeBody can end before the total
// (a 206 shorter than asked): the rest is asked for with another request.
Decision Judge(const FileState& resume, const ReplyHead& head);

// For content that is made as it is asked for: always from the start, and a body
// may end with the connection, so that a cut one is taken for whole.
Decision JudgeDynamic(const ReplyHead& head);

// False when it cannot be told where the reply ends (Content-Length twice with
// different values, not a number; a coding nobody asked for): whatever follows on
// that connection belongs to no request.
bool HasSoundFraming(const ReplyHead& head);

// Whether an HTTP error status is worth a retry, as BITS documents it. 425 and 429, which
// are younger than its list and ask for one (RFC 8470 5.2, RFC 6585 4), are.
bool IsRecoverable(int status);

// A strong ETag, or a Last-Modified date: something a resume can be proven with.
bool CanResume(const Validators& validators);

// The values of a field in the order sent; names compare without case.
std::vector<std::string_view> ValuesOf(const ReplyHead& head, std::string_view name);

// Seconds or a date; at most kMaxRetryAfter, never negative.
std::optional<std::chrono::seconds> RetryAfterOf(const ReplyHead& head);

}  // namespace engine::transfer
