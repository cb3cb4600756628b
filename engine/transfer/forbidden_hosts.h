// Hosts that no request names, whoever connects to them: behind a proxy it is the
// proxy that looks names up and connects, so that the address of the connection
// says nothing. Pure logic; no name is looked up.
#pragma once

#include <string>
#include <vector>

#include "engine/address_list.h"
#include "engine/error.h"
#include "engine/options.h"

namespace engine::transfer {

// denied_addresses. What cannot be read denies everything.
AddressList DeniedAddresses(const TransferOptions& options);

class ForbiddenHosts {
 public:
  explicit ForbiddenHosts(const TransferOptions& options);

  // E_ACCESSDENIED when the host of `url` is a name of denied_hosts or below one, or
  // an address of denied_addresses in whatever spelling, or this host ("localhost")
  // where its addresses are denied.
  Status Check(const std::string& url) const;

 private:
  bool IsDeniedName(std::string_view host) const;
  bool IsDeniedAddress(const std::string& host) const;

  std::vector<std::string> names_;  // lower case
  AddressList addresses_;
};

}  // namespace engine::transfer
