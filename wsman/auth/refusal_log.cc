#include "wsman/auth/refusal_log.h"

#include <fmt/format.h>

#include "wsman/auth/utf16.h"

namespace wsman::auth {
namespace {

constexpr std::size_t kLongestAccount = 80;

// Its beginning as UTF-8: where other bytes are the last ones, {:?} of fmt 9 prints
// what lies on the stack instead of them.
std::string BeginningOf(std::string_view account) {
  std::string text(account.substr(0, kLongestAccount));
  if (Utf8ToUtf16Le(text)) return text;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return text;
}

}  // namespace

std::optional<std::string> RefusalLog::Sentence(const Refusal& refusal,
                                                std::chrono::steady_clock::time_point now) {
  if (!once_.Take(refusal.source, now)) return std::nullopt;
  return fmt::format(
      "{} login of {:?} from {} refused: {} (further ones from there are not logged for a minute)",
      refusal.scheme, BeginningOf(refusal.account), refusal.source, refusal.reason);
}

}  // namespace wsman::auth
