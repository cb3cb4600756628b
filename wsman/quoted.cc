#include "wsman/quoted.h"

#include <cstddef>

namespace wsman {
namespace {
constexpr std::size_t kLongestQuote = 80;

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }
}  // namespace

std::string Quoted(std::string_view text) {
  if (text.size() <= kLongestQuote) return "'" + std::string(text) + "'";
  std::size_t end = kLongestQuote;
  while (end > 0 && IsContinuation(text[end])) --end;
  return "'" + std::string(text.substr(0, end)) + "…'";
}

}  // namespace wsman
