// Which remote names a job may have (decisions: http and https only, no
// userinfo). Pure text.
#pragma once

#include <string>
#include <string_view>

#include "engine/error.h"
#include "engine/options.h"

namespace engine {

// Ok, or E_INVALIDARG with a sentence that says what to change: another scheme
// (SMB, UNC and file: are named), userinfo, no host, blanks, control
// characters, backslashes, fragments, wildcards in the host, too long.
Status CheckRemoteUrl(std::string_view url, const LimitOptions& limits);

// "host:port" in lower case with the default port filled in; for per-host
// limits. Only for URLs that CheckRemoteUrl accepted.
std::string HostOf(std::string_view url);

// Whether it names this machine itself: localhost and the names below it,
// 127.0.0.0/8, [::1]. The same.
bool IsLoopback(std::string_view url);

}  // namespace engine
