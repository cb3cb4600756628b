#include "wsman/client/tls_stream.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>

#include "wsman/http/tls_end_point.h"

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
  return http::ServerEndPointOf(SSL_get0_peer_certificate(handle));
}

}  // namespace wsman::client
