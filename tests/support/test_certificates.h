// Throw-away certificates for TLS tests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace test_support {

struct CertificateFiles {
  std::filesystem::path certificate;  // PEM; is its own issuer, so it also serves as CA file
  std::filesystem::path key;          // PEM
};

struct CertificateKind {
  std::optional<std::size_t> rsa_bits = std::nullopt;  // empty: a key of P-256
  std::string usage = {};                              // extended key usage; empty: none
};

// Writes NAME.crt and NAME.key into `folder`: self-signed, valid for an hour
// for localhost, 127.0.0.1 and ::1. Throws std::runtime_error when it cannot.
CertificateFiles MakeCertificate(const std::filesystem::path& folder,
                                 const std::string& name = "server",
                                 const CertificateKind& kind = {});

}  // namespace test_support
