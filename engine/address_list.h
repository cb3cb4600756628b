// A list of networks, and whether an address is in one of them whatever form it
// comes in. Pure logic.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/error.h"

namespace engine {

class AddressList {
 public:
  AddressList() = default;  // no network

  // Of texts like "10.0.0.0/8", "fe80::/10" and "192.0.2.7". E_INVALIDARG with a
  // sentence that names the text.
  static Result<AddressList> Parse(const std::vector<std::string>& networks);

  // `address` has the 4 or 16 bytes of an in_addr or in6_addr. An IPv6 address
  // that carries an IPv4 one (mapped, compatible, NAT64, 6to4) is in the networks
  // of both.
  bool Contains(std::span<const std::uint8_t> address) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Network {
    Bytes bytes{};
    unsigned bits = 128;
  };
  static Result<Network> ParseOne(const std::string& text);
  bool ContainsBytes(const Bytes& address) const;

  std::vector<Network> networks_;
};

}  // namespace engine
