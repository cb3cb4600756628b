// Filters of enumerations (DSP0226 8.3): one function for each dialect.
#pragma once

#include <functional>

#include "schema/cim.h"
#include "wsman/fault.h"
#include "wsman/message.h"

namespace wsman {

// Whether an instance belongs to the result. Keeps no reference to the filter.
using InstancePredicate = std::function<bool(const schema::Instance&)>;

// Reads a w:Filter or n:Filter against the enumerated class; `type` is nullptr
// for a wildcard resource URI. Dialects: SelectorFilter (equality on
// properties, strings without case) and associationFilter (the classes have no
// associations, so nothing matches).
//
// Faults: kFilterDialectUnavailable for other dialects (the text names those
// that are there; an absent one means XPath), kCannotProcessFilter.
Result<InstancePredicate> ReadFilter(const Element& filter, const schema::Class* type);

}  // namespace wsman
