// From an Authorization header to a Principal, or 401 and nothing else.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsman/auth/principal.h"
#include "wsman/auth/throttle.h"
#include "wsman/auth/user_file.h"

namespace wsman::auth {

// What one TCP connection offers for authentication.
struct ConnectionInfo {
  std::string source;       // peer address without port
  bool encrypted = false;   // TLS
};

class Authenticator {
 public:
  struct Options {
    bool basic = true;
    bool allow_unencrypted = false;  // Basic without TLS
  };

  Authenticator(Options options, std::unique_ptr<PasswordVerifier> verifier);

  // Empty means: answer 401. `done` is called exactly once, at once on the
  // caller's thread or later on the verifier's. A missing, malformed, repeated
  // or unsupported header is a refusal like a wrong password.
  using Done = std::function<void(std::optional<Principal>)>;
  void Authenticate(const ConnectionInfo& connection, std::optional<std::string_view> authorization,
                    Done done);

  // The WWW-Authenticate values to send with a 401 on this connection: only
  // schemes that work there.
  std::vector<std::string> Challenges(const ConnectionInfo& connection) const;

 private:
  const Options options_;
  std::unique_ptr<PasswordVerifier> verifier_;
  Throttle throttle_;
};

}  // namespace wsman::auth
