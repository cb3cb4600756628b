#include "wsman/resource_uri.h"

#include "schema/cim.h"

namespace wsman {
namespace {

constexpr std::string_view kWmiPrefix = "http://schemas.microsoft.com/wbem/wsman/1/wmi/";
constexpr std::string_view kWmiAlias = "wmi/";  // clients expand it; some send it as typed
constexpr std::string_view kDmtfPrefix = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/";
constexpr std::string_view kDmtfWildcard = "http://schemas.dmtf.org/wbem/wscim/1/*";

bool StartsWithIgnoreCase(std::string_view text, std::string_view prefix) {
  return schema::EqualsIgnoreCase(text.substr(0, prefix.size()), prefix);
}

// A path of namespace segments and a class: "root/microsoft/bits/BitsClientJob".
std::optional<ResourceUri> ParseWmiPath(std::string_view text, std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size())
    return std::nullopt;
  if (path.find("//") != std::string_view::npos) return std::nullopt;
  return ResourceUri{.text = std::string(text),
                     .family = Family::kWmi,
                     .name_space = std::string(path.substr(0, slash)),
                     .class_name = std::string(path.substr(slash + 1))};
}

ResourceUri DmtfUri(std::string_view text, std::string_view class_name) {
  return ResourceUri{.text = std::string(text),
                     .family = Family::kDmtf,
                     .name_space = {},
                     .class_name = std::string(class_name)};
}

}  // namespace

std::optional<ResourceUri> ParseResourceUri(std::string_view text) {
  for (const std::string_view prefix : {kWmiPrefix, kWmiAlias}) {
    if (StartsWithIgnoreCase(text, prefix)) return ParseWmiPath(text, text.substr(prefix.size()));
  }
  if (schema::EqualsIgnoreCase(text, kDmtfWildcard)) return DmtfUri(text, "*");
  if (!StartsWithIgnoreCase(text, kDmtfPrefix)) return std::nullopt;
  const std::string_view class_name = text.substr(kDmtfPrefix.size());
  if (class_name.empty() || class_name.find('/') != std::string_view::npos) return std::nullopt;
  return DmtfUri(text, class_name);
}

std::string UriOfClass(const ResourceUri& uri, std::string_view class_name) {
  if (schema::EqualsIgnoreCase(uri.text, kDmtfWildcard))
    return std::string(kDmtfPrefix).append(class_name);
  return uri.text.substr(0, uri.text.rfind('/') + 1).append(class_name);
}

}  // namespace wsman
