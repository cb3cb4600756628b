#include "engine/remote_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "engine/text.h"

namespace engine {
namespace {

constexpr std::size_t kMaxHostCharacters = 253;  // RFC 1035
constexpr std::size_t kMaxLabelCharacters = 63;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

constexpr std::string_view kSubDelimiters = "!$&'()*+,;=";  // RFC 3986

// A URL cut at its borders, not checked.
struct Parts {
  std::string scheme;  // lower case
  std::string_view host;
  std::optional<std::string_view> port;
  std::string_view path_and_query;
};

auto Refuse(std::string_view reason) {
  return Fail(HResult::kInvalidArgument, fmt::format("The remote name {}", reason));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return Lower(c); });
  return lower;
}

bool IsAlphanumeric(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'z'); }

bool IsHexDigit(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f'); }

bool IsUnreserved(char c) {
  return IsAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool IsScheme(std::string_view text) {
  return !text.empty() && !IsDigit(text[0]) && std::ranges::all_of(text, [](char c) {
    return IsAlphanumeric(c) || c == '+' || c == '-' || c == '.';
  });
}

Status CheckScheme(std::string_view url) {
  if (url.starts_with("\\\\") || url.starts_with("//")) {
    return Refuse("is a share; SMB is not supported, use http:// or https://.");
  }
  const auto colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon);
  if (colon == std::string_view::npos || !IsScheme(scheme)) {
    return Refuse("has no scheme; begin it with http:// or https://.");
  }
  if (scheme.size() == 1) {
    return Refuse("is a local path; only http:// and https:// are supported.");
  }
  const std::string lower = Lower(scheme);
  if (lower == "file") {
    return Refuse("begins with file:, which is not supported; use http:// or https://.");
  }
  if (lower != "http" && lower != "https") {
    return Refuse(
        fmt::format("has the scheme {}; only http and https are supported.", Quoted(scheme)));
  }
  if (!url.substr(colon).starts_with("://")) {
    return Refuse(fmt::format("has no \"//\" after {}:; write {}://host/path.", scheme, lower));
  }
  return {};
}

// What no part of a URL may hold.
Status CheckCharacters(std::string_view url) {
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ') return Refuse("has a blank; write %20.");
    if (byte < 0x20 || byte == 0x7F) {
      return Refuse(fmt::format("has the control character 0x{:02X}; remove it.", byte));
    }
    if (byte >= 0x80) {
      return Refuse(
          "has a character outside ASCII; percent-encode it, and write a host name in "
          "its xn-- form.");
    }
    if (c == '\\') return Refuse("has a backslash; separate with slashes.");
    if (c == '#') return Refuse("has a fragment (#...), which servers never see; remove it.");
  }
  return {};
}

Parts Cut(std::string_view url) {
  Parts parts;
  const auto colon = url.find(':');
  parts.scheme = Lower(url.substr(0, colon));
  url.remove_prefix(colon + 3);
  const std::string_view authority = url.substr(0, url.find_first_of("/?"));
  parts.path_and_query = url.substr(authority.size());
  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const auto port = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.host = authority.substr(0, port);
  if (port != std::string_view::npos) parts.port = authority.substr(port + 1);
  return parts;
}

template <class Address>
bool IsAddress(int family, std::string_view text) {
  Address address{};
  return inet_pton(family, std::string(text).c_str(), &address) == 1;
}

Status CheckIpv6(std::string_view host) {
  const std::string_view inside = host.substr(1, host.size() - 2);
  if (!host.ends_with(']') || !IsAddress<in6_addr>(AF_INET6, inside)) {
    return Refuse(
        fmt::format("has the host {}, which is not an IPv6 address in brackets.", Quoted(host)));
  }
  return {};
}

// "127.1", "0x7f000001" and "2130706433" mean an address to some programs only.
bool LooksLikeIpv4(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  if (std::ranges::all_of(last, IsDigit)) return true;
  return Lower(last).starts_with("0x") && std::ranges::all_of(last.substr(2), IsHexDigit);
}

Status CheckLabels(std::string_view host) {
  std::string_view rest = host;
  for (;;) {
    const auto dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (label.empty()) {
      return Refuse(
          fmt::format("has the host {} with an empty part; check its dots.", Quoted(host)));
    }
    if (label.size() > kMaxLabelCharacters) {
      return Refuse(
          fmt::format("has a part of more than {} characters in its host.", kMaxLabelCharacters));
    }
    if (dot == std::string_view::npos) return {};
    rest.remove_prefix(dot + 1);
  }
}

