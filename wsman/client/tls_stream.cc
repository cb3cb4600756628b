#include "wsman/client/tls_stream.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>

namespace wsman::client {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// OpenSSL itself compares the name, so that a mismatch has a reason of its own.
bool RequireName(SSL* handle, const std::string& host) {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(handle);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  if (!not_an_address) return X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  return X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size()) == 1 &&
         SSL_set_tlsext_host_name(handle, host.c_str()) == 1;
}

}  // namespace

tl::expected<std::unique_ptr<TlsStream>, std::string> MakeTlsStream(
    boost::beast::tcp_stream socket, const std::string& host,
    const std::filesystem::path& ca_file) {
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  error_code error;
  if (ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(ca_file.string(), error);
  }
  if (error) {
    return tl::unexpected(fmt::format("cannot read certificates from {}: {}",
                                      ca_file.empty() ? "the system's store" : ca_file.string(),
                                      error.message()));
  }
  // The stream keeps OpenSSL's own count of the context alive.
  auto stream = std::make_unique<TlsStream>(std::move(socket), context);
  stream->set_verify_mode(ssl::verify_peer, error);
  if (error || !RequireName(stream->native_handle(), host)) {
    return tl::unexpected(fmt::format("'{}' cannot be the name in a certificate", host));
  }
  return stream;
}

std::string WhyHandshakeFailed(TlsStream& stream, const error_code& error) {
  const long verified = SSL_get_verify_result(stream.native_handle());
  if (verified == X509_V_OK) return error.message();
  return fmt::format("the certificate was refused ({})", X509_verify_cert_error_string(verified));
}

std::optional<std::string> TlsServerEndPoint(const TlsStream& stream) {
  // OpenSSL does not change the connection here, but takes it as if it did.
  SSL* const handle = const_cast<TlsStream&>(stream).native_handle();
  X509* const certificate = SSL_get0_peer_certificate(handle);
  int hash = NID_undef;
  if (certificate == nullptr ||
      X509_get_signature_info(certificate, &hash, nullptr, nullptr, nullptr) != 1) {
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

}  // namespace wsman::client
