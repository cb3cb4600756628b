// Required arguments of a method call, read one after the other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wsman/resource.h"

namespace provider {

// Remembers the first argument that is missing; what it gives for that one means
// nothing.
class ArgumentReader {
 public:
  // `call` must outlive the reader.
  explicit ArgumentReader(const wsman::MethodCall& call) : call_(call) {}

  std::uint32_t Number(std::string_view parameter);
  bool Flag(std::string_view parameter);
  std::string Text(std::string_view parameter);
  std::vector<std::uint8_t> Octets(std::string_view parameter);

  // `value`, or the fault with E_INVALIDARG that names what is missing.
  template <class T>
  wsman::Result<T> Finish(T value) const {
    if (missing_.empty()) return value;
    return tl::unexpected(Missing());
  }

 private:
  void Miss(std::string_view parameter);
  wsman::Fault Missing() const;

  const wsman::MethodCall& call_;
  std::string missing_;
};

}  // namespace provider
