#include "wsman/put_binding.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "wsman/namespaces.h"
#include "wsman/quoted.h"
#include "wsman/resource_uri.h"

namespace wsman {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// faultDetail/InvalidFragment in Windows' numbers.

tl::unexpected<Fault> BadValue(std::string text) {
  return Fail(FaultCode::kRepresentationInvalidValues, std::move(text));
}

// Both URI families name the same class, and clients mix them.
bool IsNamespaceOf(std::string_view name_space, const schema::Class& type) {
  const auto uri = ParseResourceUri(name_space);
  return uri && schema::EqualsIgnoreCase(uri->class_name, type.name) &&
         (uri->name_space.empty() || schema::EqualsIgnoreCase(uri->name_space, type.name_space));
}

Result<void> CheckRoot(const Request& request, const schema::Class& type) {
  if (!request.body || request.body_children != 1) {
    return Fail(FaultCode::kInvalidRepresentation,
                fmt::format("The body must hold exactly one element, {}.", type.name));
  }
  if (!schema::EqualsIgnoreCase(request.body->name, type.name)) {
    return Fail(FaultCode::kInvalidRepresentation,
                fmt::format("The body holds {}, but the resource is a {}.",
                            Quoted(request.body->name), type.name));
  }
  if (request.body->text.find_first_not_of(kBlanks) != std::string::npos) {
    return Fail(FaultCode::kInvalidRepresentation,
                fmt::format("{} must hold one element for each property, not text.", type.name));
  }
  if (!IsNamespaceOf(request.body->name_space, type)) {
    return Fail(FaultCode::kRepresentationInvalidNamespace,
                fmt::format("The namespace of {} must be its resource URI, not {}.", type.name,
                            Quoted(request.body->name_space)));
  }
  return {};
}

std::string OneLineEnds(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      result.push_back(text[i]);
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      result.push_back('\n');
    }
  }
  return result;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(kBlanks) == std::string_view::npos;
}

// A nil cannot be stored: for a string it means the empty one.
Result<schema::Value> ReadNil(const schema::Property& property, const schema::Value& present) {
  if (schema::IsNull(present)) return present;
  if (property.type == schema::Type::kString) return schema::Value(std::string());
  return BadValue(fmt::format("{} cannot be nil; it must be a {}.", property.name,
                              schema::MofName(property.type)));
}

Result<schema::Value> ReadValue(const schema::Property& property, const Element& element,
                                const schema::Value& present) {
  if (element.nil && element.children.empty() && element.text.empty())
    return ReadNil(property, present);
  if (element.nil) return BadValue(fmt::format("{} says xsi:nil but is not empty.", property.name));
  if (!element.children.empty()) {
    return BadValue(fmt::format("{} holds elements, but must be a {}.", property.name,
                                schema::MofName(property.type)));
  }
  schema::ParsedText parsed = schema::ParseScalar(property.type, element.text);
  if (parsed.value) return *std::move(parsed.value);
  return BadValue(
      fmt::format("{} is {}, which is {} {}.", property.name, Quoted(element.text),
                  parsed.error == schema::TextError::kOutOfRange ? "outside the range of" : "no",
                  schema::MofName(property.type)));
}

bool IsUnchanged(const schema::Property& property, const schema::Value& present,
                 const schema::Value& received) {
  if (present.index() == received.index() && schema::ToText(present) == schema::ToText(received))
    return true;
  const auto* text = std::get_if<std::string>(&received);
  if (text == nullptr) return false;
  if (schema::IsNull(present)) return text->empty() && !property.is_hidden;
  const auto* stored = std::get_if<std::string>(&present);
  return stored != nullptr && SurvivesXmlAs(*stored, *text);
}

using MaybeChange = std::optional<PropertyChange>;

// Empty when the element gives the property the value that it has.
Result<MaybeChange> Compare(const schema::Property& property, const Element& element,
                            const schema::Instance& present) {
  const schema::Value& before = schema::ValueOf(present, property.name);
  Result<schema::Value> value = ReadValue(property, element, before);
  if (!value) return tl::unexpected(value.error());
  if (IsUnchanged(property, before, *value)) return MaybeChange();
  return MaybeChange(PropertyChange{&property, *std::move(value)});
}

