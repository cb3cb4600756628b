#include "wsman/auth/spnego.h"

#include "wsman/auth/der.h"
#include "wsman/auth/ntlm_message.h"

namespace wsman::auth::spnego {
namespace {

constexpr std::string_view kSpnegoOid("\x2B\x06\x01\x05\x05\x02", 6);
constexpr std::uint8_t kDerBitString = 0x03;
constexpr unsigned kInitChoice = 0;      // of NegotiationToken
constexpr unsigned kResponseChoice = 1;  // of NegotiationToken
// More mechanisms than any client has.
constexpr std::size_t kMaxMechanisms = 32;

std::optional<std::string> Owned(std::optional<std::string_view> view) {
  if (!view) return std::nullopt;
  return std::string(*view);
}

std::optional<std::vector<std::string>> ParseMechanisms(std::string_view list) {
  std::vector<std::string> mechanisms;
  DerReader reader(list);
  while (!reader.AtEnd()) {
    const auto oid = reader.Take(kDerOid);
    if (!oid || oid->empty() || mechanisms.size() == kMaxMechanisms) return std::nullopt;
    mechanisms.emplace_back(*oid);
  }
  if (mechanisms.empty()) return std::nullopt;
  return mechanisms;
}

Token ParseInit(std::string_view fields) {
  DerReader reader(fields);
  const auto list = reader.TakeWrapped(DerContext(0), kDerSequence);
  if (!list) return Malformed{};
  auto mechanisms = ParseMechanisms(*list);
  if (!mechanisms) return Malformed{};
  reader.TakeWrapped(DerContext(1), kDerBitString);  // reqFlags mean nothing any more
  auto token = Owned(reader.TakeWrapped(DerContext(2), kDerOctetString));
  reader.TakeWrapped(DerContext(3), kDerOctetString);  // no key can have made this MIC yet
  if (!reader.AtEnd()) return Malformed{};
  return Init{.mechanisms = *std::move(mechanisms),
              .mechanism_list = DerValue(kDerSequence, *list),
              .token = std::move(token)};
}

Token ParseResponse(std::string_view fields) {
  DerReader reader(fields);
  Response response;
  if (const auto state = reader.TakeWrapped(DerContext(0), kDerEnumerated)) {
    if (state->size() != 1 || static_cast<std::uint8_t>(state->front()) > 3) return Malformed{};
    response.state = static_cast<State>(state->front());
  }
  response.mechanism = Owned(reader.TakeWrapped(DerContext(1), kDerOid));
  response.token = Owned(reader.TakeWrapped(DerContext(2), kDerOctetString));
  response.mic = Owned(reader.TakeWrapped(DerContext(3), kDerOctetString));
  if (!reader.AtEnd()) return Malformed{};
  return response;
}

// What follows the mechanism in the frame of RFC 2743 section 3.1.
Token ParseFramed(std::string_view frame) {
  DerReader reader(frame);
  const auto oid = reader.Take(kDerOid);
  if (!oid) return Malformed{};
  if (IsKerberos(*oid)) return RawKerberos{};
  if (*oid != kSpnegoOid) return Malformed{};
  const auto fields = reader.TakeWrapped(DerContext(kInitChoice), kDerSequence);
  if (!fields || !reader.AtEnd()) return Malformed{};
  return ParseInit(*fields);
}

std::string Field(unsigned number, std::uint8_t tag, std::string_view content) {
  return DerValue(DerContext(number), DerValue(tag, content));
}

}  // namespace

bool IsKerberos(std::string_view oid) { return oid == kKerberosOid || oid == kMsKerberosOid; }

Token Parse(std::string_view bytes) {
  if (bytes.size() > kMaxTokenBytes) return Malformed{};
  if (ntlm::TypeOf(bytes)) return RawNtlm{.token = std::string(bytes)};
  DerReader reader(bytes);
  if (const auto frame = reader.Take(kDerApplication0)) {
    return reader.AtEnd() ? ParseFramed(*frame) : Malformed{};
  }
  const auto fields = reader.TakeWrapped(DerContext(kResponseChoice), kDerSequence);
  if (!fields || !reader.AtEnd()) return Malformed{};
  return ParseResponse(*fields);
}

std::string MechanismList(const std::vector<std::string>& mechanisms) {
  std::string list;
  for (const std::string& oid : mechanisms) list.append(DerValue(kDerOid, oid));
  return DerValue(kDerSequence, list);
}

std::string Write(const Init& init) {
  std::string fields = DerValue(DerContext(0), MechanismList(init.mechanisms));
  if (init.token) fields.append(Field(2, kDerOctetString, *init.token));
  const std::string choice = Field(kInitChoice, kDerSequence, fields);
  return DerValue(kDerApplication0, DerValue(kDerOid, kSpnegoOid).append(choice));
}

std::string Write(const Response& response) {
  std::string fields;
  if (response.state) {
    const char state = static_cast<char>(*response.state);
    fields.append(Field(0, kDerEnumerated, std::string_view(&state, 1)));
  }
  if (response.mechanism) fields.append(Field(1, kDerOid, *response.mechanism));
  if (response.token) fields.append(Field(2, kDerOctetString, *response.token));
  if (response.mic) fields.append(Field(3, kDerOctetString, *response.mic));
  return Field(kResponseChoice, kDerSequence, fields);
}

}  // namespace wsman::auth::spnego
