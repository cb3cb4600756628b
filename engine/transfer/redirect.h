// The rules for following redirects ourselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/transfer/http_rules.h"

namespace engine::transfer {

inline constexpr int kMaxRedirects = 10;

// The Location of a 301, 302, 303, 307 or 308 that names exactly one. Empty for
// every other reply.
std::optional<std::string> RedirectOf(const ReplyHead& head);

// The method for the target of a redirect: the same, but GET after 303 and,
// for POST, after 301 and 302 (RFC 9110 15.4).
std::string RedirectedMethod(int status, const std::string& method);

// What a job's security flags say about redirects.
struct RedirectPolicy {
  bool follow = true;
  bool report = false;         // where they led, or would have led
  bool https_to_http = false;  // is allowed
};
RedirectPolicy RedirectPolicyOf(std::uint32_t security_flags);

}  // namespace engine::transfer
