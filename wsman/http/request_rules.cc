#include "wsman/http/request_rules.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "wsman/auth/sealed_message.h"

namespace wsman::http {

bool IsSoapType(std::string_view content_type) {
  constexpr std::array<std::string_view, 5> kTypes = {"application/soap+xml", "text/xml",
                                                      "application/xml", "multipart/encrypted",
                                                      "multipart/x-multi-encrypted"};
  std::string_view type = content_type.substr(0, content_type.find(';'));
  type = type.substr(0, type.find_last_not_of(" \t") + 1);
  return std::any_of(kTypes.begin(), kTypes.end(), [type](std::string_view accepted) {
    return EqualsIgnoringCase(type, accepted);
  });
}

namespace {

bool IsPlain(std::string_view content_encoding) {
  return content_encoding.empty() || EqualsIgnoringCase(content_encoding, "identity");
}

bool IsOneOf(std::string_view path, std::initializer_list<std::string_view> paths) {
  return std::any_of(paths.begin(), paths.end(), [path](std::string_view accepted) {
    return EqualsIgnoringCase(path, accepted);
  });
}

bool IsNamedPath(std::string_view path) { return IsOneOf(path, {"/wsman", "/wsman/"}); }

bool IsAnonymousPath(std::string_view path) {
  return IsOneOf(path, {"/wsman-anon", "/wsman-anon/identify"});
}

// The paths for strangers are good for callers with credentials too.
bool IsSoapPath(std::string_view path) { return IsNamedPath(path) || IsAnonymousPath(path); }

// "host:5985" and "host." without what is behind the name.
std::string_view NameIn(std::string_view host) {
  if (!host.starts_with('[')) host = host.substr(0, host.rfind(':'));
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

// A page in a browser can make its own DNS name lead here, but not an address.
bool IsAddress(std::string_view host) {
  return host.starts_with('[') ||
         NameIn(host).find_first_not_of("0123456789.") == std::string_view::npos;
}

bool IsSentToUs(const RequestHead& head, const ServerLimits& limits) {
  if (limits.names.empty() || IsAddress(head.host)) return true;
  return std::any_of(limits.names.begin(), limits.names.end(), [&head](const std::string& name) {
    return EqualsIgnoringCase(NameIn(head.host), name);
  });
}

bool HasBody(const RequestHead& head) { return head.chunked || head.content_length.has_value(); }

}  // namespace

std::optional<int> RefusalOf(const RequestHead& head, const ServerLimits& limits) {
  if (head.from_browser) return 403;
  if (!IsSentToUs(head, limits)) return 421;
  if (head.method != "POST") return 405;
  if (!IsSoapPath(head.path)) return 404;
  if (!IsPlain(head.content_encoding) || !IsSoapType(head.content_type)) return 415;
  if (!HasBody(head)) return 411;
  if (head.content_length == 0U) return 400;
  if (head.content_length.value_or(0) > LargestBody(head, limits)) return 413;
  if (!head.expect.empty() && !WaitsForContinue(head)) return 417;
  return std::nullopt;
}

bool AsksAnonymousIdentify(const RequestHead& head, const ServerLimits& limits) {
  return !head.authorization_present &&
         (IsAnonymousPath(head.path) || (head.identify && IsNamedPath(head.path))) &&
         !head.from_browser && IsSentToUs(head, limits) && head.method == "POST" &&
         head.expect.empty() && HasBody(head) && IsPlain(head.content_encoding) &&
         IsSoapType(head.content_type) &&
         head.content_length.value_or(0) <= limits.unauthenticated_body_bytes;
}

bool OnlyAuthenticates(const RequestHead& head) {
  return head.method == "POST" && IsSoapPath(head.path) && !head.from_browser && !head.chunked &&
         head.content_length.value_or(0) == 0;
}

std::size_t LargestBody(const RequestHead& head, const ServerLimits& limits) {
  const bool sealed = auth::IsSealedType(head.content_type);
  return limits.body_bytes + (sealed ? auth::kMaxSealOverhead : 0);
}

bool WaitsForContinue(const RequestHead& head) {
  return EqualsIgnoringCase(head.expect, "100-continue");
}

}  // namespace wsman::http
