// Filters of enumerations (DSP0226 8.3): one function for each dialect.
#pragma once

#include <functional>
#include <vector>

#include "schema/cim.h"
#include "wsman/fault.h"
#include "wsman/message.h"
#include "wsman/target.h"

namespace wsman {

// Whether an instance belongs to the result. Keeps no reference to the filter.
using InstancePredicate = std::function<bool(const schema::Instance&)>;

// Reads the content of a filter of the dialect SelectorFilter: a w:SelectorSet of
// properties that must be equal, strings without case. `type` is the class of the
// resource URI, null for "*". Fault: kCannotProcessFilter.
Result<InstancePredicate> ReadSelectorFilter(const Element& filter, const schema::Class* type);

// What a filter makes of an enumeration.
struct Selection {
  Target target;              // the class whose instances are read; "*" for none at all
  InstancePredicate matches;  // empty: every instance
  std::vector<const schema::Property*> properties;  // empty: whole instances
};

// Reads a w:Filter or n:Filter against the enumerated resource. Dialects: WQL
// (a query on the class of the resource URI, or on any class for "*"),
// SelectorFilter (equality on properties, strings without case) and
// associationFilter (the classes have no associations, so nothing matches).
//
// Faults: kFilterDialectUnavailable for other dialects (the text names those
// that are there; an absent one means XPath), kCannotProcessFilter.
Result<Selection> ReadFilter(const Element& filter, const Target& target,
                             const ResourceDirectory& directory);

}  // namespace wsman
