#include "wsman/http/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

#include "wsman/auth/ntlm_keys.h"
#include "wsman/http/tls_end_point.h"

namespace wsman::http {
namespace {

// The library's level 2 lets a little less pass.
constexpr int kRsaBits = 2'048;

std::string LibraryError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

tl::unexpected<std::string> FileError(std::string_view what, const std::filesystem::path& file) {
  std::error_code error;
  if (file.empty()) return tl::unexpected(fmt::format("HTTPS needs a {}: set its file", what));
  if (!std::filesystem::is_regular_file(file, error)) {
    return tl::unexpected(
        fmt::format("{} {} does not exist or is not a file", what, file.string()));
  }
  return tl::unexpected(fmt::format("cannot use {} {}: {}", what, file.string(), LibraryError()));
}

// Without it the library would ask for the key's password on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

bool ApplyPolicy(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A write may be retried from another buffer address, as Asio does.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_security_level(context, 2);  // keys of 2048 bits and more, no SHA-1
  SSL_CTX_set_default_passwd_cb(context, NoPassword);
  return SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1 &&
         SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

std::optional<auth::ntlm::Key> ChannelBindingOf(const std::optional<std::string>& end_point) {
  if (!end_point || !auth::ntlm::CryptoIsAvailable()) return std::nullopt;
  return auth::ntlm::ChannelBinding(*end_point);
}

}  // namespace

TlsContext::TlsContext(Handle context)
    : context_(std::move(context)),
      server_end_point_(ServerEndPointOf(SSL_CTX_get0_certificate(context_.get()))),
      channel_binding_(ChannelBindingOf(server_end_point_)) {}

void TlsContext::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

tl::expected<TlsContext, std::string> TlsContext::Load(const TlsFiles& files) {
  const std::filesystem::path& certificate = files.certificate;
  const std::filesystem::path& key = files.key;
  ERR_clear_error();
  Handle context(SSL_CTX_new(TLS_server_method()));
  if (!context || !ApplyPolicy(context.get())) {
    return tl::unexpected(fmt::format("cannot set up TLS: {}", LibraryError()));
  }
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
    return FileError("TLS certificate", certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return FileError("TLS key", key);
  }
  if (EVP_PKEY* const loaded = SSL_CTX_get0_privatekey(context.get());
      EVP_PKEY_get_base_id(loaded) == EVP_PKEY_RSA && EVP_PKEY_get_bits(loaded) < kRsaBits) {
    return tl::unexpected(fmt::format("TLS key {} has {} bits; make one of {} bits or more",
                                      key.string(), EVP_PKEY_get_bits(loaded), kRsaBits));
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return tl::unexpected(fmt::format("TLS key {} does not belong to TLS certificate {}",
                                      key.string(), certificate.string()));
  }
  TlsContext tls(std::move(context));
  if (!files.client_ca.empty()) {
    if (auto asked = tls.AskForCertificates(files); !asked) {
      return tl::unexpected(std::move(asked).error());
    }
  }
  return tls;
}

SSL_CTX* TlsContext::NewReference() const {
  SSL_CTX_up_ref(context_.get());
  return context_.get();
}

}  // namespace wsman::http
