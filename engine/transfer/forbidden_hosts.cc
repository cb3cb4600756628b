#include "engine/transfer/forbidden_hosts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string_view>

#include "engine/transfer/curl_url.h"

namespace engine::transfer {
namespace {

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

AddressList DeniedAddresses(const TransferOptions& options) {
  Result<AddressList> list = AddressList::Parse(options.denied_addresses);
  return list ? *std::move(list) : AddressList::Parse({"::/0"}).value();
}

ForbiddenHosts::ForbiddenHosts(const TransferOptions& options)
    : addresses_(DeniedAddresses(options)) {
  for (const std::string& name : options.denied_hosts) names_.push_back(LowerCase(name));
}

Status ForbiddenHosts::Check(const std::string& url) const {
  std::string host = LowerCase(HostPartOf(url));
  while (host.ends_with('.')) host.pop_back();
  const char* setting = nullptr;
  if (IsDeniedName(host)) setting = "transfers.denied_hosts";
  if (IsDeniedAddress(host)) setting = "transfers.denied_addresses";
  if (setting == nullptr) return {};
  return Fail(HResult::kAccessDenied, std::string("the address names a host of ") + setting,
              ErrorContext::kGeneralTransport);
}

bool ForbiddenHosts::IsDeniedName(std::string_view host) const {
  return std::ranges::any_of(names_, [host](std::string_view name) {
    return host == name || EndsWith(host, "." + std::string(name));
  });
}

bool ForbiddenHosts::IsDeniedAddress(const std::string& host) const {
  if (host == "localhost" || EndsWith(host, ".localhost"))
    return IsDeniedAddress("127.0.0.1") || IsDeniedAddress("[::1]");
  in_addr ipv4{};
  // Also "0x7f.1" and "2130706433", which some proxies take.
  if (::inet_aton(host.c_str(), &ipv4) == 1)
    return addresses_.Contains({reinterpret_cast<const std::uint8_t*>(&ipv4), sizeof ipv4});
  if (!host.starts_with('[') || !host.ends_with(']')) return false;
  in6_addr ipv6{};
  const std::string inside = host.substr(1, host.size() - 2);
  if (::inet_pton(AF_INET6, inside.substr(0, inside.find('%')).c_str(), &ipv6) != 1) return true;
  return addresses_.Contains({ipv6.s6_addr, sizeof ipv6});
}

}  // namespace engine::transfer
