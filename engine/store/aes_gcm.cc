#include "engine/store/aes_gcm.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>

namespace engine::store {
namespace {

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

bool Fits(Bytes bytes) {
  return bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
}

int Length(Bytes bytes) { return static_cast<int>(bytes.size()); }

}  // namespace

std::optional<std::vector<std::uint8_t>> Encrypt(Bytes key, Bytes nonce, Bytes associated,
                                                 Bytes plain) {
  if (key.size() != kKeyBytes || nonce.size() != kNonceBytes || !Fits(plain)) return std::nullopt;
  const Context context(EVP_CIPHER_CTX_new());
  std::vector<std::uint8_t> sealed(plain.size() + kTagBytes);
  std::uint8_t* const out = sealed.data();
  int n = 0;
  int last = 0;
  const bool done =
      context != nullptr &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) ==
          1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &n, associated.data(), Length(associated)) == 1 &&
      EVP_EncryptUpdate(context.get(), out, &n, plain.data(), Length(plain)) == 1 &&
      EVP_EncryptFinal_ex(context.get(), out + n, &last) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, out + plain.size()) == 1;
  if (!done) return std::nullopt;
  return sealed;
}

std::optional<SecretText> Decrypt(Bytes key, Bytes nonce, Bytes associated, Bytes sealed) {
  if (key.size() != kKeyBytes || nonce.size() != kNonceBytes || sealed.size() < kTagBytes ||
      !Fits(sealed))
    return std::nullopt;
  const Bytes secret = sealed.first(sealed.size() - kTagBytes);
  std::vector<std::uint8_t> tag(sealed.end() - kTagBytes, sealed.end());
  const Context context(EVP_CIPHER_CTX_new());
  std::string plain(secret.size(), '\0');
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());
  int n = 0;
  int last = 0;
  const bool done =
      context != nullptr &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) ==
          1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &n, associated.data(), Length(associated)) == 1 &&
      EVP_DecryptUpdate(context.get(), out, &n, secret.data(), Length(secret)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out + n, &last) == 1;
  SecretText text = SecretText::TakeFrom(plain);
  if (!done) return std::nullopt;
  return text;
}

std::vector<std::uint8_t> Digest(Bytes data, std::size_t count) {
  std::vector<std::uint8_t> digest(EVP_MAX_MD_SIZE);
  unsigned int length = 0;
  if (EVP_Digest(data.data(), data.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
    length = 0;
  digest.resize(std::min<std::size_t>(count, length));
  return digest;
}

}  // namespace engine::store
