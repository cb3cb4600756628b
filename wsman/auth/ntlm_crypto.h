// The primitives of NTLM (MS-NLMP section 6). All are weak by today's measure
// and used nowhere else. Bytes are carried in std::string.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace wsman::auth::ntlm {

// A digest or a key of 128 bits.
using Key = std::array<std::uint8_t, 16>;

inline std::string_view AsBytes(const Key& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

// Whether the system's OpenSSL offers MD5; a FIPS provider alone does not. Ask
// before offering NTLM: without it Md5 and HmacMd5 end the process.
bool CryptoIsAvailable();

Key Md4(std::string_view data);
// Of the parts one after the other.
Key Md5(std::initializer_list<std::string_view> parts);
Key HmacMd5(const Key& key, std::initializer_list<std::string_view> parts);

// From the system's generator. Ends the process when there is no randomness.
std::string RandomBytes(std::size_t count);

// Takes the same time wherever the difference is. Sizes are no secret.
bool SameBytes(std::string_view a, std::string_view b);

// A stream cipher: each call continues where the last one ended. Encrypting and
// decrypting are the same.
class Rc4 {
 public:
  explicit Rc4(const Key& key);
  std::string Apply(std::string_view data);

 private:
  std::array<std::uint8_t, 256> state_;
  std::uint8_t i_ = 0;
  std::uint8_t j_ = 0;
};

}  // namespace wsman::auth::ntlm
