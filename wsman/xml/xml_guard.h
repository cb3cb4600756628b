// The gate before the SOAP parser: one linear expat pass that refuses every
// document the codec must not see (DSP0226 and SOAP 1.2 forbid DTDs;
// gSOAP's cost is quadratic in names and it accepts broken text, docs/adr).
#pragma once

#include <cstddef>
#include <string_view>

#include "wsman/fault.h"

namespace wsman::xml {

// Each limit is the largest accepted value.
struct XmlLimits {
  std::size_t depth = 32;
  std::size_t attributes_per_element = 32;
  std::size_t namespaces_per_element = 32;
  // Declarations of an element and all elements around it; the codec looks
  // through them for every name.
  std::size_t namespaces_in_scope = 64;
  std::size_t distinct_prefixes = 64;
  std::size_t distinct_attribute_names = 64;
  std::size_t elements = 20'000;
  std::size_t name_bytes = 256;
  std::size_t attribute_value_bytes = 8 * 1024;
};

// Accepts a well-formed, namespace-well-formed UTF-8 document without DTD,
// processing instructions or entities other than the five, within the limits,
// in which no element has both elements and text that is not white space.
// Otherwise kSchemaValidationError with a sentence that names the reason.
// Costs less than 50 ms for any 512,000 bytes. Thread-safe.
Result<void> CheckDocument(std::string_view utf8, const XmlLimits& limits = {});

}  // namespace wsman::xml
