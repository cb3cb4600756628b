// Throw-away certificates for TLS tests.
#pragma once

#include <filesystem>
#include <string>

namespace test_support {

struct CertificateFiles {
  std::filesystem::path certificate;  // PEM; is its own issuer, so it also serves as CA file
  std::filesystem::path key;          // PEM, P-256
};

// Writes NAME.crt and NAME.key into `folder`: self-signed, valid for an hour
// for localhost, 127.0.0.1 and ::1. Throws std::runtime_error when it cannot.
CertificateFiles MakeCertificate(const std::filesystem::path& folder,
                                 const std::string& name = "server");

}  // namespace test_support
