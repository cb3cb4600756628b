// The client's side of a TLS connection: which certificates are asked for, and
// what one that was shown is worth.
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <string_view>

#include "wsman/http/tls.h"

namespace wsman::http {
namespace {

constexpr int kSecurityLevel = 2;  // keys of 2048 bits and more, no SHA-1
constexpr char kUpnOid[] = "1.3.6.1.4.1.311.20.2.3";

template <class T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* object) const { kFree(object); }
};
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX, X509_STORE_CTX_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO, BIO_free_all>>;
using Object = std::unique_ptr<ASN1_OBJECT, Freer<ASN1_OBJECT, ASN1_OBJECT_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES, GENERAL_NAMES_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BIGNUM, BN_free>>;

struct FreeText {
  void operator()(char* text) const { OPENSSL_free(text); }
};

tl::unexpected<std::string> FileError(std::string_view what, const std::filesystem::path& file) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return tl::unexpected(fmt::format("cannot use {} {}: {}", what, file.string(),
                                    reason == nullptr ? "it has none" : reason));
}

// A certificate says nothing by itself and no connection is refused for one:
// VerifyClient looks at it when the client wants to be known by it.
int AcceptAny(X509_STORE_CTX*, void*) { return 1; }

// SHA-256 of the DER form of the SubjectPublicKeyInfo.
std::string KeyDigest(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned count = 0;
  const bool done = size > 0 && EVP_Digest(der, static_cast<std::size_t>(size), digest.data(),
                                           &count, EVP_sha256(), nullptr) == 1;
  OPENSSL_free(der);
  std::string text;
  for (unsigned i = 0; done && i < count; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string SerialOf(X509* certificate) {
  const Number number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  const std::unique_ptr<char, FreeText> digits(number ? BN_bn2hex(number.get()) : nullptr);
  const std::string_view text = digits ? std::string_view(digits.get()) : std::string_view();
  return std::string(text.substr(std::min(text.find_first_not_of('0'), text.size())));
}

std::string IssuerOf(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!memory ||
      X509_NAME_print_ex(memory.get(), X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253) < 0) {
    return {};
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::vector<std::string> UpnsOf(X509* certificate) {
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const Object upn(OBJ_txt2obj(kUpnOid, 1));
  std::vector<std::string> found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_OTHERNAME || OBJ_cmp(name->d.otherName->type_id, upn.get()) != 0) {
      continue;
    }
    const ASN1_TYPE* value = name->d.otherName->value;
    if (value->type != V_ASN1_UTF8STRING) continue;
    const ASN1_UTF8STRING* text = value->value.utf8string;
    found.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return found;
}

// The purpose must be written in the certificate: without an extended key usage
// any server's certificate would do.
bool IsForClients(X509* certificate) {
  return (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) != 0 &&
         (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT) != 0;
}

}  // namespace

void TlsContext::FreeStore::operator()(X509_STORE* store) const { X509_STORE_free(store); }

tl::expected<void, std::string> TlsContext::AskForCertificates(const TlsFiles& files) {
  clients_.reset(X509_STORE_new());
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(files.client_ca.c_str());
  if (names == nullptr || X509_STORE_load_file(clients_.get(), files.client_ca.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return FileError("the client certificate authorities", files.client_ca);
  }
  SSL_CTX_set_client_CA_list(context_.get(), names);  // takes it
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context_.get(), AcceptAny, nullptr);
  if (files.client_crl.empty()) return {};
  X509_LOOKUP* const lookup = X509_STORE_add_lookup(clients_.get(), X509_LOOKUP_file());
  if (lookup == nullptr ||
      X509_load_crl_file(lookup, files.client_crl.c_str(), X509_FILETYPE_PEM) < 1) {
    return FileError("the certificate revocation list", files.client_crl);
  }
  X509_STORE_set_flags(clients_.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

tl::expected<auth::ClientCertificate, std::string> TlsContext::VerifyClient(SSL* connection) const {
  const auto refuse = [](std::string_view text) { return tl::unexpected(std::string(text)); };
  const Certificate certificate(SSL_get1_peer_certificate(connection));
  if (!certificate) return refuse("the client showed no certificate");
  if (!clients_) return refuse("no client certificates are taken");
  const StoreContext context(X509_STORE_CTX_new());
  if (!context ||
      X509_STORE_CTX_init(context.get(), clients_.get(), certificate.get(),
                          SSL_get_peer_cert_chain(connection)) != 1 ||
      X509_STORE_CTX_set_default(context.get(), "ssl_client") != 1) {
    return refuse("out of memory");
  }
  X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context.get()), kSecurityLevel);
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!good) {
    return refuse(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
  if (!IsForClients(certificate.get())) {
    return refuse("its extended key usage does not name client authentication");
  }
  return auth::ClientCertificate{.key_sha256 = KeyDigest(certificate.get()),
                                 .serial = SerialOf(certificate.get()),
                                 .issuer = IssuerOf(certificate.get()),
                                 .user_principal_names = UpnsOf(certificate.get())};
}

}  // namespace wsman::http
