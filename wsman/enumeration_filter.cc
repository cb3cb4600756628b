#include "wsman/enumeration_filter.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "wsman/namespaces.h"
#include "wsman/quoted.h"
#include "wsman/wql.h"
#include "wsman/wql_evaluate.h"

namespace wsman {
namespace {

constexpr std::string_view kXPathDialect = "http://www.w3.org/TR/1999/REC-xpath-19991116";

tl::unexpected<Fault> BadFilter(std::string text) {
  return Fail(FaultCode::kCannotProcessFilter, std::move(text));
}

std::string Attribute(const Element& element, std::string_view name) {
  const auto found =
      std::find_if(element.attributes.begin(), element.attributes.end(),
                   [name](const Selector& attribute) { return attribute.name == name; });
  if (found == element.attributes.end()) return {};
  const std::size_t first = found->value.find_first_not_of(" \t\r\n");
  return first == std::string::npos ? std::string() : found->value.substr(first);
}

// "property = value" as text that ToText would give, or any spelling of it.
struct Condition {
  const schema::Property* property;
  schema::Value value;

  bool Holds(const schema::Instance& instance) const {
    const schema::Value& present = schema::ValueOf(instance, property->name);
    return present.index() == value.index() &&
           schema::EqualsIgnoreCase(schema::ToText(present), schema::ToText(value));
  }
};

Result<Condition> ReadCondition(const Element& selector, const schema::Class& type) {
  const std::string name = Attribute(selector, "Name");
  const schema::Property* property = schema::FindProperty(type, name);
  if (selector.name != "Selector" || name.empty())
    return BadFilter("A selector filter holds w:Selector elements with a Name.");
  if (property == nullptr)
    return BadFilter(fmt::format("{} has no property {}.", type.name, Quoted(name)));
  if (property->is_array || property->embedded != nullptr) {
    return BadFilter(
        fmt::format("{} holds more than one value and cannot be selected by.", property->name));
  }
  schema::ParsedText parsed = schema::ParseScalar(property->type, selector.text);
  if (!parsed.value || !selector.children.empty()) {
    return BadFilter(fmt::format("{} is {}, which is no {}.", property->name, Quoted(selector.text),
                                 schema::MofName(property->type)));
  }
  return Condition{property, *std::move(parsed.value)};
}

Result<InstancePredicate> ReadAssociation(const Element& filter) {
  const auto is_association = [](const Element& element) {
    return element.name_space == ns::kCimBinding &&
           (element.name == "AssociatedInstances" || element.name == "AssociationInstances");
  };
  if (filter.children.size() != 1 || !is_association(filter.children.front())) {
    return BadFilter(
        "An association filter holds one b:AssociatedInstances or b:AssociationInstances.");
  }
  return [](const schema::Instance&) { return false; };
}

// The class that a query names, in the family of the resource URI.
Result<Target> QueriedClass(const std::string& name, const Target& target,
                            const ResourceDirectory& directory) {
  if (target.kind != TargetKind::kWildcard) {
    if (schema::EqualsIgnoreCase(name, target.type->name)) return target;
    return BadFilter(fmt::format("The query asks for {}, but the resource URI names {}.",
                                 Quoted(name), target.type->name));
  }
  Result<Target> found = directory.ResolveClassIn(target.uri, name);
  if (found) return found;
  return BadFilter(fmt::format("The query asks for {}, and there is no such class in {}.",
                               Quoted(name), target.uri.name_space));
}

Result<Selection> ReadWql(const Element& filter, const Target& target,
                          const ResourceDirectory& directory) {
  if (!filter.children.empty()) return BadFilter("A WQL filter is a text without elements.");
  const Result<wql::Query> query = wql::Parse(filter.text);
  if (!query) return tl::unexpected(query.error());
  if (query->within) return BadFilter("WITHIN belongs to queries for events; leave it out.");
  Result<Target> queried = QueriedClass(query->class_name, target, directory);
  if (!queried) return tl::unexpected(queried.error());
  Result<wql::BoundQuery> bound = wql::Bind(*query, *queried->type);
  if (!bound) return tl::unexpected(bound.error());
  return Selection{*std::move(queried), std::move(bound->matches), std::move(bound->properties)};
}

}  // namespace

Result<InstancePredicate> ReadSelectorFilter(const Element& filter, const schema::Class* type) {
  if (type == nullptr)
    return BadFilter("A selector filter needs a class; put its name in the resource URI.");
  if (filter.children.size() != 1 || filter.children.front().name != "SelectorSet")
    return BadFilter("A selector filter holds one w:SelectorSet.");
  std::vector<Condition> conditions;
  for (const Element& selector : filter.children.front().children) {
    Result<Condition> condition = ReadCondition(selector, *type);
    if (!condition) return tl::unexpected(condition.error());
    conditions.push_back(*std::move(condition));
  }
  return [conditions = std::move(conditions)](const schema::Instance& instance) {
    return std::all_of(
        conditions.begin(), conditions.end(),
        [&instance](const Condition& condition) { return condition.Holds(instance); });
  };
}

Result<Selection> ReadFilter(const Element& filter, const Target& target,
                             const ResourceDirectory& directory) {
  const auto selection = [&target](Result<InstancePredicate> matches) -> Result<Selection> {
    if (!matches) return tl::unexpected(matches.error());
    return Selection{target, *std::move(matches), {}};
  };
  std::string dialect = Attribute(filter, "Dialect");
  if (dialect == ns::kWqlDialect) return ReadWql(filter, target, directory);
  if (dialect == ns::kSelectorDialect) return selection(ReadSelectorFilter(filter, target.type));
  if (dialect == ns::kAssociationDialect) return selection(ReadAssociation(filter));
  if (dialect.empty()) dialect = kXPathDialect;
  return Fail(
      FaultCode::kFilterDialectUnavailable,
      fmt::format("The filter dialect {} is not available; these are: {}, {} and {}.",
                  Quoted(dialect), ns::kWqlDialect, ns::kSelectorDialect, ns::kAssociationDialect));
}

}  // namespace wsman
