// The classes of namespace root\microsoft\bits as constant tables: the one
// place where a property, method or parameter name is written. Source of every
// row: the MOF documentation of the BITS provider (BitsClientJob,
// BitsClientFile).
#pragma once

#include "schema/cim.h"

namespace schema {

inline constexpr std::string_view kBitsNamespace = "root/microsoft/bits";

// A transfer job. 17 properties, 10 methods; key JobId.
const Class& BitsClientJob();

// A file of a job. Embedded in BitsClientJob.Files only; no key, no methods.
const Class& BitsClientFile();

}  // namespace schema
