// Callers who show a client certificate: WS-Management's security profile
// https/mutual. The TLS layer proves that the certificate is theirs and good;
// here it is decided whose it is.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "wsman/auth/file_state.h"

namespace wsman::auth {

// Whether an Authorization header asks to be known by the client certificate.
bool IsCertificate(std::string_view authorization);

// What is known of a client's certificate once its chain, its dates, its
// purpose and that it was not revoked are verified.
struct ClientCertificate {
  std::string key_sha256;  // of the SubjectPublicKeyInfo, 64 lower-case hexadecimal digits
  std::string serial;      // upper-case hexadecimal digits without leading zeros
  std::string issuer;      // as RFC 2253 writes it: "CN=Corp CA,O=Corp"
  std::vector<std::string> user_principal_names;  // of its subject alternative names
};

// The file that says which certificate is whose, one a line, and nothing else
// does; '#' starts a comment line:
//   alice:key:0123…ef                    the SHA-256 of its SubjectPublicKeyInfo
//   bob:serial:01AB:CN=Corp CA,O=Corp    its serial number and issuer
//   carol:upn:carol@corp.example         a user principal name, without case of A to Z
// A certificate that several lines name is that of the first kind above.
// Mode 0600 or stricter.
//
// It is read again when it changes; while it has a mistake (which is logged),
// nobody is found. No file: nobody. Thread-safe.
class CertificateMap {
 public:
  // Fails when the file exists and has a mistake; the text says which.
  static tl::expected<std::unique_ptr<CertificateMap>, std::string> Open(
      const std::filesystem::path& file);

  // Whose certificate it is. Costs one stat() while nothing changes.
  std::optional<std::string> Find(const ClientCertificate& certificate);

 private:
  using Names = std::map<std::string, std::string, std::less<>>;  // by what identifies one

  explicit CertificateMap(std::filesystem::path file);
  tl::expected<Names, std::string> Read() const;
  void ReadIfChanged();  // with mutex_ held

  const std::filesystem::path file_;
  std::mutex mutex_;
  FileState state_;  // guarded by mutex_
  Names names_;      // guarded by mutex_
};

}  // namespace wsman::auth
