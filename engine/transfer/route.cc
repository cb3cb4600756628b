#include "engine/transfer/route.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "engine/transfer/http_rules.h"

namespace engine::transfer {
namespace {

// Strongest first. Negotiate with a user name and a password is NTLM here:
// Kerberos would use tickets of the service's own account instead of them.
constexpr auto kByStrength = std::to_array<std::pair<AuthScheme, bool Offers::*>>({
    {AuthScheme::kNegotiate, &Offers::ntlm},
    {AuthScheme::kNtlm, &Offers::ntlm},
    {AuthScheme::kDigest, &Offers::digest},
    {AuthScheme::kBasic, &Offers::basic},
});

std::string_view IdentityOf(const Credential* credential) {
  return credential != nullptr ? std::string_view(credential->identity) : "";
}

}  // namespace

Route::Route(ReachPointer reach, const std::string& url, std::uint32_t security_flags)
    : reach_(std::move(reach)), security_flags_(security_flags), origin_(OriginOf(url)) {
  if (!reach_) return;
  proxies_ = reach_->proxies.For(url);
  headers_ = SplitHeaderLines(reach_->custom_headers.text());
}

void Route::SetUrl(const std::string& url) {
  at_origin_ = OriginOf(url) == origin_;
  if (!at_origin_) server_credential_ = nullptr;
  if (!reach_) return;
  std::vector<std::string> proxies = reach_->proxies.For(url);
  if (proxies == proxies_) return;  // the proxy that worked goes on working
  proxies_ = std::move(proxies);
  proxy_ = 0;
  proxy_credential_ = nullptr;
}

RequestRoute Route::Plan() const {
  RequestRoute route;
  route.security_flags = security_flags_;
  if (!reach_) return route;
  if (proxy_ < proxies_.size()) route.proxy = proxies_[proxy_];
  route.server_credential = at_origin_ ? server_credential_ : nullptr;
  route.proxy_credential = route.proxy.empty() ? nullptr : proxy_credential_;
  if (at_origin_) route.certificate = reach_->certificate;
  if (at_origin_ && !headers_.empty()) route.headers = &headers_;
  route.connections = fmt::format("{}:{} {} {} {}", reach_->user.size(), reach_->user,
                                  IdentityOf(route.server_credential),
                                  IdentityOf(route.proxy_credential), route.certificate.native());
  return route;
}

bool Route::Answer(int status, const Offers& offers) {
  if (status == kUnauthorized && at_origin_ && server_credential_ == nullptr) {
    server_credential_ = Find(AuthTarget::kServer, offers);
    return server_credential_ != nullptr;
  }
  const bool by_proxy = status == kProxyAuthenticationRequired && proxy_ < proxies_.size();
  if (by_proxy && proxy_credential_ == nullptr) {
    proxy_credential_ = Find(AuthTarget::kProxy, offers);
    return proxy_credential_ != nullptr;
  }
  return false;
}

bool Route::NextProxy() {
  if (proxy_ + 1 >= proxies_.size()) return false;
  ++proxy_;
  proxy_credential_ = nullptr;
  return true;
}

const Credential* Route::Find(AuthTarget target, const Offers& offers) const {
  if (!reach_) return nullptr;
  for (const auto& [scheme, offered] : kByStrength) {
    if (!(offers.*offered)) continue;
    for (const Credential& credential : reach_->credentials) {
      if (credential.target == target && credential.scheme == scheme) return &credential;
    }
  }
  return nullptr;
}

}  // namespace engine::transfer
