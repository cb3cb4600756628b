// The operations Enumerate, Pull and Release.
#pragma once

#include "wsman/enumeration_request.h"
#include "wsman/enumeration_store.h"
#include "wsman/operations.h"

namespace wsman {

// Thread-safe. Each operation answers through call.exchange at once.
class EnumerationService {
 public:
  // The directory must outlive the service.
  EnumerationService(EnumerationLimits limits, Clock clock, const ResourceDirectory& directory);

  void Enumerate(const Call& call);
  void Pull(const Call& call);
  void Release(const Call& call);

 private:
  void EnumerateOptimized(const Call& call, const EnumerateRequest& request,
                          std::unique_ptr<Enumeration> enumeration);
  void EnumerateContextOnly(const Call& call, const EnumerateRequest& request,
                            std::unique_ptr<Enumeration> enumeration);

  Result<std::unique_ptr<Enumeration>> Begin(const Call& call,
                                             const EnumerateRequest& request) const;

  EnumerationStore store_;
  const ResourceDirectory& directory_;
};

}  // namespace wsman
