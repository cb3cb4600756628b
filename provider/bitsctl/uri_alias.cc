#include "provider/bitsctl/uri_alias.h"

#include <array>

#include "schema/cim.h"

namespace bitsctl {
namespace {

struct Alias {
  std::string_view prefix;
  std::string_view uri;
};

constexpr auto kAliases = std::to_array<Alias>({
    {"wmi/", "http://schemas.microsoft.com/wbem/wsman/1/wmi/"},
    {"wmicimv2/", "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/"},
    {"cimv2/", "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"},
    {"winrm/", "http://schemas.microsoft.com/wbem/wsman/1/"},
    {"wsman/", "http://schemas.microsoft.com/wbem/wsman/1/"},
    {"shell/", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/"},
});

}  // namespace

std::string ExpandUri(std::string_view text) {
  for (const Alias& alias : kAliases) {
    if (schema::EqualsIgnoreCase(text.substr(0, alias.prefix.size()), alias.prefix)) {
      return std::string(alias.uri).append(text.substr(alias.prefix.size()));
    }
  }
  return std::string(text);
}

std::string JobUri() { return ExpandUri("wmi/root/microsoft/bits/BitsClientJob"); }

std::string SettingsUri() { return ExpandUri("wmi/root/microsoft/bits/BitsdJobSettings"); }

}  // namespace bitsctl
