// Resource URIs: which class a request means, and which serialisation it wants.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wsman/message.h"

namespace wsman {

// The two families of resource URIs for CIM classes. They differ in how
// instances are written: no attributes on properties (kWmi), or xsi:type on
// every property (kDmtf).
enum class Family { kWmi, kDmtf };

struct ResourceUri {
  std::string text;  // as the client spelt it; echoed in replies
  Family family = Family::kWmi;
  std::string
      name_space;  // "root/microsoft/bits"; empty in the DMTF family unless __cimnamespace says it
  std::string class_name;  // "*" for the wildcard
};

// Reads `…/wbem/wsman/1/wmi/root/…/Class` (also the short `wmi/root/…`) and
// `…/wscim/1/cim-schema/2/Class` and `…/wscim/1/*`, without case. Empty for
// every other URI.
std::optional<ResourceUri> ParseResourceUri(std::string_view text);

// The resource URI of another class in the same family and namespace, spelt
// after `uri` (embedded instances, wildcard items).
std::string UriOfClass(const ResourceUri& uri, std::string_view class_name);

}  // namespace wsman
