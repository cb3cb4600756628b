// What this host's administrator allows of each request, whoever makes it.
#pragma once

#include <cstdint>
#include <string>

#include "engine/error.h"
#include "engine/job_settings.h"
#include "engine/transfer/net.h"

namespace engine::transfer {

// The security flags of a job's settings or reach that this host permits; none for null.
template <class Pointer>
std::uint32_t FlagsInForce(const Net& net, const Pointer& job) {
  return PermittedFlags(job ? job->security_flags : 0, net.options());
}

// Whether `url` may be asked for: ForbiddenHosts, and what `security_flags` want of TLS.
// Before each request, also those that a redirect leads to.
Status CheckRequest(Net& net, const std::string& url, std::uint32_t security_flags);

}  // namespace engine::transfer
