// Lists of proxies and of hosts that need none, as Windows writes them. Pure
// text.
//
// A list holds entries between blanks or semicolons: [http=|https=][http://|
// https://]host[:port]. What stands before "=" is the scheme of the URLs the
// proxy is for (all without it); "https://" is a proxy that is spoken to over
// TLS. Ports default to 80, with https:// to 443.
//
// A bypass list holds host names, with a leading * for any beginning and with
// [:port], and <local> for names without a dot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"

namespace engine {

class ProxyRules {
 public:
  ProxyRules() = default;  // no proxy

  // BG_E_INVALID_PROXY_INFO with a sentence that names the entry.
  static Result<ProxyRules> Parse(std::string_view list, std::string_view bypass);

  // "http://host:port" in the order in which to try them; empty: no proxy. For
  // URLs that CheckRemoteUrl accepted and redirects of theirs.
  std::vector<std::string> For(std::string_view url) const;

 private:
  struct Proxy {
    std::string for_scheme;  // "http", "https"; empty for both
    std::string url;
  };
  struct Exception {
    bool local = false;      // <local>
    bool any_start = false;  // *…
    std::string host;        // lower case; an end of a name with any_start
    std::optional<std::uint16_t> port;
  };
  static std::optional<Proxy> ParseProxy(std::string_view entry);
  static std::optional<Exception> ParseException(std::string_view entry);
  static bool Matches(const Exception& exception, std::string_view host, std::uint16_t port);

  std::vector<Proxy> proxies_;
  std::vector<Exception> exceptions_;
};

// "https://host:port" in lower case with the default port filled in. Two URLs
// with the same origin talk to the same server.
std::string OriginOf(std::string_view url);

}  // namespace engine
