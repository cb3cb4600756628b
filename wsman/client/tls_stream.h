// The client side of TLS: a stream that trusts only certificates it verified,
// chain and name.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <tl/expected.hpp>

namespace wsman::client {

using TlsStream = boost::beast::ssl_stream<boost::beast::tcp_stream>;

// A stream over a connected socket, before its handshake. TLS 1.2 or later.
// `ca_file` is PEM; empty takes the system's certificates. The error text says
// what to change.
tl::expected<std::unique_ptr<TlsStream>, std::string> MakeTlsStream(
    boost::beast::tcp_stream socket, const std::string& host, const std::filesystem::path& ca_file);

// Why the handshake ended with `error`, in words: the reason of the certificate
// check when that was it.
std::string WhyHandshakeFailed(TlsStream& stream, const boost::system::error_code& error);

// "tls-server-end-point:" and the hash of the server's certificate (RFC 5929),
// after the handshake. Empty for certificates whose signature has no single
// hash, such as Ed25519's: such a channel cannot be bound to.
std::optional<std::string> TlsServerEndPoint(const TlsStream& stream);

}  // namespace wsman::client
