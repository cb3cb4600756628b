// Reading the small fixed bodies (Enumerate, Pull, Subscribe…) from the element
// inside s:Body.
#pragma once

#include <string_view>

#include "wsman/fault.h"
#include "wsman/message.h"

namespace wsman {

// Without the XML white space around it; a view into `text`.
std::string_view Trimmed(std::string_view text);

// The one body element, which must have this name. Faults:
// kSchemaValidationError (none or several), kActionMismatch (another one).
// Points into `request`.
Result<const Element*> ReadRoot(const Request& request, std::string_view name_space,
                                std::string_view name);

// The first child with this name; nullptr when there is none. Points into `root`.
const Element* Child(const Element& root, std::string_view name_space, std::string_view name);

}  // namespace wsman
