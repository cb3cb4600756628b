// A running enumeration and its pages.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "wsman/enumeration_items.h"
#include "wsman/enumeration_request.h"
#include "wsman/fault.h"
#include "wsman/xml/charset.h"

namespace wsman {

// A snapshot being read item by item. Not thread-safe; one Pull at a time.
class Enumeration {
 public:
  explicit Enumeration(std::unique_ptr<ItemSource> source);

  // The next item as XML, nullptr at the end. The same item until Take.
  const std::string* Peek();
  std::string Take();

  // What the snapshot held at the beginning, matching or not.
  std::size_t EstimatedTotal() const { return estimated_total_; }

 private:
  std::unique_ptr<ItemSource> source_;
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
  std::string items;      // ready XML
  std::size_t count = 0;  // of them
  bool is_last = false;   // the enumeration has nothing more
};

// As many of the next items as fit. kMaxEnvelopeSize when there is an item but
// not even one fits; nothing is lost then.
Result<Page> NextPage(Enumeration& enumeration, const PageLimits& limits);

}  // namespace wsman
