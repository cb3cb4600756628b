// Class tables as CIM-XML (DSP0201), for clients that ask for a class.
#pragma once

#include <string>

#include "schema/cim.h"

namespace wsman::xml {

// <CLASS NAME="…"> with the qualifiers, properties and methods of the class, in
// no namespace, on one line. Thread-safe.
std::string WriteClass(const schema::Class& type);

}  // namespace wsman::xml
