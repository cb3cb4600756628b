// The computations of NTLMv2 (MS-NLMP sections 3.3.2 and 3.4.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wsman/auth/ntlm_crypto.h"

namespace wsman::auth::ntlm {

// What accounts are verified with (NTOWFv1). It is worth as much as the
// password to whoever reads it. Empty when the password is not UTF-8.
std::optional<Key> NtHash(std::string_view password);

// NTOWFv2. `user` and `domain` as the AUTHENTICATE message spells them, valid
// UTF-8; only the user's case does not matter.
Key ResponseKey(const Key& nt_hash, std::string_view user, std::string_view domain);

// NTProofStr for NtResponse::client_bytes.
Key Proof(const Key& response_key, std::string_view server_challenge,
          std::string_view client_bytes);

Key SessionBaseKey(const Key& response_key, const Key& proof);

// The message integrity code over the three messages, the MIC in the last one zero.
Key MessageIntegrityCode(const Key& session_key, std::string_view negotiate,
                         std::string_view challenge, std::string_view authenticate);

// The value of AvId::kChannelBindings for a channel: `application_data` is
// "tls-server-end-point:" and the certificate's hash (RFC 5929).
Key ChannelBinding(std::string_view application_data);

}  // namespace wsman::auth::ntlm
