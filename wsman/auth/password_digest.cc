#include "wsman/auth/password_digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <string>

namespace wsman::auth {

PasswordDigest::PasswordDigest() {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) std::abort();
}

PasswordDigest::Value PasswordDigest::operator()(std::string_view user,
                                                 std::string_view password) const {
  std::string text = std::to_string(user.size());  // keeps "ab"+"c" apart from "a"+"bc"
  text.append(":").append(user).append(password);
  Value digest{};
  unsigned length = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           &length) == nullptr) {
    std::abort();
  }
  return digest;
}

}  // namespace wsman::auth
