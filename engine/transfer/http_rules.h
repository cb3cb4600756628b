// What a reply means for a download, decided before one byte is written
// (security reference 3.4, engine reference 2.2). Pure logic.
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

struct HeaderField {
  std::string name;   // as sent
  std::string value;  // trimmed
};

// The final reply's head (redirects already followed).
struct ReplyHead {
  int status = 0;
  int http_minor = 1;               // HTTP/1.x
  std::vector<HeaderField> fields;
};

// The request headers that make a resume provable; empty for a start at 0.
// If-Range with a strong ETag; otherwise If-Unmodified-Since with Last-Modified.
// No validators: a resume is impossible and the file starts at 0.
struct RangeRequest {
  std::uint64_t offset = 0;
  std::vector<std::string> headers;  // complete lines: "Range: bytes=5-"
};
RangeRequest PlanRequest(const FileState& resume);

// Take the body: it continues at `offset` (0 when the file starts anew).
struct TakeBody {
  std::uint64_t offset = 0;
  std::uint64_t skip = 0;                       // bytes of this body to drop first (a 206 that starts early)
  std::optional<std::uint64_t> body_length;     // counted and compared at the end; empty for chunked
  bool chunked = false;
  FileState state;                              // total and validators of this version, offset as above
  bool restarted = false;                       // earlier bytes belong to another version or cannot be kept
};
// Ask again from 0 without conditions; the earlier bytes are worthless.
struct StartOver { std::string reason; };
// Every byte was already here (416 with the same total, or nothing left).
struct AlreadyComplete { FileState state; };
struct Refuse {
  Error error;
  bool recoverable = true;
  std::optional<std::chrono::seconds> retry_after;
};
using Decision = std::variant<TakeBody, StartOver, AlreadyComplete, Refuse>;

Decision Judge(const FileState& resume, const ReplyHead& head);

// bits reference 3.3: whether an HTTP error status is worth a retry.
bool IsRecoverable(int status);

// A strong ETag, or a Last-Modified date: something a resume can be proven with.
bool CanResume(const Validators& validators);

}  // namespace engine::transfer