std::string_view WithoutRootDot(std::string_view host) {
  return host.size() > 1 && host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

Status CheckHost(std::string_view host_as_sent) {
  if (host_as_sent.empty()) return Refuse("has no host; write http://host/path.");
  if (host_as_sent.starts_with('[')) return CheckIpv6(host_as_sent);
  const std::string_view host = WithoutRootDot(host_as_sent);
  if (host.find('*') != std::string_view::npos) {
    return Refuse("has a wildcard in its host; name one host.");
  }
  const bool plain = std::ranges::all_of(
      host, [](char c) { return IsAlphanumeric(c) || c == '-' || c == '.' || c == '_'; });
  if (!plain) {
    return Refuse(fmt::format("has the host {}; a host has letters, digits, dots and hyphens only.",
                              Quoted(host)));
  }
  if (host.size() > kMaxHostCharacters) {
    return Refuse(fmt::format("has a host of more than {} characters.", kMaxHostCharacters));
  }
  if (const Status labels = CheckLabels(host); !labels) return labels;
  if (LooksLikeIpv4(host) && !IsAddress<in_addr>(AF_INET, host)) {
    return Refuse(fmt::format("has the host {}; write an IPv4 address as four decimal numbers.",
                              Quoted(host)));
  }
  return {};
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = code == std::errc() && end == text.data() + text.size();
  if (!whole || text.starts_with('0')) return std::nullopt;
  return port;
}

Status CheckPathAndQuery(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !IsHexDigit(text[i + 1]) || !IsHexDigit(text[i + 2])) {
        return Refuse("has a % that is not followed by two hexadecimal digits; write %25 for it.");
      }
    } else if (!IsUnreserved(c) && kSubDelimiters.find(c) == std::string_view::npos &&
               std::string_view(":@/?").find(c) == std::string_view::npos) {
      return Refuse(fmt::format("has the character {} in its path; write %{:02X}.",
                                Quoted(std::string_view(&c, 1)), static_cast<unsigned char>(c)));
    }
  }
  return {};
}

Status CheckSegments(std::string_view path, std::size_t limit) {
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (std::min(slash, path.size()) > limit) {
      return Refuse(
          fmt::format("has a part of more than {} characters between two slashes; "
                      "shorten it.",
                      limit));
    }
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
  return {};
}

Status CheckParts(const Parts& parts, const LimitOptions& limits) {
  if (const Status host = CheckHost(parts.host); !host) return host;
  if (parts.port && !ParsePort(*parts.port)) {
    return Refuse(
        fmt::format("has the port {}; write a number from 1 to 65535.", Quoted(*parts.port)));
  }
  if (const Status path = CheckPathAndQuery(parts.path_and_query); !path) return path;
  return CheckSegments(parts.path_and_query.substr(0, parts.path_and_query.find('?')),
                       limits.url_segment_characters);
}

}  // namespace

Status CheckRemoteUrl(std::string_view url, const LimitOptions& limits) {
  if (url.empty()) return Refuse("is empty; write http://host/path or https://host/path.");
  if (url.size() > limits.url_characters) {
    return Refuse(fmt::format("has {} characters; at most {} are allowed.", url.size(),
                              limits.url_characters));
  }
  if (const Status scheme = CheckScheme(url); !scheme) return scheme;
  if (const Status characters = CheckCharacters(url); !characters) return characters;
  const std::string_view authority_on = url.substr(url.find(':') + 3);
  if (authority_on.substr(0, authority_on.find_first_of("/?")).find('@') !=
      std::string_view::npos) {
    // The text is not repeated: it may hold a password.
    return Refuse("has a user name or password before the host; remove all up to the @.");
  }
  return CheckParts(Cut(url), limits);
}

std::string HostOf(std::string_view url) {
  const Parts parts = Cut(url);
  const std::uint16_t usual = parts.scheme == "https" ? kHttpsPort : kHttpPort;
  const std::uint16_t port = parts.port ? ParsePort(*parts.port).value_or(usual) : usual;
  return fmt::format("{}:{}", Lower(WithoutRootDot(parts.host)), port);
}

bool IsLoopback(std::string_view url) {
  const std::string authority = HostOf(url);
  const std::string_view host = std::string_view(authority).substr(0, authority.rfind(':'));
  constexpr std::string_view kLocal = ".localhost";
  const bool is_below =
      host.size() > kLocal.size() && host.substr(host.size() - kLocal.size()) == kLocal;
  if (host == kLocal.substr(1) || is_below || host == "[::1]") return true;
  in_addr address{};
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace engine
