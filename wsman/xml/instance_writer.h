// Instances, method results and EPRs as XML, in the serialisation of the
// request's URI family.
//
// kWmi: no attribute on any non-null scalar, every namespace declared on the
// root element, null is xsi:nil with the literal prefix xsi (a PowerShell
// script sees anything else as an object, not as text).
// kDmtf: xsi:type="cim:…" on every property, nil ones included.
// Text is cleaned of characters that XML 1.0 cannot carry ('?' takes their place).
//
// Thread-safe; each result is one self-contained element on one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/cim.h"
#include "wsman/message.h"
#include "wsman/resource.h"
#include "wsman/resource_uri.h"

namespace wsman::xml {

// <p:Class xmlns:… xsi:type="p:Class_Type" xml:lang="en-US">…</p:Class>, the
// properties in alphabetical order.
std::string WriteInstance(const schema::Instance& instance, const ResourceUri& uri);

// <p:Method_OUTPUT …> with the out parameters and ReturnValue, alphabetical.
std::string WriteMethodOutput(const MethodCall& call, const MethodResult& result,
                              const ResourceUri& uri);

// <a:EndpointReference>: anonymous address, resource URI, key selectors (with
// __cimnamespace in the DMTF family).
std::string WriteEpr(const schema::Instance& instance, const ResourceUri& uri);

// <w:XmlFragment> around one property (or its bare text), for fragment transfer.
enum class FragmentForm { kElement, kText };
std::string WriteFragment(const schema::Instance& instance, const schema::Property& property,
                          FragmentForm form, const ResourceUri& uri);

// <w:XmlFragment> around some properties in alphabetical order, the item of a
// query that lists properties.
std::string WriteProjection(const schema::Instance& instance,
                            const std::vector<const schema::Property*>& properties,
                            const ResourceUri& uri);

// Character data as it may stand in an element: escaped and cleaned.
std::string EscapeText(std::string_view text);

}  // namespace wsman::xml
