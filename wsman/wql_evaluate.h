// WQL queries against class tables and instances.
//
// As in WMI: numbers compare as numbers, texts and booleans without case (the
// letters A to Z), and every comparison with a property that is NULL is false,
// `<>` included; only IS NULL is true for it. A number or a boolean may also be
// written in quotes.
#pragma once

#include <functional>
#include <vector>

#include "schema/cim.h"
#include "wsman/fault.h"
#include "wsman/wql.h"

namespace wsman::wql {

// A query that fits a class. Thread-safe; keeps no reference to the query.
struct BoundQuery {
  std::vector<const schema::Property*> properties;       // each once; empty for all of them
  std::function<bool(const schema::Instance&)> matches;  // instances of the class only
};

// One test against instances of the class. Faults as Bind.
Result<std::function<bool(const schema::Instance&)>> BindTest(const Test& test,
                                                              const schema::Class& type);

// The query's class name is not looked at. kCannotProcessFilter for properties
// that the class has not, for arrays and embedded instances in comparisons, and
// for constants of another type than the property.
Result<BoundQuery> Bind(const Query& query, const schema::Class& type);

}  // namespace wsman::wql
