// The operations on one instance: Get, Put, Delete and method calls.
#pragma once

#include <memory>

#include "wsman/exchange.h"
#include "wsman/header_rules.h"
#include "wsman/message.h"
#include "wsman/resource.h"
#include "wsman/target.h"

namespace wsman {

// A request that may be executed: its headers are in order, its class is known
// and its caller is allowed to.
struct Call {
  std::shared_ptr<const Exchange> exchange;
  Caller caller;
  Request request;
  RequestTerms terms;
  Target target;
};

// Each answers through call.exchange exactly once, at once or later.
void Get(const Call& call);
void Put(const Call& call);
void Delete(const Call& call);
void Invoke(const Call& call, std::string_view method_name);

}  // namespace wsman
