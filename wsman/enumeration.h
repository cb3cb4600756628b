// The operations Enumerate, Pull and Release.
#pragma once

#include "wsman/enumeration_request.h"
#include "wsman/enumeration_store.h"
#include "wsman/operations.h"

namespace wsman {

// Thread-safe. Each operation answers through call.exchange at once.
class EnumerationService {
 public:
  EnumerationService(EnumerationLimits limits, Clock clock);

  void Enumerate(const Call& call);
  void Pull(const Call& call);
  void Release(const Call& call);

 private:
  void EnumerateOptimized(const Call& call, const EnumerateRequest& request,
                          std::unique_ptr<Enumeration> enumeration);
  void EnumerateContextOnly(const Call& call, const EnumerateRequest& request,
                            std::unique_ptr<Enumeration> enumeration);

  EnumerationStore store_;
};

}  // namespace wsman
