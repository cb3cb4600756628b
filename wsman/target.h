// Which class a request is about.
#pragma once

#include <string_view>
#include <vector>

#include "schema/cim.h"
#include "wsman/document_resource.h"
#include "wsman/fault.h"
#include "wsman/message.h"
#include "wsman/resource.h"
#include "wsman/resource_uri.h"

namespace wsman {

enum class TargetKind {
  kClass,     // a class with a handler
  kEmbedded,  // a class that exists inside instances of others only
  kWildcard,  // "*": the classes of the namespace, named by a filter
  kDocument,  // no class at all
};

struct Target {
  ResourceUri uri;  // name_space is always that of the class, or of the wildcard
  TargetKind kind = TargetKind::kClass;
  ResourceHandler* handler = nullptr;          // kClass only
  const schema::Class* type = nullptr;         // kClass and kEmbedded
  const DocumentResource* document = nullptr;  // kDocument only; of its uri only `text` is set
};

// Finds classes by resource URI. Immutable, so any thread may ask.
class ResourceDirectory {
 public:
  // The handlers and documents must outlive the directory. Classes embedded in
  // properties of the handlers' classes are known by themselves.
  ResourceDirectory(std::vector<ResourceHandler*> handlers,
                    std::vector<const DocumentResource*> documents);

  // Names compare without case. kDestinationUnreachable for every URI that is
  // not a class or document here; the same for a __cimnamespace that does not exist.
  Result<Target> Resolve(const Request& request) const;

  // The class of that name in the namespace and family of a resource URI.
  // kDestinationUnreachable when there is none.
  Result<Target> ResolveClassIn(const ResourceUri& uri, std::string_view class_name) const;

 private:
  Result<Target> ResolveDocument(const std::string& uri) const;
  Result<Target> ResolveClass(ResourceUri uri) const;
  Result<Target> ResolveWildcard(ResourceUri uri) const;

  std::vector<ResourceHandler*> handlers_;
  std::vector<const DocumentResource*> documents_;
  std::vector<const schema::Class*> embedded_;
};

}  // namespace wsman
