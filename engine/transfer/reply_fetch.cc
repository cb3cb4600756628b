#include "engine/transfer/reply_fetch.h"

#include <utility>

#include "engine/proxy_list.h"

namespace engine::transfer {

ReachPointer ReachFor(const std::string& url, const std::string& job_url, ReachPointer reach) {
  if (!reach || OriginOf(url) == OriginOf(job_url)) return reach;
  Reach stripped = *reach;
  std::erase_if(stripped.credentials, [](const Credential& credential) {
    return credential.target == AuthTarget::kServer;
  });
  stripped.certificate.clear();
  stripped.custom_headers = SecretText();
  return std::make_shared<const Reach>(std::move(stripped));
}

ReplyFetch::ReplyFetch(Net& net, Download download, std::function<void(Event)> report)
    : net_(net), report_(std::move(report)), attempt_(*this, std::move(download)) {}

}  // namespace engine::transfer
