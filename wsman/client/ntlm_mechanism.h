// NTLM behind Negotiate, as the client.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wsman/auth/ntlm_initiator.h"
#include "wsman/auth/ntlm_session.h"
#include "wsman/auth/spnego.h"
#include "wsman/auth/spnego_initiator.h"

namespace wsman::client {

// NTLMv2 with sealing. `binding` is that of the TLS connection, see
// TlsServerEndPoint; empty without TLS.
class NtlmMechanism final : public auth::ClientMechanism {
 public:
  NtlmMechanism(auth::ntlm::Credentials credentials, const std::optional<std::string>& binding);

  std::string_view oid() const override { return auth::spnego::kNtlmOid; }
  tl::expected<std::string, std::string> Step(std::string_view token) override;
  bool complete() const override { return session_.has_value(); }
  bool proven() const override { return false; }

  std::string Sign(std::string_view text) override { return session_->Sign(text); }
  bool Verify(std::string_view text, std::string_view signature) override {
    return session_->Verify(text, signature);
  }
  void SignaturesExchanged() override { session_->ResetCiphers(); }
  tl::expected<auth::SealedText, std::string> Seal(std::string_view text) override;
  std::optional<std::string> Unseal(std::string_view sealed) override {
    return session_->Unseal(sealed);
  }

 private:
  const auth::ntlm::Initiator initiator_;
  std::optional<auth::ntlm::Session> session_;
};

}  // namespace wsman::client