// The key may be spelt as in the selector or as the service spells it.
Result<MaybeChange> CheckKey(const schema::Property& property, const Element& element,
                             const Keys& keys, const schema::Instance& present) {
  if (element.nil) return MaybeChange();
  const std::string canonical = schema::ToText(schema::ValueOf(present, property.name));
  if (schema::EqualsIgnoreCase(element.text, canonical)) return MaybeChange();
  for (const Selector& key : keys) {
    if (key.name == property.name && schema::EqualsIgnoreCase(element.text, key.value))
      return MaybeChange();
  }
  return BadValue(fmt::format("{} is {}, but the selector names {}; a key cannot be changed.",
                              property.name, Quoted(element.text), Quoted(canonical)));
}

// Whether the element is about a property at all: Windows adds cim:Location.
bool IsForeign(const Element& element) { return element.name_space == ns::kCim; }

Result<const schema::Property*> FindNamed(const schema::Class& type, const Element& element,
                                          const Element& root) {
  const schema::Property* property = schema::FindProperty(type, element.name);
  if (property == nullptr)
    return BadValue(fmt::format("{} has no property {}.", type.name, Quoted(element.name)));
  if (element.name_space.empty() || element.name_space == root.name_space ||
      IsNamespaceOf(element.name_space, type))
    return property;
  return Fail(FaultCode::kRepresentationInvalidNamespace,
              fmt::format("{} must be in the namespace of {}, not in {}.", property->name,
                          type.name, Quoted(element.name_space)));
}

Result<MaybeChange> Read(const schema::Property& property, const Element& element, const Keys& keys,
                         const schema::Instance& present) {
  if (property.is_key) return CheckKey(property, element, keys, present);
  if (property.access == schema::Access::kRead) return MaybeChange();
  return Compare(property, element, present);
}

// The element inside w:XmlFragment that the path calls for. A text() path has
// the text in the wrapper itself.
Result<Element> FragmentElement(const Request& request, const FragmentPath& path) {
  const auto& body = request.body;
  if (body && request.body_children == 1 && body->name == "XmlFragment" &&
      body->name_space == ns::kWsman) {
    if (path.form == xml::FragmentForm::kText && body->children.empty()) return *body;
    if (path.form == xml::FragmentForm::kElement && body->children.size() == 1 &&
        body->children.front().name == path.property->name)
      return body->children.front();
  }
  return Fail(
      FaultCode::kRepresentationInvalidFragment,
      fmt::format("The body must be w:XmlFragment with the {} of {} and nothing else.",
                  path.form == xml::FragmentForm::kText ? "text" : "element", path.property->name));
}

}  // namespace

bool SurvivesXmlAs(std::string_view stored, std::string_view received) {
  if (stored == received || OneLineEnds(stored) == received) return true;
  return received.empty() && IsBlank(stored);
}

Result<PropertyChanges> BindRepresentation(const Request& request, const Keys& keys,
                                           const schema::Instance& present) {
  const schema::Class& type = *present.type;
  if (auto root = CheckRoot(request, type); !root) return tl::unexpected(root.error());
  PropertyChanges changes;
  std::vector<const schema::Property*> seen;
  for (const Element& element : request.body->children) {
    if (IsForeign(element)) continue;
    const Result<const schema::Property*> property = FindNamed(type, element, *request.body);
    if (!property) return tl::unexpected(property.error());
    const bool is_writable = (*property)->access == schema::Access::kReadWrite;
    if (is_writable && std::find(seen.begin(), seen.end(), *property) != seen.end())
      return BadValue(fmt::format("{} stands twice.", (*property)->name));
    seen.push_back(*property);
    Result<MaybeChange> change = Read(**property, element, keys, present);
    if (!change) return tl::unexpected(change.error());
    if (*change) changes.push_back(**std::move(change));
  }
  return changes;
}

Result<PropertyChanges> BindFragment(const Request& request, const FragmentPath& path,
                                     const schema::Instance& present) {
  const schema::Property& property = *path.property;
  if (property.access == schema::Access::kRead || property.is_array) {
    return BadValue(fmt::format("{} is read-only.", property.name));
  }
  const Result<Element> element = FragmentElement(request, path);
  if (!element) return tl::unexpected(element.error());
  PropertyChanges changes;
  Result<MaybeChange> change = Compare(property, *element, present);
  if (!change) return tl::unexpected(change.error());
  if (*change) changes.push_back(**std::move(change));
  return changes;
}

}  // namespace wsman
