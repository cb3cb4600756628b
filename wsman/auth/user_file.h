// The users file: one line a user, "name:hash[:group,group…]", the hash in
// crypt(5) form (yescrypt), or '*' for a user without a password, who is named
// for his groups. '#' starts a comment line. Mode 0600 or stricter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/auth/password_queue.h"

namespace wsman::auth {

// The hash of a user without a password.
constexpr std::string_view kNoPassword = "*";

struct UserEntry {
  std::string name;
  std::string hash;
  std::vector<std::string> groups;
};

// Reads the file. The error text names file and line.
tl::expected<std::vector<UserEntry>, std::string> ReadUserFile(const std::filesystem::path& file);

// Whether an account gets an NT hash (nt_hash_file.h), which NTLM needs and
// which is easy to guess passwords from. kForget takes away the one it has.
enum class NtHashChoice : std::uint8_t { kForget, kWrite };

// Adds the user or replaces its hash (groups and comments are kept),
// atomically, mode 0600. Names: 1 to 256 bytes of UTF-8 without ':', control
// characters or '\\', and not starting with '#'. Passwords: 1 to 511 bytes (what crypt(3) takes)
// without NUL, and UTF-8 for an NT hash. The error text says what to change; the
// NT hash may be gone then.
tl::expected<void, std::string> SetPassword(const std::filesystem::path& file,
                                            std::string_view name, std::string_view password,
                                            NtHashChoice choice = NtHashChoice::kForget);

// Replaces the groups of a user who is in the file, atomically; everything else
// stays. Names of groups: 1 to 256 bytes without ':', ',', '#', '\\', space and
// control characters. The error text says what to change.
tl::expected<void, std::string> SetGroups(const std::filesystem::path& file, std::string_view name,
                                          const std::vector<std::string>& groups);

// A yescrypt hash with a fresh salt. Ends the process if the system's crypt
// library has no yescrypt or no randomness.
std::string HashPassword(std::string_view password);

// Whether `password` has this crypt(5) hash. Costs about 17 ms of CPU.
bool MatchesHash(const std::string& password, const std::string& hash);

// Verifies passwords on one thread of its own behind a bounded queue: a check
// costs about 17 ms of CPU (docs/adr). Unknown users, and those without a
// password, cost the same as known ones, unless somebody else is asked about them. The file is read
// again when it changes; while it cannot be read or has a mistake (which is logged), everybody is
// refused. A file that does not exist has no users until it is created.
//
// Users are named as clients write them: AccountNames (account_name.h) has the
// spellings.
class PasswordVerifier {
 public:
  using Outcome = PasswordOutcome;
  // Called on the verifier's thread, or on that of the queue that was asked
  // about a user who is not in the file.
  using Done = PasswordQueue::Done;

  struct Options {
    std::size_t queue_limit = 64;
    // Who is asked about users that are not in the file; null: nobody. Users in
    // the file are never asked about, whatever their password.
    std::unique_ptr<PasswordQueue> others = nullptr;
  };

  // Fails when the file exists and has a mistake; the text says which.
  static tl::expected<std::unique_ptr<PasswordVerifier>, std::string> Start(
      std::filesystem::path file, Options options);
  static tl::expected<std::unique_ptr<PasswordVerifier>, std::string> Start(
      std::filesystem::path file) {
    return Start(std::move(file), Options());
  }
  // Waiting checks end as kBusy.
  ~PasswordVerifier();

  // As PasswordQueue has it. kUnknown is not among the outcomes.
  void Verify(std::string user, std::string password, Done done);
  bool Join(std::string_view user, std::string_view password, Done done);

  // What a success in the last 60 s left behind: whose it was when this very
  // user and password were verified against the file and it has not changed
  // since. Any thread, no hashing beyond one HMAC.
  std::optional<Verified> Remembered(std::string_view user, std::string_view password) const;

  // A number that changes when the file does. Whatever was verified under
  // another generation must be verified again. Any thread; costs one stat().
  std::uint64_t Generation() const;

  // The same as it was within the last 250 us, in which no stat() is needed again.
  std::uint64_t RecentGeneration() const;

  // Hashes computed so far, for tests and monitoring.
  std::uint64_t checks() const;

 private:
  class Impl;
  explicit PasswordVerifier(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsman::auth
