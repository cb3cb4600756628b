// AES-256-GCM. The only home of OpenSSL's ciphers in the engine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/secret_text.h"

namespace engine::store {

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kNonceBytes = 12;
inline constexpr std::size_t kTagBytes = 16;

using Bytes = std::span<const std::uint8_t>;

// The ciphertext, then the tag. `key` has kKeyBytes and `nonce` kNonceBytes; a
// nonce is for one message only. Empty when the cipher fails (no memory).
std::optional<std::vector<std::uint8_t>> Encrypt(Bytes key, Bytes nonce, Bytes associated,
                                                 Bytes plain);

// What Encrypt was given. Empty when anything differs: key, nonce, associated
// data, ciphertext or tag.
std::optional<SecretText> Decrypt(Bytes key, Bytes nonce, Bytes associated, Bytes sealed);

// The first `count` bytes (at most 32) of the SHA-256 of `data`.
std::vector<std::uint8_t> Digest(Bytes data, std::size_t count);

}  // namespace engine::store
