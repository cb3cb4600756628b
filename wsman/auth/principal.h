// Who is calling. A Principal exists only where credentials were verified.
#pragma once

#include <string>
#include <vector>

namespace wsman::auth {

class Authenticator;
struct PrincipalForTest;

// A verified caller. There is no default Principal and no public constructor:
// code that needs one cannot run without authentication.
class Principal {
 public:
  const std::string& name() const { return name_; }  // as in the users file
  const std::vector<std::string>& groups() const {
    return groups_;
  }                                                        // of the users file and the system
  bool by_certificate() const { return by_certificate_; }  // and not by a password

 private:
  friend class Authenticator;      // the one place that verifies
  friend struct PrincipalForTest;  // tests/support only

  Principal(std::string name, std::vector<std::string> groups, bool by_certificate = false)
      : name_(std::move(name)), groups_(std::move(groups)), by_certificate_(by_certificate) {}

  std::string name_;
  std::vector<std::string> groups_;
  bool by_certificate_;
};

}  // namespace wsman::auth
