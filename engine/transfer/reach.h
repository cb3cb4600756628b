// What a transfer may use to reach a server, with the secrets opened: they live
// as long as the transfers that need them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/access.h"
#include "engine/proxy_list.h"
#include "engine/secret_text.h"

namespace engine::transfer {

struct Credential {
  AuthTarget target = AuthTarget::kServer;
  AuthScheme scheme = AuthScheme::kBasic;
  SecretText user;
  SecretText password;
  std::string identity;  // equal for the same setting of a job; says nothing about the secret
};

struct Reach {
  std::string user;  // whose job it is: connections are never shared between users
  std::vector<Credential> credentials;
  std::filesystem::path certificate;  // PEM with its key; empty: none
  ProxyRules proxies;
  std::uint32_t security_flags = 0;  // those of the job's settings, for Probe
  SecretText custom_headers;  // lines ended by CRLF, for the origin of the job's own URL alone
};
using ReachPointer = std::shared_ptr<const Reach>;  // null: nobody's, direct

}  // namespace engine::transfer
