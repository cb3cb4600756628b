#include "wsman/client/url.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>

#include "schema/cim.h"

namespace wsman::client {
namespace {

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value >= 1 && value <= 65535;
}

struct HostAndPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

// Empty when brackets do not match or the host is missing.
std::optional<HostAndPort> Split(std::string_view authority) {
  HostAndPort split;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    split.host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else {
    split.host = authority.substr(0, authority.find(':'));
    rest = authority.substr(split.host.size());
  }
  if (split.host.empty()) return std::nullopt;
  if (rest.empty()) return split;
  if (!rest.starts_with(':') || !IsPort(rest.substr(1))) return std::nullopt;
  split.port = rest.substr(1);
  return split;
}

}  // namespace

tl::expected<Url, std::string> ParseUrl(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, std::min(scheme_end, text.size()));
  Url url;
  url.tls = schema::EqualsIgnoreCase(scheme, "https");
  if (scheme_end == std::string_view::npos ||
      (!url.tls && !schema::EqualsIgnoreCase(scheme, "http")) || !IsPrintable(text)) {
    return tl::unexpected(
        fmt::format("'{}' is not a URL of the form https://host:5986/wsman", text));
  }
  const std::string_view rest = text.substr(scheme_end + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::string_view target = rest.substr(authority.size());
  if (authority.find('@') != std::string_view::npos) {
    return tl::unexpected(
        std::string("the URL must not contain a user name; give it as an option of its own"));
  }
  const std::optional<HostAndPort> split = Split(authority);
  if (!split || target.find('#') != std::string_view::npos) {
    return tl::unexpected(
        fmt::format("'{}' is not a URL of the form https://host:5986/wsman", text));
  }
  url.host = split->host;
  url.port = split->port.value_or(url.tls ? "5986" : "5985");
  url.target = target.empty() || target == "/" ? "/wsman" : std::string(target);
  if (url.target.front() != '/') url.target.insert(0, "/");
  return url;
}

bool IsLoopback(const Url& url) {
  if (schema::EqualsIgnoreCase(url.host, "localhost")) return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(url.host, error);
  return !error && address.is_loopback();
}

std::string Authority(const Url& url) {
  const bool is_ipv6 = url.host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", url.host, url.port)
                 : fmt::format("{}:{}", url.host, url.port);
}

}  // namespace wsman::client
