// The other side of a login in tests.
#pragma once

#include <optional>
#include <string>

#include "wsman/auth/negotiate_handshake.h"
#include "wsman/auth/ntlm_keys.h"

namespace wsman::auth {

// Of the one user's password.
inline const ntlm::Key kHash = *ntlm::NtHash("Password");

// A server that speaks NTLM alone and knows one user.
inline NegotiateHandshake NtlmServer() {
  return NegotiateHandshake(
      {.ntlm =
           NegotiateHandshake::Ntlm{
               .options = {.names = {"GROUP", "BOX", "", "box"},
                           .binding_policy = {},
                           .binding = {}},
               .find = [](const std::string& name) -> std::optional<ntlm::Account> {
                 if (name != "user") return std::nullopt;
                 return ntlm::Account{.name = name, .nt_hash = kHash};
               }},
       .kerberos = std::nullopt});
}

}  // namespace wsman::auth
