#include "engine/address_list.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace engine {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

constexpr unsigned kMappedBits = 96;  // in front of an IPv4 address

Bytes Mapped(std::span<const std::uint8_t> ipv4) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xFF;
  std::copy_n(ipv4.begin(), 4, bytes.begin() + 12);
  return bytes;
}

bool StartsWith(std::span<const std::uint8_t> bytes, std::initializer_list<std::uint8_t> start) {
  return std::equal(start.begin(), start.end(), bytes.begin());
}

// The IPv4 address that an IPv6 one of another form than the mapped carries.
std::optional<Bytes> Carried(const Bytes& bytes) {
  const std::span<const std::uint8_t> all(bytes);
  if (StartsWith(bytes, {0x20, 0x02})) return Mapped(all.subspan(2));  // 6to4
  const bool nat64 = StartsWith(bytes, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0});
  // Below 256 they are addresses of their own: "::1" is this host and not 0.0.0.1.
  const bool compatible = StartsWith(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) &&
                          !StartsWith(all.subspan(12), {0, 0, 0});
  if (nat64 || compatible) return Mapped(all.subspan(12));
  return std::nullopt;
}

std::optional<unsigned> ParseBits(std::string_view text, unsigned most) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits > most) return std::nullopt;
  return bits;
}

}  // namespace

Result<AddressList::Network> AddressList::ParseOne(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  Network network;
  in_addr ipv4{};
  const bool is_ipv4 = ::inet_pton(AF_INET, address.c_str(), &ipv4) == 1;
  if (is_ipv4) {
    const auto* const octets = reinterpret_cast<const std::uint8_t*>(&ipv4);
    network.bytes = Mapped({octets, 4});
  }
  const bool is_address =
      is_ipv4 || ::inet_pton(AF_INET6, address.c_str(), network.bytes.data()) == 1;
  const unsigned least = is_ipv4 ? kMappedBits : 0;
  std::optional<unsigned> bits = 128 - least;
  if (slash != std::string::npos) bits = ParseBits(std::string_view(text).substr(slash + 1), *bits);
  if (!is_address || !bits)
    return Fail(
        HResult::kInvalidArgument,
        fmt::format("'{}' is no network; write it as \"10.0.0.0/8\" or \"fe80::/10\"", text));
  network.bits = least + *bits;
  return network;
}

Result<AddressList> AddressList::Parse(const std::vector<std::string>& networks) {
  AddressList list;
  for (const std::string& text : networks) {
    const Result<Network> network = ParseOne(text);
    if (!network) return tl::unexpected(network.error());
    list.networks_.push_back(*network);
  }
  return list;
}

bool AddressList::ContainsBytes(const Bytes& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    const unsigned whole = network.bits / 8;
    if (!std::equal(address.begin(), address.begin() + whole, network.bytes.begin())) return false;
    const unsigned rest = network.bits % 8;
    return rest == 0 || ((address[whole] ^ network.bytes[whole]) >> (8 - rest)) == 0;
  });
}

bool AddressList::Contains(std::span<const std::uint8_t> address) const {
  if (address.size() == 4) return ContainsBytes(Mapped(address));
  Bytes bytes{};
  std::copy_n(address.begin(), std::min(address.size(), bytes.size()), bytes.begin());
  const std::optional<Bytes> carried = Carried(bytes);
  return ContainsBytes(bytes) || (carried && ContainsBytes(*carried));
}

}  // namespace engine
