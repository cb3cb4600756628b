// Which certificates of servers a job accepts: those that can be verified, less
// what its security flags ignore, more what they check.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <string>

#include "engine/error.h"
#include "engine/options.h"

namespace engine::transfer {

// The security flags that make one connection differ from another: only
// requests with the same may share them.
std::uint32_t TrustFlags(std::uint32_t security_flags);

// Verification as the flags want it. Each flag ignores its own kind of error in
// the server's certificates and nothing else. Behind a proxy that is spoken to
// over TLS only names can be ignored and revocation be checked: libcurl cannot
// tell the server's certificates from the proxy's there.
void SetTrust(CURL* easy, std::uint32_t security_flags, bool tls_proxy,
              const TransferOptions& options);

// Whether the flags allow a request to `url`: not where they want revocation
// checked and there are no lists to do it with.
Status CheckTrust(const std::string& url, std::uint32_t security_flags,
                  const TransferOptions& options);

// The error for an X509_V_ERR_… of OpenSSL, as CURLINFO_SSL_VERIFYRESULT has it
// when a certificate was refused. libcurl checks the name by itself, and leaves
// X509_V_OK or X509_V_ERR_UNSPECIFIED there.
HResult CertificateError(long verify_result);

}  // namespace engine::transfer
