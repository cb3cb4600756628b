#include "wsman/auth/ntlm_keys.h"

#include "wsman/auth/ntlm_message.h"
#include "wsman/auth/utf16.h"

namespace wsman::auth::ntlm {

std::optional<Key> NtHash(std::string_view password) {
  const std::optional<std::string> utf16 = Utf8ToUtf16Le(password);
  if (!utf16) return std::nullopt;
  return Md4(*utf16);
}

Key ResponseKey(const Key& nt_hash, std::string_view user, std::string_view domain) {
  const std::string folded = UpperUtf16Le(Utf8ToUtf16Le(user).value_or(std::string()));
  return HmacMd5(nt_hash, {folded, Utf8ToUtf16Le(domain).value_or(std::string())});
}

Key Proof(const Key& response_key, std::string_view server_challenge,
          std::string_view client_bytes) {
  return HmacMd5(response_key, {server_challenge, client_bytes});
}

Key SessionBaseKey(const Key& response_key, const Key& proof) {
  return HmacMd5(response_key, {AsBytes(proof)});
}

Key MessageIntegrityCode(const Key& session_key, std::string_view negotiate,
                         std::string_view challenge, std::string_view authenticate) {
  const std::string zero(kMicBytes, '\0');
  return HmacMd5(session_key, {negotiate, challenge, authenticate.substr(0, kMicOffset), zero,
                               authenticate.substr(kMicOffset + kMicBytes)});
}

Key ChannelBinding(std::string_view application_data) {
  // gss_channel_bindings_struct: two empty addresses of two numbers each, then
  // the length of the data.
  std::string header(16, '\0');
  for (unsigned i = 0; i < 4; ++i) {
    header.push_back(static_cast<char>(application_data.size() >> (8 * i) & 0xFF));
  }
  return Md5({header, application_data});
}

}  // namespace wsman::auth::ntlm
