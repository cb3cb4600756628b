#include "wsman/identify.h"

#include <fmt/format.h>

#include "wsman/namespaces.h"

namespace wsman {

bool IsIdentify(const Request& request) {
  return request.body_children == 1 && request.body && request.body->name == "Identify" &&
         request.body->name_space == ns::kIdentity;
}

bool IsPlainIdentify(const Request& request) {
  return IsIdentify(request) && request.not_understood.empty() && request.body->children.empty() &&
         request.body->text.find_first_not_of(" \t\r\n") == std::string::npos;
}

xml::Identity IdentityForStrangers(const IdentityFacts& facts) {
  return {.protocol_version = std::string(ns::kWsman),
          .vendor = facts.product_vendor,
          .version = "OS: 0.0.0 SP: 0.0 Stack: 3.0",
          .security_profiles = {}};
}

xml::Identity IdentityForCallers(const IdentityFacts& facts) {
  const std::string os = facts.os_version.empty() ? "0.0.0" : facts.os_version;
  return {.protocol_version = std::string(ns::kWsman),
          .vendor = facts.product_vendor,
          .version = fmt::format("OS: {} SP: 0.0 Stack: 3.0", os),
          .security_profiles = facts.security_profiles};
}

}  // namespace wsman
