// Principals without credentials, for tests only.
#pragma once

#include "wsman/auth/principal.h"

namespace wsman::auth {

struct PeerCredentialsForTest {
  static PeerCredentials Make(uid_t user, std::optional<std::vector<gid_t>> groups) {
    return PeerCredentials(user, std::move(groups));
  }
};

struct PrincipalForTest {
  static Principal Make(std::string name, std::vector<std::string> groups = {}) {
    return Principal(std::move(name), std::move(groups));
  }
  static Principal MakeByCertificate(std::string name, std::vector<std::string> groups = {}) {
    return Principal(std::move(name), std::move(groups), Proof::kCertificate);
  }
  static Principal MakeLocal(std::string name, std::vector<std::string> groups = {}) {
    return Principal(std::move(name), std::move(groups), Proof::kLocal);
  }
  static Principal MakeLocal(std::string name, PeerCredentials peer) {
    return Principal(std::move(name), {}, Proof::kLocal, std::move(peer));
  }
  static Principal MakeLocalOwner(std::string name) {
    return Principal(std::move(name), {}, Proof::kLocalOwner);
  }
};

}  // namespace wsman::auth
