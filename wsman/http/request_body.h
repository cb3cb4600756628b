// The body of an HTTP/1.1 request out of bytes that arrive in pieces. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wsman/http/limits.h"
#include "wsman/http/request_head.h"

namespace wsman::http {

enum class BodyUse { kKeep, kThrowAway };

class BodyReader {
 public:
  enum class State {
    kMore,
    kDone,
    kBad,       // not chunked coding
    kTooLarge,  // more than the limit was sent
  };

  BodyReader() = default;  // an empty body, done

  // A head with neither length nor chunked coding has an empty body. A length
  // above `largest` is kTooLarge at once.
  BodyReader(const RequestHead& head, const ServerLimits& limits, std::size_t largest, BodyUse use);

  // Takes what belongs to the body and returns how many bytes that were; what
  // follows belongs to the next request. Call while the state is kMore only.
  std::size_t Feed(std::string_view received);

  State state() const { return state_; }
  std::string TakeBody() { return std::move(body_); }

 private:
  enum class Part { kLength, kSizeLine, kData, kDataEnd, kTrailer };

  std::size_t FeedData(std::string_view received);
  void FeedLineByte(char c);
  void EndLine();
  void EndSizeLine();
  void EndTrailerLine();

  State state_ = State::kDone;
  Part part_ = Part::kLength;
  BodyUse use_ = BodyUse::kThrowAway;
  std::size_t line_limit_ = 0;
  std::size_t trailer_limit_ = 0;
  std::size_t allowance_ = 0;   // body bytes that may still come
  std::uint64_t left_ = 0;      // bytes of this chunk, or of the whole body
  std::size_t extensions_ = 0;  // bytes of chunk extensions so far
  std::size_t trailers_ = 0;
  std::string line_;  // with its carriage return, without its line feed
  std::string body_;
};

}  // namespace wsman::http
