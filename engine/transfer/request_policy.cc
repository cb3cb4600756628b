#include "engine/transfer/request_policy.h"

#include "engine/transfer/curl_trust.h"
#include "engine/transfer/forbidden_hosts.h"

namespace engine::transfer {

Status CheckRequest(Net& net, const std::string& url, std::uint32_t security_flags) {
  const Status allowed = net.forbidden_hosts().Check(url);
  return allowed ? CheckTrust(url, security_flags, net.options()) : allowed;
}

}  // namespace engine::transfer
