// The URL of a WS-Management endpoint.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsman::client {

struct Url {
  bool tls = false;
  std::string host;    // without brackets
  std::string port;    // 5985 and 5986 when the text has none
  std::string target;  // "/wsman" when the text has no path
};

// Reads http://host[:port][/path] and https://…. The error text says what to
// change. Userinfo and fragments are refused.
tl::expected<Url, std::string> ParseUrl(std::string_view text);

// Whether the host is this machine by its text alone: localhost, 127.0.0.0/8, ::1.
bool IsLoopback(const Url& url);

// The Host header: "host:port", an IPv6 address in brackets.
std::string Authority(const Url& url);

}  // namespace wsman::client
