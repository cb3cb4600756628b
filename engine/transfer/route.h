// Which proxy, credentials and certificate the next request of a transfer uses.
// Credentials are sent only to who asked for them with a 401 or 407; those for
// servers and the certificate only to the origin of the job's own URL. Pure
// logic.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/transfer/reach.h"

namespace engine::transfer {

// The schemes a server or proxy offers.
struct Offers {
  bool basic = false;
  bool digest = false;
  bool ntlm = false;
};

// For libcurl; the pointers are as good as the Reach.
struct RequestRoute {
  std::string proxy;  // empty: direct
  const Credential* server_credential = nullptr;
  const Credential* proxy_credential = nullptr;
  std::filesystem::path certificate;
  // Only requests with the same text may share connections.
  std::string connections;
};

class Route {
 public:
  // `url` is the job's own.
  Route(ReachPointer reach, const std::string& url);

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
  std::string origin_;
  bool at_origin_ = true;
  std::vector<std::string> proxies_;
  std::size_t proxy_ = 0;
  const Credential* server_credential_ = nullptr;  // null also means: not tried yet
  const Credential* proxy_credential_ = nullptr;
};

}  // namespace engine::transfer
