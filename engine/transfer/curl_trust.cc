#include "engine/transfer/curl_trust.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "engine/job_settings.h"
#include "engine/proxy_list.h"

namespace engine::transfer {
namespace {

constexpr std::uint32_t kIgnored =
    security_flags::kIgnoreDate | security_flags::kIgnoreAuthority | security_flags::kIgnoreUsage;

// The flag that ignores an error of verification; 0 when none does.
std::uint32_t FlagFor(int error) {
  const HResult code = CertificateError(error);
  if (code == HResult::kCertDateInvalid) return security_flags::kIgnoreDate;
  if (code == HResult::kInvalidCertAuthority) return security_flags::kIgnoreAuthority;
  if (code == HResult::kCertWrongUsage) return security_flags::kIgnoreUsage;
  return 0;
}

// Where a context keeps the flags of its job.
int FlagsIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::uint32_t FlagsOf(X509_STORE_CTX* store) {
  const void* const ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  if (ssl == nullptr) return 0;
  const SSL_CTX* const context = SSL_get_SSL_CTX(static_cast<const SSL*>(ssl));
  const void* const flags = SSL_CTX_get_ex_data(context, FlagsIndex());
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(flags));
}

// Called for each error, with `good` 0, and for each certificate without one.
int OnVerified(int good, X509_STORE_CTX* store) {
  if (good == 1) return 1;
  if ((FlagFor(X509_STORE_CTX_get_error(store)) & FlagsOf(store)) == 0) return 0;
  X509_STORE_CTX_set_error(store, X509_V_OK);  // else libcurl finds it behind the handshake
  return 1;
}

CURLcode OnContext(CURL*, void* context, void* flags) {
  auto* const ssl_context = static_cast<SSL_CTX*>(context);
  if (SSL_CTX_set_ex_data(ssl_context, FlagsIndex(), flags) != 1) return CURLE_OUT_OF_MEMORY;
  SSL_CTX_set_verify(ssl_context, SSL_VERIFY_PEER, &OnVerified);
  return CURLE_OK;
}

}  // namespace

std::uint32_t TrustFlags(std::uint32_t security_flags) {
  return security_flags &
         (kIgnored | security_flags::kIgnoreName | security_flags::kCheckRevocation);
}

void SetTrust(CURL* easy, std::uint32_t security_flags, bool tls_proxy,
              const TransferOptions& options) {
  const bool ignores_name = (security_flags & security_flags::kIgnoreName) != 0;
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, ignores_name ? 0L : 2L);
  if ((security_flags & security_flags::kCheckRevocation) != 0)
    curl_easy_setopt(easy, CURLOPT_CRLFILE, options.crl_file.c_str());
  const std::uint32_t ignored = security_flags & kIgnored;
  if (ignored == 0 || tls_proxy) return;
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &OnContext);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA,
                   reinterpret_cast<void*>(static_cast<std::uintptr_t>(ignored)));
}

Status CheckTrust(const std::string& url, std::uint32_t security_flags,
                  const TransferOptions& options) {
  const bool checks = (security_flags & security_flags::kCheckRevocation) != 0 &&
                      OriginOf(url).starts_with("https:");
  if (!checks || !options.crl_file.empty()) return {};
  return Fail(HResult::kCertRevocationFailed,
              "the job wants the revocation of certificates checked, and there are no revocation "
              "lists; name a file of them in transfers.crl_file",
              ErrorContext::kGeneralTransport);
}

HResult CertificateError(long verify_result) {
  switch (verify_result) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return HResult::kCertNameInvalid;
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return HResult::kCertDateInvalid;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return HResult::kInvalidCertAuthority;
    case X509_V_ERR_INVALID_PURPOSE:
      return HResult::kCertWrongUsage;
    case X509_V_ERR_CERT_REVOKED:
      return HResult::kCertRevoked;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
    case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
    case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
      return HResult::kCertRevocationFailed;
    default:
      return HResult::kSecureFailure;
  }
}

}  // namespace engine::transfer
