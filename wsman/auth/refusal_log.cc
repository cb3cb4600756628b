#include "wsman/auth/refusal_log.h"

#include <fmt/format.h>

namespace wsman::auth {
namespace {
constexpr std::size_t kLongestAccount = 80;
}  // namespace

std::optional<std::string> RefusalLog::Sentence(const Refusal& refusal,
                                                std::chrono::steady_clock::time_point now) {
  if (!once_.Take(refusal.source, now)) return std::nullopt;
  return fmt::format(
      "{} login of {:?} from {} refused: {} (further ones from there are not logged for a minute)",
      refusal.scheme, refusal.account.substr(0, kLongestAccount), refusal.source, refusal.reason);
}

}  // namespace wsman::auth
