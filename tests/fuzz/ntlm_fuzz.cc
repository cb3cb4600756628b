// The three messages of NTLM, and an acceptor and an initiator that get them
// from the other side.
#include "fuzz/fuzz_one.h"
#include "wsman/auth/ntlm.h"
#include "wsman/auth/ntlm_initiator.h"

namespace ntlm = wsman::auth::ntlm;

void FuzzOne(std::span<const std::uint8_t> input) {
  const std::string_view bytes = AsText(input);
  ntlm::ParseNegotiate(bytes);
  ntlm::ParseChallenge(bytes);
  ntlm::ParseAuthenticate(bytes);
  ntlm::ParseNtResponse(bytes);
  ntlm::ParseAvPairs(bytes);
  ntlm::MicOf(bytes);

  ntlm::Acceptor acceptor(
      {.names = {"GROUP", "BOX", "", "box"}, .binding_policy = {}, .binding = {}},
      [](const std::string& name) -> std::optional<ntlm::Account> {
        return ntlm::Account{.name = name, .nt_hash = {}};
      });
  const ntlm::Initiator initiator({.user = "user", .domain = "", .nt_hash = {}}, std::nullopt);
  acceptor.Challenge(bytes);
  acceptor.Challenge(initiator.Negotiate());
  acceptor.Authenticate(bytes);
  initiator.Authenticate(bytes);
}
