// Refused logins in the log, without letting anybody fill it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "wsman/auth/throttle.h"

namespace wsman::auth {

// Thread-safe.
class RefusalLog {
 public:
  struct Refusal {
    std::string_view scheme;
    std::string source;        // the peer's address
    std::string_view account;  // as the client wrote it
    std::string_view reason;
  };

  // What to log; empty when a refusal of this source has been logged in the
  // last minute. The account is quoted, cut after 80 bytes, and has escapes for
  // what could end a line or steer a terminal; if it is not UTF-8, '?' for each
  // byte above 0x7F.
  std::optional<std::string> Sentence(const Refusal& refusal,
                                      std::chrono::steady_clock::time_point now);

 private:
  Throttle once_{{.burst = 1, .per_minute = 1, .keys = 10'000}};
};

}  // namespace wsman::auth
