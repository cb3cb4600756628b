// Who is calling. A Principal exists only where credentials were verified.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wsman/auth/peer_credentials.h"

namespace wsman::auth {

class Authenticator;
struct PrincipalForTest;

// How it was found out who a caller is.
enum class Proof : std::uint8_t {
  kLogin,        // a password, NTLM or a Kerberos ticket
  kCertificate,  // a client certificate
  kLocal,        // the kernel says so, of a process on this machine
  kLocalOwner,   // the same of one that runs as root or as the service's own account
};

// A verified caller. There is no default Principal and no public constructor:
// code that needs one cannot run without authentication.
class Principal {
 public:
  // As the users file has it, or the system for callers on this machine.
  const std::string& name() const { return name_; }
  // Of the users file and the system.
  const std::vector<std::string>& groups() const { return groups_; }

  bool by_certificate() const { return proof_ == Proof::kCertificate; }
  // A process on this machine; never true for a caller over the network.
  bool is_local() const { return proof_ == Proof::kLocal || is_local_owner(); }
  // Root, or the account that the service runs as, on this machine.
  bool is_local_owner() const { return proof_ == Proof::kLocalOwner; }
  // The ids of that process; of callers at a local socket, and of nobody else.
  const std::optional<PeerCredentials>& peer() const { return peer_; }

 private:
  friend class Authenticator;      // the one place that verifies
  friend struct PrincipalForTest;  // tests/support only

  Principal(std::string name, std::vector<std::string> groups, Proof proof = Proof::kLogin,
            std::optional<PeerCredentials> peer = std::nullopt)
      : name_(std::move(name)), groups_(std::move(groups)), proof_(proof), peer_(std::move(peer)) {}

  std::string name_;
  std::vector<std::string> groups_;
  Proof proof_;
  std::optional<PeerCredentials> peer_;
};

}  // namespace wsman::auth
