// What a job uses to reach its servers: credentials, a client certificate,
// proxies. Secrets stand here only in sealed form (store/secrets.h), so that
// snapshots of jobs may go anywhere.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/error.h"
#include "engine/options.h"
#include "engine/secret_text.h"

namespace engine {

// The numbers are those of the WMI provider, are stored and go to clients. The
// COM interface of BITS counts targets and schemes from 1.
enum class AuthTarget : std::uint8_t { kServer = 0, kProxy = 1 };
enum class AuthScheme : std::uint8_t {
  kBasic = 0,
  kDigest = 1,
  kNtlm = 2,
  kNegotiate = 3,
  kPassport = 4,  // known and refused
};
enum class ProxyUsage : std::uint8_t {
  kPreconfig = 0,   // the proxies of the configuration
  kNone = 1,        // no proxy
  kOverride = 2,    // the job's own list
  kAutodetect = 3,  // as kPreconfig: there is no proxy discovery here
};

using Sha1 = std::array<std::uint8_t, 20>;

// User name and password for one target and scheme. A job has at most one for
// each pair.
struct SealedCredential {
  AuthTarget target = AuthTarget::kServer;
  AuthScheme scheme = AuthScheme::kBasic;
  std::vector<std::uint8_t> sealed;
  friend bool operator==(const SealedCredential&, const SealedCredential&) = default;
};

// A certificate with its key below TransferOptions::client_certificates. The
// location is kept and has no other effect: all eight name the same folder.
struct ClientCertificate {
  std::uint8_t location = 0;
  std::string store;
  Sha1 hash{};
  friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

struct ProxySettings {
  ProxyUsage usage = ProxyUsage::kPreconfig;
  std::string list;    // for kOverride only
  std::string bypass;  // for kOverride only
  friend bool operator==(const ProxySettings&, const ProxySettings&) = default;
};

struct Access {
  std::vector<SealedCredential> credentials;
  std::optional<ClientCertificate> certificate;
  ProxySettings proxy;
  friend bool operator==(const Access&, const Access&) = default;
};

// --- changes by clients ---------------------------------------------------------
// Numbers are unchecked: the engine refuses what is out of range.

struct SetCredentials {
  std::uint32_t target = 0;
  std::uint32_t scheme = 0;
  std::optional<std::string> user_name;
  std::optional<SecretText> password;
};
struct RemoveCredentials {
  std::uint32_t target = 0;
  std::uint32_t scheme = 0;
};
struct SetCertificateById {
  std::uint32_t location = 0;
  std::string store;
  std::vector<std::uint8_t> hash;
};
struct SetCertificateByName {
  std::uint32_t location = 0;
  std::string store;
  std::string subject;
};
struct RemoveCertificate {};
struct SetProxy {
  std::uint32_t usage = 0;
  std::optional<std::string> list;
  std::optional<std::string> bypass;
};
using AccessChange = std::variant<SetCredentials, RemoveCredentials, SetCertificateById,
                                  SetCertificateByName, RemoveCertificate, SetProxy>;

// What is wrong with a change, whatever the job: BG_E_INVALID_AUTH_TARGET,
// BG_E_INVALID_AUTH_SCHEME, BG_E_USERNAME_TOO_LARGE, BG_E_PASSWORD_TOO_LARGE,
// BG_E_PROXY_LIST_TOO_LARGE, BG_E_PROXY_BYPASS_LIST_TOO_LARGE, BG_E_STRING_TOO_LONG,
// E_NOTIMPL for locations and usages that do not exist, E_INVALIDARG.
Status CheckAccessChange(const AccessChange& change, const LimitOptions& limits);

// What is wrong with lists of proxies and of hosts without one, as transfers
// will find it: BG_E_INVALID_PROXY_INFO.
Status CheckProxyLists(std::string_view list, std::string_view bypass);

}  // namespace engine
