// The ways to log in that HTTP names, as servers offer them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wsman::client {

// Named after what Authorization and WWW-Authenticate call them.
enum class Scheme : std::uint8_t { kNegotiate, kKerberos, kBasic };

std::string_view NameOf(Scheme scheme);

// What the WWW-Authenticate headers of a reply say; one header may offer
// several schemes.
class Offers {
 public:
  explicit Offers(const std::vector<std::string>& challenges);

  bool Has(Scheme scheme) const;
  // The server's token for a scheme, decoded; empty when there is none or it is
  // not base64.
  std::optional<std::string> TokenFor(Scheme scheme) const;
  // "Negotiate, Basic"; "nothing" when there is no offer. Printable ASCII.
  std::string Names() const;

 private:
  struct Offer {
    std::string scheme;
    std::string rest;  // a token or parameters
  };
  const Offer* Find(Scheme scheme) const;

  std::vector<Offer> offers_;
};

}  // namespace wsman::client
