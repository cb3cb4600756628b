// Fragment transfer (DSP0226 7.7): parts of a representation, addressed by the
// XPath forms that Windows takes: Name, Name/text(), Files[1], Files[1]/Name
// and Files[1]/Name/text(). Names are case-sensitive and indexes start at 1.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "schema/cim.h"
#include "wsman/fault.h"
#include "wsman/resource_uri.h"
#include "wsman/xml/instance_writer.h"

namespace wsman {

struct FragmentPath {
  const schema::Property* property = nullptr;
  std::size_t index = 0;                       // of an array's element; 0 means all of them
  const schema::Property* embedded = nullptr;  // a property of that element
  xml::FragmentForm form = xml::FragmentForm::kElement;
};

// kFragmentPath when the text is no such path or names no property.
Result<FragmentPath> ParseFragmentPath(const schema::Class& type, std::string_view text);

// The w:XmlFragment of an instance. kFragmentPath when the array has no such
// element.
Result<std::string> WriteFragmentOf(const schema::Instance& instance, const FragmentPath& path,
                                    const ResourceUri& uri);

}  // namespace wsman
