// Throw-away certificates for TLS tests.
#pragma once

#include <chrono>
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
  std::string common_name = "localhost";
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  std::chrono::seconds begins{-60};  // from now on
  std::chrono::seconds ends{3600};
};

// Writes NAME.crt and NAME.key into `folder`: self-signed, by default valid for an
// hour for localhost, 127.0.0.1 and ::1. Throws std::runtime_error when it cannot.
CertificateFiles MakeCertificate(const std::filesystem::path& folder,
                                 const std::string& name = "server",
                                 const CertificateKind& kind = {});

// Writes NAME.crl: the revocation list that the certificate's own key signed, with
// itself in it or with nothing.
std::filesystem::path MakeRevocationList(const CertificateFiles& issuer, const std::string& name,
                                         bool revoked);

}  // namespace test_support
