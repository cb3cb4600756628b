// The rule for following redirects ourselves.
#pragma once

#include <optional>
#include <string>

#include "engine/transfer/http_rules.h"

namespace engine::transfer {

inline constexpr int kMaxRedirects = 10;

// The Location of a 301, 302, 303, 307 or 308 that names exactly one. Empty for
// every other reply.
std::optional<std::string> RedirectOf(const ReplyHead& head);

}  // namespace engine::transfer
