// From the body of a Put to the properties that really change.
#pragma once

#include "schema/cim.h"
#include "wsman/fault.h"
#include "wsman/fragment.h"
#include "wsman/message.h"
#include "wsman/resource.h"

namespace wsman {

// Compares a whole or partial document with the present representation and
// gives the writable properties whose values differ. Clients send back what
// they read a moment ago: read-only properties are ignored whatever they say.
// A string counts as unchanged when it differs only by what XML does to it on
// the way to the client and back (see SurvivesXmlAs).
//
// Faults: kInvalidRepresentation (no body or another element),
// kRepresentationInvalidNamespace, kRepresentationInvalidValues (unknown
// property, unreadable value, or a key that names another instance).
Result<PropertyChanges> BindRepresentation(const Request& request, const Keys& keys,
                                           const schema::Instance& present);

// The same for a w:XmlFragment body. The path must name a writable property.
Result<PropertyChanges> BindFragment(const Request& request, const FragmentPath& path,
                                     const schema::Instance& present);

// Whether a client that was sent `stored` may send back `received` without
// having changed it: carriage returns become line feeds, and a value of blanks
// comes back empty.
bool SurvivesXmlAs(std::string_view stored, std::string_view received);

}  // namespace wsman
