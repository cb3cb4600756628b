// The head of an HTTP/1.x request, strictly (RFC 9112). Whatever two servers
// could read differently is refused: bare line feeds, folded lines, spaces
// before the colon, repeated or odd lengths, a length beside chunked coding.
// Pure: bytes in, values out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wsman/http/limits.h"

namespace wsman::http {

// Finds the end of the head in bytes that arrive in pieces, and notices at the
// first impossible byte that it will not become one.
class HeadScanner {
 public:
  enum class State { kIncomplete, kComplete, kBad };

  explicit HeadScanner(const ServerLimits& limits) : limits_(&limits) {}

  // `received` starts at the head's first byte and has grown since the last
  // call; each byte is looked at once.
  State Scan(std::string_view received);

  // Bytes of the head with its empty line, once complete.
  std::size_t length() const { return position_; }

 private:
  void SkipOrdinary(std::string_view received);
  bool Accepts(std::string_view received, char c) const;

  const ServerLimits* limits_;
  std::size_t position_ = 0;
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;  // complete ones
};

// Views point into the text that was parsed.
struct RequestHead {
  std::string_view method;
  std::string_view path;  // without query; of an absolute target, what follows the authority
  std::string_view host;  // the Host header; empty: none
  bool http_1_0 = false;
  bool keep_alive = true;

  std::optional<std::string_view> authorization;  // empty also when it was repeated
  bool authorization_present = false;

  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  std::string_view content_type;      // empty: none
  std::string_view content_encoding;  // empty: none
  std::string_view expect;            // empty: none

  bool from_browser = false;  // Origin or Sec-Fetch-*
  bool identify = false;      // WSMANIDENTIFY
};

// `head` is what a HeadScanner with the same limits found complete. Empty when
// it is not a valid request head; the answer is 400 and the connection ends.
std::optional<RequestHead> ParseRequestHead(std::string_view head);

// ASCII only, as field names and tokens are compared.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

}  // namespace wsman::http
