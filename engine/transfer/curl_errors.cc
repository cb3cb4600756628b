#include "engine/transfer/curl_errors.h"

#include <string_view>

#include "engine/transfer/curl_trust.h"

namespace engine::transfer {
namespace {

// TLS 1.3 tells in the middle of the connection that a certificate was missing.
bool AsksForCertificate(std::string_view error_text) {
  return error_text.find("certificate required") != std::string_view::npos;
}

CurlFailure OfCertificate(CURL* easy) {
  long verify_result = 0;
  curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verify_result);
  return {CertificateError(verify_result), false};
}

CurlFailure OfHandshake(CURL* easy) {
  // A broken connection during the handshake says nothing about the peer.
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  if (os_error != 0) return {HResult::kConnectionError, true};
  return {HResult::kSecureFailure, false};
}

}  // namespace

CurlFailure FailureOf(CURLcode code, CURL* easy, const char* text) {
  if (AsksForCertificate(text)) return {HResult::kClientAuthCertNeeded, false};
  // libcurl has a hundred codes; those without a row of their own are the
  // connection's fault until proven otherwise.
  const int number = static_cast<int>(code);
  switch (number) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {HResult::kNameNotResolved, true};
    case CURLE_COULDNT_CONNECT:
      return {HResult::kCannotConnect, true};
    case CURLE_OPERATION_TIMEDOUT:
      return {HResult::kTimeout, true};
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return {HResult::kInvalidServerReply, true};
    case CURLE_URL_MALFORMAT:
      return {HResult::kInvalidArgument, false};
    case CURLE_OUT_OF_MEMORY:
      return {HResult::kOutOfMemory, true};
    case CURLE_PEER_FAILED_VERIFICATION:
      return OfCertificate(easy);
    case CURLE_SSL_CACERT_BADFILE:
      return {HResult::kInvalidCertAuthority, false};
    case CURLE_SSL_CRL_BADFILE:
      return {HResult::kCertRevocationFailed, false};
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CLIENTCERT:
      return {HResult::kClientAuthCertNeeded, false};
    case CURLE_SSL_CONNECT_ERROR:
      return OfHandshake(easy);
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return {HResult::kSecureFailure, false};
    default:
      return {HResult::kConnectionError, true};
  }
}

}  // namespace engine::transfer
