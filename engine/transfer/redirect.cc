#include "engine/transfer/redirect.h"

#include "engine/job_settings.h"

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

std::string RedirectedMethod(int status, const std::string& method) {
  const bool to_get = status == 303 || (method == "POST" && (status == 301 || status == 302));
  return to_get && method != "HEAD" ? "GET" : method;
}

RedirectPolicy RedirectPolicyOf(std::uint32_t security_flags) {
  const std::uint32_t policy = security_flags & security_flags::kRedirectMask;
  return {.follow = (policy & security_flags::kRefuseRedirects) == 0,
          .report = policy != security_flags::kRedirectSilently,
          .https_to_http = (security_flags & security_flags::kAllowHttpsToHttp) != 0};
}

}  // namespace engine::transfer
