#include "wsman/class_resource.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "wsman/quoted.h"
#include "wsman/selectors.h"
#include "wsman/xml/class_writer.h"

namespace wsman {
namespace {

constexpr std::string_view kUri = "http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*";
constexpr std::string_view kClassName = "ClassName";

void AddOnce(std::vector<const schema::Class*>& classes, const schema::Class* type) {
  if (type != nullptr && std::find(classes.begin(), classes.end(), type) == classes.end())
    classes.push_back(type);
}

}  // namespace

struct ClassResource::Address {
  std::optional<std::string> name_space;
  std::string class_name;  // empty for none

  // Without a namespace, the only one that has the class is meant.
  bool IsIn(const schema::Class& type) const {
    return !name_space || schema::EqualsIgnoreCase(*name_space, type.name_space);
  }
};

ClassResource::ClassResource(const std::vector<ResourceHandler*>& handlers) {
  for (const ResourceHandler* handler : handlers) {
    AddOnce(classes_, &handler->GetClass());
    for (const schema::Property& property : handler->GetClass().properties)
      AddOnce(classes_, property.embedded);
  }
}

bool ClassResource::Owns(std::string_view resource_uri) const {
  return schema::EqualsIgnoreCase(resource_uri, kUri);
}

Result<ClassResource::Address> ClassResource::Read(const Request& request) {
  Address address{SelectedNamespace(request.selectors), {}};
  bool has_name = false;
  for (const Selector& selector : request.selectors) {
    if (IsNamespaceSelector(selector.name)) continue;
    if (!schema::EqualsIgnoreCase(selector.name, kClassName)) {
      return Fail(FaultCode::kUnexpectedSelectors,
                  fmt::format("{} is no selector of classes; these are ClassName and "
                              "__cimnamespace.",
                              Quoted(selector.name)));
    }
    if (has_name)
      return Fail(FaultCode::kDuplicateSelectors, "The selector ClassName stands twice.");
    has_name = true;
    address.class_name = selector.value;
  }
  return address;
}

Result<const schema::Class*> ClassResource::Find(const Address& address) const {
  const auto found =
      std::find_if(classes_.begin(), classes_.end(), [&address](const schema::Class* type) {
        return schema::EqualsIgnoreCase(type->name, address.class_name) && address.IsIn(*type);
      });
  if (found != classes_.end()) return *found;
  return Fail(FaultCode::kDestinationUnreachable,
              fmt::format("There is no class {} in namespace {} here; check ClassName and "
                          "__cimnamespace.",
                          Quoted(address.class_name), Quoted(address.name_space.value_or(""))));
}

Result<std::string> ClassResource::Get(const Request& request) const {
  const Result<Address> address = Read(request);
  if (!address) return tl::unexpected(address.error());
  if (address->class_name.empty()) {
    return Fail(FaultCode::kInsufficientSelectors,
                "The selector ClassName is missing; enumerate to get all classes.");
  }
  const Result<const schema::Class*> type = Find(*address);
  if (!type) return tl::unexpected(type.error());
  return xml::WriteClass(**type);
}

Result<std::vector<std::string>> ClassResource::Enumerate(const Request& request) const {
  const Result<Address> address = Read(request);
  if (!address) return tl::unexpected(address.error());
  std::vector<std::string> items;
  if (!address->class_name.empty()) {
    if (const auto type = Find(*address); !type) return tl::unexpected(type.error());
    return items;
  }
  for (const schema::Class* type : classes_)
    if (address->IsIn(*type)) items.push_back(xml::WriteClass(*type));
  return items;
}

}  // namespace wsman
