#include "wsman/client/ntlm_mechanism.h"

#include <utility>

#include "wsman/auth/ntlm_keys.h"

namespace wsman::client {
namespace {

std::optional<auth::ntlm::Key> HashOf(const std::optional<std::string>& binding) {
  if (!binding) return std::nullopt;
  return auth::ntlm::ChannelBinding(*binding);
}

}  // namespace

NtlmMechanism::NtlmMechanism(auth::ntlm::Credentials credentials,
                             const std::optional<std::string>& binding)
    : initiator_(std::move(credentials), HashOf(binding)) {}

tl::expected<std::string, std::string> NtlmMechanism::Step(std::string_view token) {
  if (token.empty()) return initiator_.Negotiate();
  auto answer = initiator_.Authenticate(token);
  if (!answer) return tl::unexpected("NTLM: " + answer.error());
  session_.emplace(std::move(answer->session));
  return std::move(answer->message);
}

tl::expected<auth::SealedText, std::string> NtlmMechanism::Seal(std::string_view text) {
  std::string sealed = session_->Seal(text);
  auth::SealedText pieces{.signature = sealed.substr(0, auth::ntlm::kSignatureBytes),
                          .ciphertext = {}};
  pieces.ciphertext = std::move(sealed.erase(0, auth::ntlm::kSignatureBytes));
  return pieces;
}

}  // namespace wsman::client
