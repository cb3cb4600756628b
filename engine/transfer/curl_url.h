// URLs as libcurl reads them.
#pragma once

#include <string>

#include "engine/error.h"

namespace engine::transfer {

// Where a Location leads, seen from `base`. An error for other schemes than http
// and https, for a way from https to http unless that is allowed, for userinfo
// and for what is no URL.
Result<std::string> ResolveRedirect(const std::string& base, const std::string& location,
                                    bool https_to_http = false);

// `url` at another host, and at its port when `host` has one ("host:8080"); else at
// the default port of the scheme. Empty when that makes no URL.
std::string WithHost(const std::string& url, const std::string& host);

// The host of `url`, an IPv6 address in its brackets, as libcurl asks for it: what
// spells an IPv4 address in another way is that address. Empty for what is no URL.
std::string HostPartOf(const std::string& url);

}  // namespace engine::transfer
