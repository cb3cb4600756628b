// Resources that are not instances of a class but documents to be read: class
// schemas and the configuration of the service.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wsman/fault.h"
#include "wsman/message.h"

namespace wsman {

// Called on the HTTP threads after header and role checks. Implementations are
// thread-safe and answer at once with ready, self-contained XML elements.
class DocumentResource {
 public:
  virtual ~DocumentResource() = default;

  // Whether the resource URI (compared without case) is one of this resource.
  virtual bool Owns(std::string_view resource_uri) const = 0;

  // One element for the reply's body.
  virtual Result<std::string> Get(const Request& request) const = 0;
  // The items of an enumeration.
  virtual Result<std::vector<std::string>> Enumerate(const Request& request) const = 0;
};

}  // namespace wsman
