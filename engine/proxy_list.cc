#include "engine/proxy_list.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/access.h"
#include "engine/remote_url.h"
#include "engine/text.h"

namespace engine {
namespace {

constexpr std::string_view kSeparators = " ;";
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::vector<std::string_view> Entries(std::string_view list) {
  std::vector<std::string_view> entries;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(kSeparators), list.size());
    if (end > 0) entries.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return entries;
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool IsNameCharacter(char c) {
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return alphanumeric || c == '.' || c == '-' || c == '_';
}

bool IsAddressCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

bool IsHost(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) return std::ranges::all_of(host.substr(1, host.size() - 2), IsAddressCharacter);
  return !host.empty() && std::ranges::all_of(host, IsNameCharacter);
}

struct HostAndPort {
  std::string_view host;
  std::optional<std::uint16_t> port;
};

// Cuts "host:port"; empty when the port is none.
std::optional<HostAndPort> Cut(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  if (!has_port) return HostAndPort{text, std::nullopt};
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0)
    return std::nullopt;
  return HostAndPort{text.substr(0, colon), port};
}

tl::unexpected<Error> Refuse(std::string_view what, std::string_view entry,
                             std::string_view expected) {
  return Fail(HResult::kInvalidProxyInfo,
              fmt::format("{} {} is not valid. Write {}.", what, Quoted(entry), expected),
              ErrorContext::kGeneralTransport);
}

std::string SchemeOf(std::string_view url) { return Lower(url.substr(0, url.find(':'))); }

}  // namespace

std::optional<ProxyRules::Proxy> ProxyRules::ParseProxy(std::string_view entry) {
  const std::string lower = Lower(entry);
  std::string_view rest = lower;
  Proxy proxy;
  if (TakePrefix(rest, "http=")) proxy.for_scheme = "http";
  if (TakePrefix(rest, "https=")) proxy.for_scheme = "https";
  const bool over_tls = TakePrefix(rest, "https://");
  if (!over_tls) TakePrefix(rest, "http://");
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto cut = Cut(rest);
  if (!cut || !IsHost(cut->host)) return std::nullopt;
  proxy.url = fmt::format("{}://{}:{}", over_tls ? "https" : "http", cut->host,
                          cut->port.value_or(over_tls ? kHttpsPort : kHttpPort));
  return proxy;
}

std::optional<ProxyRules::Exception> ProxyRules::ParseException(std::string_view entry) {
  const std::string lower = Lower(entry);
  std::string_view rest = lower;
  Exception exception;
  exception.local = rest == "<local>";
  if (exception.local) return exception;
  exception.any_start = TakePrefix(rest, "*");
  const auto cut = Cut(rest);
  const bool everything = exception.any_start && cut && cut->host.empty();
  if (!cut || !(everything || IsHost(cut->host))) return std::nullopt;
  exception.host = cut->host;
  exception.port = cut->port;
  return exception;
}

Result<ProxyRules> ProxyRules::Parse(std::string_view list, std::string_view bypass) {
  ProxyRules rules;
  for (const std::string_view entry : Entries(list)) {
    auto proxy = ParseProxy(entry);
    if (!proxy)
      return Refuse("The proxy", entry,
                    "host:port, with http= or https= in front for one kind of URL");
    rules.proxies_.push_back(*std::move(proxy));
  }
  for (const std::string_view entry : Entries(bypass)) {
    auto exception = ParseException(entry);
    if (!exception)
      return Refuse("The host without proxy", entry, "a host name, *.example.com or <local>");
    rules.exceptions_.push_back(*std::move(exception));
  }
  return rules;
}

bool ProxyRules::Matches(const Exception& exception, std::string_view host, std::uint16_t port) {
  if (exception.local) return host.find_first_of(".:") == std::string_view::npos;
  if (exception.port && *exception.port != port) return false;
  return exception.any_start ? host.ends_with(exception.host) : host == exception.host;
}

std::vector<std::string> ProxyRules::For(std::string_view url) const {
  const std::string authority = HostOf(url);
  const auto cut = Cut(authority);
  if (proxies_.empty() || !cut) return {};
  const bool direct = std::ranges::any_of(exceptions_, [&cut](const Exception& exception) {
    return Matches(exception, cut->host, cut->port.value_or(0));
  });
  if (direct) return {};
  const std::string scheme = SchemeOf(url);
  std::vector<std::string> urls;
  for (const Proxy& proxy : proxies_) {
    if (proxy.for_scheme.empty() || proxy.for_scheme == scheme) urls.push_back(proxy.url);
  }
  return urls;
}

Status CheckProxyLists(std::string_view list, std::string_view bypass) {
  const auto rules = ProxyRules::Parse(list, bypass);
  if (!rules) return tl::unexpected(rules.error());
  return {};
}

std::string OriginOf(std::string_view url) { return SchemeOf(url) + "://" + HostOf(url); }

}  // namespace engine
