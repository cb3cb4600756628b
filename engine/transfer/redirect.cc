#include "engine/transfer/redirect.h"

namespace engine::transfer {

std::optional<std::string> RedirectOf(const ReplyHead& head) {
  switch (head.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      break;
    default:
      return std::nullopt;
  }
  const auto locations = ValuesOf(head, "Location");
  if (locations.size() != 1 || locations.front().empty()) return std::nullopt;
  return std::string(locations.front());
}

}  // namespace engine::transfer
