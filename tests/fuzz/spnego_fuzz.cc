// Tokens of SPNEGO, at every stage of a handshake.
#include <cstdlib>

#include "fuzz/fuzz_one.h"
#include "wsman/auth/negotiate_handshake.h"
#include "wsman/auth/ntlm_initiator.h"

namespace ntlm = wsman::auth::ntlm;
namespace spnego = wsman::auth::spnego;

namespace {

// What was read can be written, and is then the same.
void CheckRoundTrip(const spnego::Token& token) {
  const auto* response = std::get_if<spnego::Response>(&token);
  if (response == nullptr) return;
  const spnego::Token again = spnego::Parse(spnego::Write(*response));
  const auto* same = std::get_if<spnego::Response>(&again);
  if (same == nullptr || same->token != response->token || same->mic != response->mic) std::abort();
}

wsman::auth::NegotiateHandshake Handshake() {
  return wsman::auth::NegotiateHandshake(
      {.ntlm = {{{.names = {"GROUP", "BOX", "", "box"}, .binding_policy = {}, .binding = {}},
                 [](const std::string&) { return std::optional<ntlm::Account>(); }}},
       .kerberos = std::nullopt});
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  const std::string_view bytes = AsText(input);
  CheckRoundTrip(spnego::Parse(bytes));
  auto first = Handshake();
  first.Take(bytes);
  first.Take(bytes);
  auto second = Handshake();
  const std::string negotiate =
      ntlm::Initiator({.user = {}, .domain = {}, .nt_hash = {}}, std::nullopt).Negotiate();
  second.Take(spnego::Write(spnego::Init{
      .mechanisms = {std::string(spnego::kNtlmOid)}, .mechanism_list = {}, .token = negotiate}));
  second.Take(bytes);
}
