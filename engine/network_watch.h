// Whether this machine has a network, as the kernel tells it (rtnetlink).
#pragma once

#include <functional>
#include <memory>

namespace engine {

// Any interface but loopback is up, has a carrier, and has an address that leads
// further than its own link.
bool HasNetwork();

// Tells when that changes. Needs no privileges; where the kernel tells nothing
// (AF_NETLINK is forbidden) it logs that and never tells anything.
class NetworkWatch {
 public:
  // `changed` runs on a thread of the watch and must not block. Not called for what
  // is at the start. A network that is gone for less than two seconds is not told.
  explicit NetworkWatch(std::function<void(bool has_network)> changed);
  ~NetworkWatch();  // `changed` neither runs nor will run afterwards
  NetworkWatch(const NetworkWatch&) = delete;
  NetworkWatch& operator=(const NetworkWatch&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
