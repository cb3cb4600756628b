#include "wsman/auth/ntlm_time.h"

#include <chrono>
#include <cstdint>

namespace wsman::auth::ntlm {

std::string FiletimeNow() {
  using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
  constexpr std::chrono::seconds kFrom1601To1970(11'644'473'600);
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const auto ticks =
      (std::chrono::duration_cast<Ticks>(since_1970) + Ticks(kFrom1601To1970)).count();
  std::string bytes;
  for (unsigned i = 0; i < 8; ++i) {
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(ticks) >> (8 * i) & 0xFF));
  }
  return bytes;
}

}  // namespace wsman::auth::ntlm
