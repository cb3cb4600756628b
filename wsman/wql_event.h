// WQL queries for what happens to instances:
//
//   SELECT * FROM __InstanceCreationEvent [WITHIN seconds] [WHERE condition]
//
// and the same with __InstanceModificationEvent, __InstanceDeletionEvent and,
// for all three, __InstanceOperationEvent. A condition is one of wql.h in which
// properties are written TargetInstance.Name, and for modifications also
// PreviousInstance.Name; `TargetInstance ISA 'Class'` names the class.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "schema/cim.h"
#include "wsman/resource.h"
#include "wsman/wql.h"

namespace wsman::wql {

// An event as a condition sees it.
struct EventView {
  EventKind kind;
  const schema::Instance& target;
  const schema::Instance* previous;  // for kModification
};

// A query that fits a class. Thread-safe; keeps no reference to the query.
struct BoundEventQuery {
  std::optional<EventKind> kind;                // empty: every kind
  std::function<bool(const EventView&)> holds;  // for events of that kind and class only
};

// The class of the first ISA test on TargetInstance, as written; empty without one.
std::string ClassOfEvents(const Query& query);

// WITHIN is ignored: events are told when they happen. kCannotProcessFilter for
// another event class, a list of properties, and as Bind (wql_evaluate.h).
Result<BoundEventQuery> BindEvents(const Query& query, const schema::Class& type);

}  // namespace wsman::wql
