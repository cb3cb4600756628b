// Short names for resource URIs, as winrm.cmd and PowerShell expand them before
// anything is sent (MS documentation "Resource URIs", aliases).
#pragma once

#include <string>
#include <string_view>

namespace bitsctl {

// "wmi/root/microsoft/bits/BitsClientJob" and the prefixes wmicimv2/, cimv2/,
// winrm/, wsman/ and shell/ become full URIs; everything else stays as it is.
std::string ExpandUri(std::string_view text);

// The resource URI of BitsClientJob.
std::string JobUri();
// The resource URI of BitsdJobSettings.
std::string SettingsUri();

}  // namespace bitsctl
