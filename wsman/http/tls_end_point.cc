#include "wsman/http/tls_end_point.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>

namespace wsman::http {

// The hash is that of the certificate's signature, or SHA-256 instead of the
// broken ones.
std::optional<std::string> ServerEndPointOf(const X509* certificate) {
  int hash = NID_undef;
  if (certificate == nullptr ||
      X509_get_signature_info(const_cast<X509*>(certificate), &hash, nullptr, nullptr, nullptr) !=
          1 ||
      hash == NID_undef) {
    return std::nullopt;
  }
  const bool broken = hash == NID_md5 || hash == NID_sha1;
  const EVP_MD* digest = broken ? EVP_sha256() : EVP_get_digestbynid(hash);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (digest == nullptr || X509_digest(certificate, digest, bytes.data(), &size) != 1) {
    return std::nullopt;
  }
  std::string data = "tls-server-end-point:";
  data.append(reinterpret_cast<const char*>(bytes.data()), size);
  return data;
}

}  // namespace wsman::http
