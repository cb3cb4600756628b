#include "wsman/auth/gss_ticket.h"

#include <krb5/krb5.h>

#include <algorithm>
#include <array>
#include <optional>

#include "wsman/auth/der.h"

namespace wsman::auth::gss {
namespace {

constexpr std::uint8_t kDerInteger = 0x02;
constexpr std::uint8_t kDerBitString = 0x03;
constexpr std::uint8_t kDerGeneralString = 0x1B;
constexpr std::uint8_t kApReq = 0x6E;   // [APPLICATION 14]
constexpr std::uint8_t kTicket = 0x61;  // [APPLICATION 1]
constexpr std::string_view kApReqId("\x01\x00", 2);

// EncryptedData of RFC 4120 section 5.2.9: its type comes first.
bool IsAesData(std::optional<std::string_view> encrypted) {
  if (!encrypted) return false;
  const auto type = DerReader(*encrypted).TakeWrapped(DerContext(0), kDerInteger);
  return type && type->size() == 1 && IsAes(type->front());
}

bool IsAesTicket(std::optional<std::string_view> ticket) {
  if (!ticket) return false;
  DerReader outer(*ticket);
  const auto fields = outer.TakeWrapped(kTicket, kDerSequence);
  if (!fields || !outer.AtEnd()) return false;
  DerReader reader(*fields);
  return reader.TakeWrapped(DerContext(0), kDerInteger) &&
         reader.TakeWrapped(DerContext(1), kDerGeneralString) &&
         reader.TakeWrapped(DerContext(2), kDerSequence) &&
         IsAesData(reader.TakeWrapped(DerContext(3), kDerSequence)) && reader.AtEnd();
}

}  // namespace

bool IsAes(std::int64_t encryption_type) {
  constexpr auto kTypes = std::to_array<std::int64_t>(
      {ENCTYPE_AES128_CTS_HMAC_SHA1_96, ENCTYPE_AES256_CTS_HMAC_SHA1_96,
       ENCTYPE_AES128_CTS_HMAC_SHA256_128, ENCTYPE_AES256_CTS_HMAC_SHA384_192});
  return std::find(kTypes.begin(), kTypes.end(), encryption_type) != kTypes.end();
}

// AP-REQ of RFC 4120 section 5.5.1 in the frame of RFC 2743.
bool HasAesTicket(std::string_view token) {
  DerReader framed(token);
  const auto frame = framed.Take(kDerApplication0);
  if (!frame || !framed.AtEnd()) return false;
  DerReader mechanism(*frame);
  const auto oid = mechanism.Take(kDerOid);
  if (!oid) return false;
  std::string_view rest = frame->substr(static_cast<std::size_t>(oid->end() - frame->begin()));
  if (!rest.starts_with(kApReqId)) return false;
  rest.remove_prefix(kApReqId.size());

  DerReader outer(rest);
  const auto fields = outer.TakeWrapped(kApReq, kDerSequence);
  if (!fields || !outer.AtEnd()) return false;
  DerReader reader(*fields);
  return reader.TakeWrapped(DerContext(0), kDerInteger) &&
         reader.TakeWrapped(DerContext(1), kDerInteger) &&
         reader.TakeWrapped(DerContext(2), kDerBitString) &&
         IsAesTicket(reader.Take(DerContext(3))) &&
         IsAesData(reader.TakeWrapped(DerContext(4), kDerSequence)) && reader.AtEnd();
}

}  // namespace wsman::auth::gss
