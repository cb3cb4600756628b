#include "wsman/target.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "wsman/quoted.h"
#include "wsman/selectors.h"

namespace wsman {
namespace {

// Windows' number for a __cimnamespace that contradicts the path of the URI.
constexpr std::uint32_t kNamespaceConflict = 2150859067;

// A DMTF URI without namespace means the only namespace that has the class.
bool Matches(const ResourceUri& uri, std::string_view name_space) {
  return uri.name_space.empty() || schema::EqualsIgnoreCase(uri.name_space, name_space);
}

tl::unexpected<Fault> NoSuchClass(const ResourceUri& uri) {
  return Fail(FaultCode::kDestinationUnreachable,
              fmt::format("There is no class {} in namespace {} here; check the resource URI and "
                          "__cimnamespace.",
                          Quoted(uri.class_name), Quoted(uri.name_space)));
}

}  // namespace

ResourceDirectory::ResourceDirectory(std::vector<ResourceHandler*> handlers,
                                     std::vector<const DocumentResource*> documents)
    : handlers_(std::move(handlers)), documents_(std::move(documents)) {
  for (const ResourceHandler* handler : handlers_) {
    for (const schema::Property& property : handler->GetClass().properties) {
      if (property.embedded != nullptr) embedded_.push_back(property.embedded);
    }
  }
}

Result<Target> ResourceDirectory::Resolve(const Request& request) const {
  if (!request.resource_uri || request.resource_uri->empty())
    return Fail(FaultCode::kDestinationUnreachable, "The header w:ResourceURI is missing.");
  std::optional<ResourceUri> uri = ParseResourceUri(*request.resource_uri);
  if (!uri) return ResolveDocument(*request.resource_uri);
  if (std::optional<std::string> name_space = SelectedNamespace(request.selectors)) {
    if (uri->family == Family::kWmi &&
        !schema::EqualsIgnoreCase(NormalNamespace(uri->name_space), *name_space)) {
      return Fail(FaultCode::kInternalError,
                  "The selector __cimnamespace contradicts the namespace in the resource URI; "
                  "leave it out.",
                  kNamespaceConflict);
    }
    uri->name_space = *std::move(name_space);
  }
  if (uri->class_name == "*") return ResolveWildcard(*std::move(uri));
  return ResolveClass(*std::move(uri));
}

Result<Target> ResourceDirectory::ResolveDocument(const std::string& uri) const {
  for (const DocumentResource* document : documents_) {
    if (!document->Owns(uri)) continue;
    Target target;
    target.uri.text = uri;
    target.kind = TargetKind::kDocument;
    target.document = document;
    return target;
  }
  return Fail(FaultCode::kDestinationUnreachable,
              fmt::format("There is no resource {} here.", Quoted(uri)));
}

Result<Target> ResourceDirectory::ResolveClass(ResourceUri uri) const {
  const auto is_meant = [&uri](const schema::Class& type) {
    return schema::EqualsIgnoreCase(type.name, uri.class_name) && Matches(uri, type.name_space);
  };
  for (ResourceHandler* handler : handlers_) {
    const schema::Class& type = handler->GetClass();
    if (!is_meant(type)) continue;
    uri.name_space = type.name_space;
    return Target{std::move(uri), TargetKind::kClass, handler, &type, nullptr};
  }
  for (const schema::Class* type : embedded_) {
    if (!is_meant(*type)) continue;
    uri.name_space = type->name_space;
    return Target{std::move(uri), TargetKind::kEmbedded, nullptr, type, nullptr};
  }
  return NoSuchClass(uri);
}

Result<Target> ResourceDirectory::ResolveClassIn(const ResourceUri& uri,
                                                 std::string_view class_name) const {
  ResourceUri named = uri;
  named.class_name = class_name;
  Result<Target> target = ResolveClass(std::move(named));
  if (!target) return target;
  target->uri.class_name = target->type->name;
  target->uri.text = UriOfClass(uri, target->type->name);
  return target;
}

Result<Target> ResourceDirectory::ResolveWildcard(ResourceUri uri) const {
  for (const ResourceHandler* handler : handlers_) {
    if (!Matches(uri, handler->GetClass().name_space)) continue;
    uri.name_space = handler->GetClass().name_space;
    return Target{std::move(uri), TargetKind::kWildcard, nullptr, nullptr, nullptr};
  }
  return NoSuchClass(uri);
}

}  // namespace wsman
