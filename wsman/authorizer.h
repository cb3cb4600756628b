// What a verified caller may do. The daemon's configuration decides.
#pragma once

#include "wsman/action.h"
#include "wsman/auth/principal.h"

namespace wsman {

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // Any thread. False is answered with w:AccessDenied before a handler runs.
  virtual bool Allows(const auth::Principal& principal, Operation operation) const = 0;
};

}  // namespace wsman
