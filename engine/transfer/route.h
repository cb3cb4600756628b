// Which proxy, credentials and certificate the next request of a transfer uses.
// Credentials are sent only to who asked for them with a 401 or 407; those for
// servers, the certificate and the job's own headers only to the origin of the
// job's own URL. Pure logic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/transfer/header_lines.h"
#include "engine/transfer/reach.h"

namespace engine::transfer {

// The schemes a server or proxy offers.
struct Offers {
  bool basic = false;
  bool digest = false;
  bool ntlm = false;
};

// For libcurl; the pointers are as good as the Route and its Reach.
struct RequestRoute {
  std::string proxy;  // empty: direct
  const Credential* server_credential = nullptr;
  const Credential* proxy_credential = nullptr;
  std::filesystem::path certificate;
  const std::vector<HeaderLine>* headers = nullptr;  // the job's own; null: none
  std::uint32_t security_flags = 0;
  // Only requests with the same text may share connections.
  std::string connections;
};

class Route {
 public:
  // `url` and `security_flags` are the job's own.
  Route(ReachPointer reach, const std::string& url, std::uint32_t security_flags = 0);

  // The next request goes to `url`: the first one, or the target of a redirect.
  void SetUrl(const std::string& url);
  RequestRoute Plan() const;

  // After 401 or 407. True: ask again, a credential was found that was not tried.
  bool Answer(int status, const Offers& offers);
  // The proxy in use cannot be reached. True: ask again, there is another one.
  bool NextProxy();

 private:
  const Credential* Find(AuthTarget target, const Offers& offers) const;

  ReachPointer reach_;
  std::uint32_t security_flags_;
  std::vector<HeaderLine> headers_;
  std::string origin_;
  bool at_origin_ = true;
  std::vector<std::string> proxies_;
  std::size_t proxy_ = 0;
  const Credential* server_credential_ = nullptr;  // null also means: not tried yet
  const Credential* proxy_credential_ = nullptr;
};

}  // namespace engine::transfer
