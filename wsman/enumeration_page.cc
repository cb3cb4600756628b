#include "wsman/enumeration_page.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "wsman/exchange.h"

namespace wsman {
namespace {

std::size_t Characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

Enumeration::Enumeration(std::unique_ptr<ItemSource> source)
    : source_(std::move(source)), estimated_total_(source_->Remaining()) {}

const std::string* Enumeration::Peek() {
  if (!next_) next_ = source_->Next();
  return next_ ? &*next_ : nullptr;
}

std::string Enumeration::Take() { return *std::exchange(next_, std::nullopt); }

Result<Page> NextPage(Enumeration& enumeration, const PageLimits& limits) {
  Page page;
  std::size_t bytes = 0;
  std::size_t characters = 0;
  const std::string* item = enumeration.Peek();
  for (; item != nullptr && page.count < limits.elements; item = enumeration.Peek(), ++page.count) {
    bytes += EncodedBytes(*item, limits.charset);
    characters += Characters(*item);
    if (bytes > limits.bytes || (limits.characters && characters > *limits.characters)) break;
    page.items += enumeration.Take();
  }
  page.is_last = item == nullptr;
  if (page.count > 0 || page.is_last) return page;
  return Fail(FaultCode::kMaxEnvelopeSize,
              fmt::format("The next item takes {} octets and {} characters, which exceeds what the "
                          "client accepts; raise MaxEnvelopeSize or MaxCharacters.",
                          bytes, characters));
}

}  // namespace wsman
