// Class schemas (DSP0227; Get-CimClass, and what CIM clients ask for before
// they call a method): Get with the selector ClassName, and Enumerate with an
// empty one or none, on http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/cim.h"
#include "wsman/document_resource.h"
#include "wsman/resource.h"

namespace wsman {

// Immutable.
class ClassResource : public DocumentResource {
 public:
  // Knows the handlers' classes and those embedded in their properties.
  explicit ClassResource(const std::vector<ResourceHandler*>& handlers);

  bool Owns(std::string_view resource_uri) const override;

  // The class as CIM-XML. Faults: kInsufficientSelectors, kUnexpectedSelectors,
  // kDuplicateSelectors, kDestinationUnreachable.
  Result<std::string> Get(const Request& request) const override;

  // All classes of the namespace; with a ClassName its subclasses, of which no
  // class has any. Faults as Get, but ClassName may be missing.
  Result<std::vector<std::string>> Enumerate(const Request& request) const override;

 private:
  struct Address;
  static Result<Address> Read(const Request& request);
  Result<const schema::Class*> Find(const Address& address) const;

  std::vector<const schema::Class*> classes_;
};

}  // namespace wsman
