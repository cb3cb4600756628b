#include "wsman/http/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace wsman::http {

namespace ip = boost::asio::ip;

tl::expected<ip::tcp::endpoint, std::string> ParseEndpoint(const std::string& text) {
  const auto mistake = [&text] {
    return tl::unexpected(fmt::format(
        "\"{}\" is not a listening address: write ADDRESS:PORT with a numeric address, such as "
        "\"127.0.0.1:5985\" or \"[::1]:5985\"",
        text));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return mistake();
  std::string host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const ip::address address = ip::make_address(host, error);
  if (error || address.is_v6() != bracketed) return mistake();
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end) return mistake();
  return ip::tcp::endpoint(address, port);
}

std::string EndpointUrl(std::string_view scheme, const ip::tcp::endpoint& endpoint) {
  std::string host = endpoint.address().to_string();
  if (endpoint.address().is_v6()) host = fmt::format("[{}]", host);
  return fmt::format("{}://{}:{}/wsman", scheme, host, endpoint.port());
}

ip::tcp::endpoint TcpEndpoint(const boost::asio::generic::stream_protocol::endpoint& endpoint) {
  ip::tcp::endpoint tcp;
  const std::size_t size = std::min(endpoint.size(), tcp.capacity());
  std::memcpy(tcp.data(), endpoint.data(), size);
  tcp.resize(size);
  return tcp;
}

std::string SourceOf(ip::address address) {
  if (address.is_v4()) return address.to_string();
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6).to_string();
  ip::address_v6::bytes_type bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace wsman::http
