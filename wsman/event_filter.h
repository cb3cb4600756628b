// The filter of a subscription.
#pragma once

#include <functional>
#include <optional>

#include "wsman/fault.h"
#include "wsman/message.h"
#include "wsman/target.h"
#include "wsman/wql_event.h"

namespace wsman {

// Which events a subscription gets.
struct EventSelection {
  Target target;  // the class; has a handler with events
  std::optional<EventKind> kind;
  std::function<bool(const wql::EventView&)> holds;
};

// Without filter: all events of the class. Dialects: WQL, in which on "*" the query
// must name the class with ISA, and SelectorFilter, for events of every kind whose
// instance has these values.
//
// Faults: kActionNotSupported when the class has no events,
// kEventFilterUnavailable for other dialects, wrong filters and other classes
// than that of the resource URI, kEventFilterRequired on "*".
Result<EventSelection> ReadEventFilter(const std::optional<Element>& filter, const Target& target,
                                       const ResourceDirectory& directory);

}  // namespace wsman
