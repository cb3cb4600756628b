// What this host's administrator allows of each request, whoever makes it.
#pragma once

#include <cstdint>
#include <string>

#include "engine/error.h"
#include "engine/transfer/net.h"

namespace engine::transfer {

// Whether `url` may be asked for: ForbiddenHosts, and what `security_flags` want of TLS.
// Before each request, also those that a redirect leads to.
Status CheckRequest(Net& net, const std::string& url, std::uint32_t security_flags);

}  // namespace engine::transfer
