// Listening addresses as the configuration writes them, and peers as limits see
// them.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsman::http {

// "127.0.0.1:5985" or "[::1]:0". The error text quotes what was written.
tl::expected<boost::asio::ip::tcp::endpoint, std::string> ParseEndpoint(const std::string& text);

// "http://127.0.0.1:41233/wsman".
std::string EndpointUrl(std::string_view scheme, const boost::asio::ip::tcp::endpoint& endpoint);

// What a TCP socket says of itself or of its peer.
boost::asio::ip::tcp::endpoint TcpEndpoint(
    const boost::asio::generic::stream_protocol::endpoint& endpoint);

// The IPv4 address, or the /64 prefix that one IPv6 site has to itself.
std::string SourceOf(boost::asio::ip::address address);

}  // namespace wsman::http
