// A running enumeration and its pages.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "wsman/enumeration_filter.h"
#include "wsman/enumeration_request.h"
#include "wsman/fault.h"
#include "wsman/resource.h"
#include "wsman/resource_uri.h"
#include "wsman/xml/charset.h"

namespace wsman {

// A snapshot being read item by item. Not thread-safe; one Pull at a time.
class Enumeration {
 public:
  // `matches` may be empty: every instance is an item.
  Enumeration(std::unique_ptr<InstanceSource> source, InstancePredicate matches,
              EnumerationMode mode, ResourceUri uri);

  // The next item as XML, nullptr at the end. The same item until Take.
  const std::string* Peek();
  std::string Take();

  // What the snapshot held at the beginning, matching or not.
  std::size_t EstimatedTotal() const { return estimated_total_; }

 private:
  std::string Write(const schema::Instance& instance) const;

  std::unique_ptr<InstanceSource> source_;
  InstancePredicate matches_;
  EnumerationMode mode_;
  ResourceUri uri_;
  std::size_t estimated_total_;
  std::optional<std::string> next_;
};

// Each is the largest accepted value.
struct PageLimits {
  std::size_t elements = kMaxBatchItems;
  std::optional<std::size_t> characters;
  std::size_t bytes = 0;  // of the items in the reply's encoding
  xml::Charset charset = xml::Charset::kUtf8;
};

struct Page {
  std::string items;     // ready XML
  bool is_last = false;  // the enumeration has nothing more
};

// As many of the next items as fit. kMaxEnvelopeSize when there is an item but
// not even one fits; nothing is lost then.
Result<Page> NextPage(Enumeration& enumeration, const PageLimits& limits);

}  // namespace wsman
