// The items of an enumeration, written one by one as they are needed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wsman/enumeration_filter.h"
#include "wsman/enumeration_request.h"
#include "wsman/resource.h"

namespace wsman {

class ItemSource {
 public:
  virtual ~ItemSource() = default;
  // A self-contained XML element; empty at the end.
  virtual std::optional<std::string> Next() = 0;
  // How many Next() will still give at most.
  virtual std::size_t Remaining() const = 0;
};

// The instances of a snapshot that a filter selects, in one of the three modes.
std::unique_ptr<ItemSource> InstanceItems(std::unique_ptr<InstanceSource> source,
                                          Selection selection, EnumerationMode mode);

// Items that are there already.
std::unique_ptr<ItemSource> ReadyItems(std::vector<std::string> items);

}  // namespace wsman
