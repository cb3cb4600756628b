// The users file: one line a user, "name:hash[:group,group…]", the hash in
// crypt(5) form (yescrypt). '#' starts a comment line. Mode 0600 or stricter.
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

namespace wsman::auth {

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

// A yescrypt hash with a fresh salt. Ends the process if the system's crypt
// library has no yescrypt or no randomness.
std::string HashPassword(std::string_view password);

// Whether `password` has this crypt(5) hash. Costs about 17 ms of CPU.
bool MatchesHash(const std::string& password, const std::string& hash);

// Verifies passwords on one thread of its own behind a bounded queue: a check
// costs about 17 ms of CPU (docs/adr). Unknown users cost the same as known
// ones. The file is read again when it changes; while it cannot be read or has
// a mistake (which is logged), everybody is refused. A file that does not exist
// has no users until it is created.
class PasswordVerifier {
 public:
  enum class Outcome { kAccepted, kRefused, kBusy };
  // Called on the verifier's thread; groups are set when accepted.
  using Done = std::function<void(Outcome, std::vector<std::string> groups)>;

  // Fails when the file exists and has a mistake; the text says which.
  static tl::expected<std::unique_ptr<PasswordVerifier>, std::string> Start(
      std::filesystem::path file, std::size_t queue_limit = 64);
  // Waiting checks end as kBusy.
  ~PasswordVerifier();

  // Any thread; never blocks. kBusy at once (on the caller's thread) when the
  // queue is full.
  void Verify(std::string name, std::string password, Done done);

  // Shares the outcome of a waiting check of the same user and password, so
  // that many connections of one client cost one check. False (and `done`
  // dropped) when there is none. Any thread.
  bool Join(std::string_view name, std::string_view password, Done done);

  // What a success in the last 60 s left behind: the groups when this very
  // user and password were verified and the file has not changed since. Any
  // thread, no hashing beyond one HMAC.
  std::optional<std::vector<std::string>> Remembered(std::string_view name,
                                                     std::string_view password) const;

  // A number that changes when the file does. Whatever was verified under
  // another generation must be verified again. Any thread; costs one stat().
  std::uint64_t Generation() const;

  // Hashes computed so far, for tests and monitoring.
  std::uint64_t checks() const;

 private:
  class Impl;
  explicit PasswordVerifier(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wsman::auth
