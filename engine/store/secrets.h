// User names, passwords and custom headers of jobs on their way into the store
// and back: encrypted with a key that lies outside of it, and bound to the job,
// the field and the target and scheme they were stored for, so that a copied or
// moved row is worth nothing.
//
// Sealed form: version (1 byte), key id (8), nonce (12), ciphertext, tag (16).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "engine/access.h"
#include "engine/error.h"
#include "engine/job.h"
#include "engine/secret_text.h"

namespace engine::store {

// Which secret of which job.
struct SecretName {
  JobId job;
  AuthTarget target;
  AuthScheme scheme;
};

struct UserAndPassword {
  SecretText user;
  SecretText password;
};

// Thread-safe.
class Secrets {
 public:
  // `key_file` as Options::secrets_key. Reads it when it is there; why it could
  // not be read is kept for whoever needs it (problem()).
  explicit Secrets(std::filesystem::path key_file);
  ~Secrets();
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;

  // There is a key afterwards. Without a key file one is made (mode 0400,
  // durable) when `may_create`; callers deny that while secrets of an earlier
  // key exist. Waits for the disk.
  Status EnsureKey(bool may_create);

  // E_UNEXPECTED without a key.
  Result<std::vector<std::uint8_t>> Seal(const SecretName& name,
                                         const UserAndPassword& secret) const;
  // BG_E_INVALID_CREDENTIALS with a sentence that says what to do: no key,
  // another key, or a row that was changed or belongs elsewhere.
  Result<UserAndPassword> Open(const SecretName& name, std::span<const std::uint8_t> sealed) const;

  // The same for the custom headers of a job.
  Result<std::vector<std::uint8_t>> SealHeaders(const JobId& job, const SecretText& headers) const;
  Result<SecretText> OpenHeaders(const JobId& job, std::span<const std::uint8_t> sealed) const;

  // Why there is no key; empty when there is one, or none was made yet.
  std::optional<Error> problem() const;

 private:
  Status Load();    // requires mutex_ held for writing
  Status Create();  // the same
  // `field` says which secret it is.
  Result<std::vector<std::uint8_t>> SealText(std::span<const std::uint8_t> field,
                                             const SecretText& plain) const;
  Result<SecretText> OpenText(std::span<const std::uint8_t> field,
                              std::span<const std::uint8_t> sealed) const;

  const std::filesystem::path file_;
  mutable std::shared_mutex mutex_;
  SecretText key_;                // guarded by mutex_; empty: none
  std::optional<Error> problem_;  // guarded by mutex_
};

// Differs for every Seal, says nothing about the secret.
std::string IdentityOf(std::span<const std::uint8_t> sealed);

}  // namespace engine::store
