// The classes of namespace root\microsoft\bits that Windows does not have: what
// BITS offers to programs on its own machine and the WMI provider has no place
// for. Names are those of BITS' COM interfaces.
#pragma once

#include "schema/cim.h"

namespace schema {

// The settings of a transfer job that BitsClientJob does not show. 11 properties,
// 4 methods; key JobId, as that of the job.
const Class& BitsdJobSettings();

}  // namespace schema
