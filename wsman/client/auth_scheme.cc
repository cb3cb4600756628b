#include "wsman/client/auth_scheme.h"

#include <algorithm>

#include "schema/cim.h"
#include "wsman/auth/base64.h"

namespace wsman::client {
namespace {

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes what is before the next comma outside of quotes.
std::string_view TakeItem(std::string_view& text) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != ','); ++end) {
    if (text[end] == '"') quoted = !quoted;
  }
  const std::string_view item = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return Trim(item);
}

bool IsSchemeName(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

std::string_view NameOf(Scheme scheme) {
  switch (scheme) {
    case Scheme::kNegotiate:
      return "Negotiate";
    case Scheme::kKerberos:
      return "Kerberos";
    case Scheme::kBasic:
      return "Basic";
  }
  return {};
}

Offers::Offers(const std::vector<std::string>& challenges) {
  for (std::string_view rest : challenges) {
    while (!rest.empty()) {
      const std::string_view item = TakeItem(rest);
      const std::size_t space = std::min(item.find_first_of(" \t"), item.size());
      // Anything else is a further parameter of the offer before it.
      if (!IsSchemeName(item.substr(0, space))) continue;
      offers_.push_back(
          {std::string(item.substr(0, space)), std::string(Trim(item.substr(space)))});
    }
  }
}

const Offers::Offer* Offers::Find(Scheme scheme) const {
  const auto found = std::find_if(offers_.begin(), offers_.end(), [scheme](const Offer& offer) {
    return schema::EqualsIgnoreCase(offer.scheme, NameOf(scheme));
  });
  return found == offers_.end() ? nullptr : &*found;
}

bool Offers::Has(Scheme scheme) const { return Find(scheme) != nullptr; }

std::optional<std::string> Offers::TokenFor(Scheme scheme) const {
  const Offer* offer = Find(scheme);
  if (offer == nullptr || offer->rest.empty()) return std::nullopt;
  return auth::DecodeBase64(offer->rest);
}

std::string Offers::Names() const {
  std::string names;
  for (const Offer& offer : offers_) names += (names.empty() ? "" : ", ") + offer.scheme;
  return names.empty() ? "nothing" : names;
}

}  // namespace wsman::client
