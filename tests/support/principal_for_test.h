// Principals without credentials, for tests only.
#pragma once

#include "wsman/auth/principal.h"

namespace wsman::auth {

struct PrincipalForTest {
  static Principal Make(std::string name, std::vector<std::string> groups = {}) {
    return Principal(std::move(name), std::move(groups));
  }
  static Principal MakeByCertificate(std::string name, std::vector<std::string> groups = {}) {
    return Principal(std::move(name), std::move(groups), /*by_certificate=*/true);
  }
};

}  // namespace wsman::auth
