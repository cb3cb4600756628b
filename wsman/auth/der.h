// The part of DER (X.690) that authentication tokens need, read strictly:
// definite lengths in their shortest form, one-byte tags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wsman::auth {

inline constexpr std::uint8_t kDerOctetString = 0x04;
inline constexpr std::uint8_t kDerOid = 0x06;
inline constexpr std::uint8_t kDerEnumerated = 0x0A;
inline constexpr std::uint8_t kDerSequence = 0x30;
inline constexpr std::uint8_t kDerApplication0 = 0x60;

// The context-specific constructed tag [number], number below 31.
constexpr std::uint8_t DerContext(unsigned number) {
  return static_cast<std::uint8_t>(0xA0 + number);
}

// Reads values one after the other. Refers to the bytes it was made from.
class DerReader {
 public:
  explicit DerReader(std::string_view bytes) : rest_(bytes) {}

  bool AtEnd() const { return rest_.empty(); }

  // The content of the next value; empty, and nothing taken, when it has
  // another tag or is malformed.
  std::optional<std::string_view> Take(std::uint8_t tag);

  // Like Take, for the one value inside of it that fills it: [n] { inner }.
  std::optional<std::string_view> TakeWrapped(std::uint8_t tag, std::uint8_t inner);

 private:
  std::string_view rest_;
};

// Tag, length, content.
std::string DerValue(std::uint8_t tag, std::string_view content);

}  // namespace wsman::auth
