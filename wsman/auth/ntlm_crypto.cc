// MD4 and RC4 are written out here because OpenSSL 3 has them only in its
// legacy provider, which is not loaded unless an administrator configures it,
// and loading it would give those algorithms to the TLS library as well.
#include "wsman/auth/ntlm_crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <bit>
#include <cstdlib>
#include <memory>
#include <utility>

namespace wsman::auth::ntlm {
namespace {

constexpr std::size_t kMd4Block = 64;

struct Md4State {
  std::uint32_t a = 0x67452301, b = 0xEFCDAB89, c = 0x98BADCFE, d = 0x10325476;
};

std::uint32_t LittleEndian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return value;
}

void PutLittleEndian(std::string& bytes, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> 8 * i & 0xFF));
}

// One of the three rounds of RFC 1320 section 3.4: which word, rotation,
// function and constant each of its sixteen steps uses.
struct Md4Round {
  std::uint8_t order[16];
  std::uint8_t rotations[4];
  std::uint32_t constant;
  std::uint32_t (*mix)(std::uint32_t x, std::uint32_t y, std::uint32_t z);
};

constexpr Md4Round kMd4Rounds[] = {
    {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
     {3, 7, 11, 19},
     0,
     [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return (x & y) | (~x & z); }},
    {{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
     {3, 5, 9, 13},
     0x5A827999,
     [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return (x & y) | (x & z) | (y & z); }},
    {{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15},
     {3, 9, 11, 15},
     0x6ED9EBA1,
     [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return x ^ y ^ z; }},
};

void Md4Mix(Md4State& state, std::string_view block) {
  auto [a, b, c, d] = state;
  for (const Md4Round& round : kMd4Rounds) {
    for (std::size_t step = 0; step < 16; ++step) {
      const std::uint32_t word = LittleEndian(block, std::size_t{4} * round.order[step]);
      const std::uint32_t sum = a + round.mix(b, c, d) + word + round.constant;
      const std::uint32_t turned = std::rotl(sum, round.rotations[step % 4]);
      a = d;
      d = c;
      c = b;
      b = turned;
    }
  }
  state.a += a;
  state.b += b;
  state.c += c;
  state.d += d;
}

struct FreeDigest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};
using DigestHandle = std::unique_ptr<EVP_MD, FreeDigest>;

DigestHandle FetchMd5() { return DigestHandle(EVP_MD_fetch(nullptr, "MD5", nullptr)); }

class Md5Stream {
 public:
  Md5Stream() : context_(EVP_MD_CTX_new()) {
    // Looked up once; EVP_md5() would be looked up again for each digest.
    static const DigestHandle kMd5 = FetchMd5();
    if (!context_ || EVP_DigestInit_ex(context_.get(), kMd5.get(), nullptr) != 1) std::abort();
  }

  void Add(std::string_view part) {
    if (EVP_DigestUpdate(context_.get(), part.data(), part.size()) != 1) std::abort();
  }

  Key Finish() {
    Key digest{};
    if (EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) std::abort();
    return digest;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace

bool CryptoIsAvailable() { return FetchMd5() != nullptr; }

Key Md4(std::string_view data) {
  Md4State state;
  const std::uint64_t bits = std::uint64_t{data.size()} * 8;
  while (data.size() >= kMd4Block) {
    Md4Mix(state, data.substr(0, kMd4Block));
    data.remove_prefix(kMd4Block);
  }
  std::string tail(data);
  tail.push_back(static_cast<char>(0x80));
  while (tail.size() % kMd4Block != kMd4Block - 8) tail.push_back('\0');
  PutLittleEndian(tail, bits, 8);
  for (std::string_view rest = tail; !rest.empty(); rest.remove_prefix(kMd4Block)) {
    Md4Mix(state, rest.substr(0, kMd4Block));
  }
  std::string digest;
  for (const std::uint32_t word : {state.a, state.b, state.c, state.d}) {
    PutLittleEndian(digest, word, 4);
  }
  Key key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(digest[i]);
  OPENSSL_cleanse(tail.data(), tail.size());
  return key;
}

Key Md5(std::initializer_list<std::string_view> parts) {
  Md5Stream stream;
  for (const std::string_view part : parts) stream.Add(part);
  return stream.Finish();
}

// RFC 2104.
Key HmacMd5(const Key& key, std::initializer_list<std::string_view> parts) {
  constexpr std::size_t kBlock = 64;
  std::string inner_pad(kBlock, '\x36');
  std::string outer_pad(kBlock, '\x5C');
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner_pad[i] = static_cast<char>(inner_pad[i] ^ key[i]);
    outer_pad[i] = static_cast<char>(outer_pad[i] ^ key[i]);
  }
  Md5Stream inner;
  inner.Add(inner_pad);
  for (const std::string_view part : parts) inner.Add(part);
  const Key digest = Md5({outer_pad, AsBytes(inner.Finish())});
  OPENSSL_cleanse(inner_pad.data(), inner_pad.size());
  OPENSSL_cleanse(outer_pad.data(), outer_pad.size());
  return digest;
}

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    std::abort();
  }
  return bytes;
}

bool SameBytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Rc4::Rc4(const Key& key) {
  for (std::size_t i = 0; i < state_.size(); ++i) state_[i] = static_cast<std::uint8_t>(i);
  std::uint8_t j = 0;
  for (std::size_t i = 0; i < state_.size(); ++i) {
    j = static_cast<std::uint8_t>(j + state_[i] + key[i % key.size()]);
    std::swap(state_[i], state_[j]);
  }
}

std::string Rc4::Apply(std::string_view data) {
  std::string result(data);
  // Copies: the compiler has to believe that writing a character changes members.
  std::uint8_t i = i_;
  std::uint8_t j = j_;
  for (char& c : result) {
    const std::uint8_t x = state_[++i];
    j = static_cast<std::uint8_t>(j + x);
    const std::uint8_t y = state_[j];
    state_[i] = y;
    state_[j] = x;
    c = static_cast<char>(c ^ state_[static_cast<std::uint8_t>(x + y)]);
  }
  i_ = i;
  j_ = j;
  return result;
}

}  // namespace wsman::auth::ntlm
