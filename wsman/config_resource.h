// The configuration of the service under WinRM's names, read-only (the WSMan:
// drive of PowerShell, `winrm get winrm/config`):
// http://schemas.microsoft.com/wbem/wsman/1/config with Get, the same on
// /client, /service, /service/auth and /winrs; Enumerate on /listener, /plugin
// and /service/certmapping. Settings of WinRM that mean nothing here are left
// out.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "wsman/document_resource.h"

namespace wsman {

// The schemes that the service accepts.
struct AuthenticationFacts {
  bool basic = true;
  bool kerberos = false;
  bool negotiate = false;
  bool certificate = false;
};

struct ConfigFacts {
  std::size_t max_envelope_bytes = 0;
  std::chrono::milliseconds max_operation_timeout{0};
  std::chrono::milliseconds enumeration_idle{0};
  bool allow_unencrypted = false;
  AuthenticationFacts authentication;
};

// Thread-safe.
class ConfigResource : public DocumentResource {
 public:
  explicit ConfigResource(ConfigFacts facts) : facts_(facts) {}

  // URLs that the service can be reached at: "https://[::1]:5986/wsman". None
  // until the first call.
  void SetEndpoints(std::vector<std::string> urls);

  bool Owns(std::string_view resource_uri) const override;
  // Faults of both: kUnexpectedSelectors, kActionNotSupported.
  Result<std::string> Get(const Request& request) const override;
  Result<std::vector<std::string>> Enumerate(const Request& request) const override;

 private:
  const ConfigFacts facts_;
  mutable std::mutex mutex_;
  std::vector<std::string> endpoints_;  // guarded by mutex_
};

}  // namespace wsman
