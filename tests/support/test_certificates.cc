#include "tests/support/test_certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace test_support {
namespace {

template <typename T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* object) const { kFree(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

void Expect(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("cannot make a test certificate: ") + what);
}

void AddExtension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  Expect(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, "extension");
  X509_EXTENSION_free(extension);
}

Certificate SelfSigned(EVP_PKEY* key, const CertificateKind& kind) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), kind.begins.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kind.ends.count());
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(kind.common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate.get(), NID_subject_alt_name, kind.names.c_str());
  if (!kind.usage.empty()) AddExtension(certificate.get(), NID_ext_key_usage, kind.usage.c_str());
  Expect(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "signature");
  return certificate;
}

File Open(const std::filesystem::path& path) {
  File file(std::fopen(path.c_str(), "re"));
  Expect(file != nullptr, path.c_str());
  return file;
}

File Create(const std::filesystem::path& path) {
  File file(std::fopen(path.c_str(), "we"));
  Expect(file != nullptr, path.c_str());
  return file;
}

}  // namespace

CertificateFiles MakeCertificate(const std::filesystem::path& folder, const std::string& name,
                                 const CertificateKind& kind) {
  const Key key(kind.rsa_bits ? EVP_RSA_gen(*kind.rsa_bits) : EVP_EC_gen("P-256"));
  Expect(key != nullptr, "key");
  const Certificate certificate = SelfSigned(key.get(), kind);
  const CertificateFiles files{.certificate = folder / (name + ".crt"),
                               .key = folder / (name + ".key")};
  Expect(PEM_write_X509(Create(files.certificate).get(), certificate.get()) == 1, "write");
  Expect(PEM_write_PrivateKey(Create(files.key).get(), key.get(), nullptr, nullptr, 0, nullptr,
                              nullptr) == 1,
         "write");
  std::filesystem::permissions(
      files.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return files;
}

std::filesystem::path MakeRevocationList(const CertificateFiles& issuer, const std::string& name,
                                         bool revoked) {
  const Key key(PEM_read_PrivateKey(Open(issuer.key).get(), nullptr, nullptr, nullptr));
  const Certificate certificate(
      PEM_read_X509(Open(issuer.certificate).get(), nullptr, nullptr, nullptr));
  Expect(key != nullptr && certificate != nullptr, "issuer");
  const std::unique_ptr<X509_CRL, Freer<X509_CRL, X509_CRL_free>> list(X509_CRL_new());
  const std::unique_ptr<ASN1_TIME, Freer<ASN1_TIME, ASN1_TIME_free>> begin(
      X509_gmtime_adj(nullptr, -60));
  const std::unique_ptr<ASN1_TIME, Freer<ASN1_TIME, ASN1_TIME_free>> end(
      X509_gmtime_adj(nullptr, 3600));
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate.get()));
  X509_CRL_set1_lastUpdate(list.get(), begin.get());
  X509_CRL_set1_nextUpdate(list.get(), end.get());
  if (revoked) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.get()));
    X509_REVOKED_set_revocationDate(entry, begin.get());
    Expect(X509_CRL_add0_revoked(list.get(), entry) == 1, "entry");
  }
  Expect(X509_CRL_sign(list.get(), key.get(), EVP_sha256()) > 0, "signature");
  std::filesystem::path path = issuer.certificate.parent_path() / (name + ".crl");
  Expect(PEM_write_X509_CRL(Create(path).get(), list.get()) == 1, "write");
  return path;
}

}  // namespace test_support
