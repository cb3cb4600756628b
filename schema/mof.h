// Prints a class table as MOF (DSP0004 Annex A).
#pragma once

#include <string>

#include "schema/cim.h"

namespace schema {

// The whole class with its qualifiers, ending in "};\n". Deterministic:
// schema/mof/<name>.mof holds the checked-in output and a test compares.
std::string ToMof(const Class& type);

}  // namespace schema
