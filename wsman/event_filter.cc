#include "wsman/event_filter.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "wsman/enumeration_filter.h"
#include "wsman/namespaces.h"
#include "wsman/quoted.h"
#include "wsman/wql.h"

namespace wsman {
namespace {

tl::unexpected<Fault> BadFilter(std::string text) {
  return Fail(FaultCode::kEventFilterUnavailable, std::move(text));
}

// The same sentence; for a subscriber it is a matter of WS-Eventing.
tl::unexpected<Fault> BadFilter(Fault fault) { return BadFilter(std::move(fault.text)); }

std::string_view DialectOf(const Element& filter) {
  for (const Selector& attribute : filter.attributes) {
    if (attribute.name != "Dialect") continue;
    const std::string_view value = attribute.value;
    const std::size_t first = value.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return value.substr(first, value.find_last_not_of(" \t\r\n") - first + 1);
  }
  return {};
}

Result<EventSelection> EveryEvent(const Target& target) {
  if (target.handler == nullptr || target.handler->Events() == nullptr) {
    return Fail(FaultCode::kActionNotSupported,
                "This resource tells no events; subscribe to a class that does.");
  }
  return EventSelection{target, std::nullopt, [](const wql::EventView&) { return true; }};
}

Result<Target> SubscribedClass(const wql::Query& query, const Target& target,
                               const ResourceDirectory& directory) {
  if (target.kind != TargetKind::kWildcard) return target;
  const std::string name = wql::ClassOfEvents(query);
  if (name.empty()) {
    return Fail(FaultCode::kEventFilterRequired,
                "A resource URI that ends in * needs the class in the query: TargetInstance ISA "
                "'Class'.");
  }
  Result<Target> found = directory.ResolveClassIn(target.uri, name);
  if (found) return found;
  return BadFilter(fmt::format("The query asks for {}, and there is no such class in {}.",
                               Quoted(name), target.uri.name_space));
}

Result<EventSelection> ReadQuery(const Element& filter, const Target& target,
                                 const ResourceDirectory& directory) {
  if (!filter.children.empty()) return BadFilter("A WQL filter is a text without elements.");
  const Result<wql::Query> query = wql::Parse(filter.text);
  if (!query) return BadFilter(query.error());
  const Result<Target> subscribed = SubscribedClass(*query, target, directory);
  if (!subscribed) return tl::unexpected(subscribed.error());
  Result<EventSelection> selection = EveryEvent(*subscribed);
  if (!selection) return selection;
  Result<wql::BoundEventQuery> bound = wql::BindEvents(*query, *subscribed->type);
  if (!bound) return BadFilter(bound.error());
  selection->kind = bound->kind;
  selection->holds = std::move(bound->holds);
  return selection;
}

Result<EventSelection> ReadSelectors(const Element& filter, const Target& target) {
  Result<EventSelection> selection = EveryEvent(target);
  if (!selection) return selection;
  Result<InstancePredicate> matches = ReadSelectorFilter(filter, target.type);
  if (!matches) return BadFilter(matches.error());
  selection->holds = [matches = *std::move(matches)](const wql::EventView& event) {
    return matches(event.target);
  };
  return selection;
}

}  // namespace

Result<EventSelection> ReadEventFilter(const std::optional<Element>& filter, const Target& target,
                                       const ResourceDirectory& directory) {
  if (!filter && target.kind == TargetKind::kWildcard) {
    return Fail(FaultCode::kEventFilterRequired,
                "A resource URI that ends in * needs a filter; name a class to get all of its "
                "events.");
  }
  if (!filter) return EveryEvent(target);
  const std::string_view dialect = DialectOf(*filter);
  if (dialect == ns::kWqlDialect) return ReadQuery(*filter, target, directory);
  if (dialect == ns::kSelectorDialect && target.kind != TargetKind::kWildcard)
    return ReadSelectors(*filter, target);
  if (dialect == ns::kSelectorDialect) {
    return Fail(FaultCode::kEventFilterRequired,
                "A selector filter needs a class; put its name in the resource URI.");
  }
  return BadFilter(fmt::format("The filter dialect {} is not available for events; use {} or {}.",
                               Quoted(dialect), ns::kWqlDialect, ns::kSelectorDialect));
}

}  // namespace wsman
