#include "wsman/auth/der.h"

#include <cstddef>

namespace wsman::auth {
namespace {

constexpr std::size_t kMaxLengthBytes = 4;

// Takes the length at the front; empty when it is indefinite, too large or not
// in its shortest form.
std::optional<std::size_t> TakeLength(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  if (first < 0x80) return first;
  const std::size_t count = first & 0x7FU;
  if (count == 0 || count > kMaxLengthBytes || count > bytes.size() || bytes.front() == '\0') {
    return std::nullopt;
  }
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i) {
    length = length << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  bytes.remove_prefix(count);
  if (length < 0x80) return std::nullopt;
  return length;
}

}  // namespace

std::optional<std::string_view> DerReader::Take(std::uint8_t tag) {
  if (rest_.empty() || static_cast<std::uint8_t>(rest_.front()) != tag) return std::nullopt;
  std::string_view bytes = rest_.substr(1);
  const std::optional<std::size_t> length = TakeLength(bytes);
  if (!length || *length > bytes.size()) return std::nullopt;
  rest_ = bytes.substr(*length);
  return bytes.substr(0, *length);
}

std::optional<std::string_view> DerReader::TakeWrapped(std::uint8_t tag, std::uint8_t inner) {
  const std::string_view before = rest_;
  if (const auto outer = Take(tag)) {
    DerReader content(*outer);
    const auto value = content.Take(inner);
    if (value && content.AtEnd()) return value;
  }
  rest_ = before;
  return std::nullopt;
}

std::string DerValue(std::uint8_t tag, std::string_view content) {
  std::string bytes(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    bytes.push_back(static_cast<char>(content.size()));
  } else {
    std::string length;
    for (std::size_t rest = content.size(); rest != 0; rest >>= 8) {
      length.insert(length.begin(), static_cast<char>(rest & 0xFF));
    }
    bytes.push_back(static_cast<char>(0x80 + length.size()));
    bytes.append(length);
  }
  return bytes.append(content);
}

}  // namespace wsman::auth
