// Bytes as the specifications print them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "wsman/auth/ntlm_crypto.h"

namespace wsman::auth {

// Pairs of hexadecimal digits; white space does not count.
inline std::string FromHex(std::string_view hex) {
  std::string digits(hex);
  std::erase_if(digits, [](char c) { return c == ' ' || c == '\n'; });
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline std::string ToHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    hex.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return hex;
}

inline std::string ToHex(const ntlm::Key& key) { return ToHex(ntlm::AsBytes(key)); }

inline ntlm::Key KeyFromHex(std::string_view hex) {
  const std::string bytes = FromHex(hex);
  ntlm::Key key{};
  std::copy_n(bytes.begin(), key.size(), key.begin());
  return key;
}

// What section 4.2.4 of MS-NLMP says about its example.
inline constexpr char kExampleServerChallenge[] = "0123456789abcdef";
inline constexpr char kExampleTargetInfo[] =
    "02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000";
inline constexpr char kExampleClientBytes[] =
    "0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000"
    "02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000 00000000";
inline constexpr char kExampleProof[] = "68cd0ab851e51c96aabc927bebef6a1c";
inline constexpr std::uint32_t kExampleFlags = 0xE28A8233;

}  // namespace wsman::auth
