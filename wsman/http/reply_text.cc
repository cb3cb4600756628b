#include "wsman/http/reply_text.h"

#include <fmt/format.h>

#include <iterator>

namespace wsman::http {
namespace {

std::string_view Reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace

std::string ReplyText(const ReplyHead& head) {
  fmt::memory_buffer text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\n", head.status, Reason(head.status));
  if (!head.date.empty()) fmt::format_to(out, "Date: {}\r\n", head.date);
  for (const std::string& challenge : head.challenges) {
    fmt::format_to(out, "WWW-Authenticate: {}\r\n", challenge);
  }
  if (head.status == 405) fmt::format_to(out, "Allow: POST\r\n");
  if (!head.content_type.empty()) {
    fmt::format_to(out, "Content-Type: {}\r\n", head.content_type);
  }
  if (!head.keep_alive) {
    fmt::format_to(out, "Connection: close\r\n");
  } else if (head.http_1_0) {
    fmt::format_to(out, "Connection: keep-alive\r\n");
  }
  fmt::format_to(out, "Content-Length: {}\r\n\r\n", head.content_length);
  return fmt::to_string(text);
}

}  // namespace wsman::http
