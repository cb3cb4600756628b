// Identify (DSP0226 11): who is there, for those who do not know yet.
#pragma once

#include <string>
#include <vector>

#include "wsman/message.h"
#include "wsman/xml/soap_codec.h"

namespace wsman {

struct IdentityFacts {
  std::string product_vendor;
  std::string os_version;                      // "6.1.0"
  std::vector<std::string> security_profiles;  // URIs
};

// Whether the body is wsmid:Identify and nothing else; headers do not matter.
bool IsIdentify(const Request& request);

// Whether it is an Identify without anything in it, as a stranger may send it.
bool IsPlainIdentify(const Request& request);

// Nothing in it tells one host from another. Clients read "Stack: 3.0".
xml::Identity IdentityForStrangers(const IdentityFacts& facts);
xml::Identity IdentityForCallers(const IdentityFacts& facts);

}  // namespace wsman
