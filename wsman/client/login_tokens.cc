#include "wsman/client/login_tokens.h"

#include <utility>
#include <vector>

#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/utf8.h"
#include "wsman/client/account_name.h"
#include "wsman/client/ntlm_mechanism.h"

namespace wsman::client {
namespace {

using Mechanisms = std::vector<std::unique_ptr<auth::ClientMechanism>>;

ClientError NoLoginError(ClientError::Login login, std::string text) {
  return {ClientError::Kind::kUnauthorized, std::move(text), 0, 0, {}, login};
}

Result<std::unique_ptr<auth::ClientMechanism>> MakeNtlm(const ClientOptions& options,
                                                        const std::optional<std::string>& binding) {
  using Login = ClientError::Login;
  if (options.user.empty()) {
    return tl::unexpected(NoLoginError(Login::kNoCredentials, "NTLM needs a user name"));
  }
  if (!auth::ntlm::CryptoIsAvailable()) {
    return tl::unexpected(
        NoLoginError(Login::kNoCredentials, "this system's OpenSSL has no MD5, which NTLM needs"));
  }
  const auto hash = auth::ntlm::NtHash(options.password);
  if (!hash || !auth::IsUtf8(options.user)) {
    return tl::unexpected(NoLoginError(Login::kNoCredentials,
                                       "the user name or password is not UTF-8, as NTLM needs it"));
  }
  AccountName name = ParseAccountName(options.user);
  return std::make_unique<NtlmMechanism>(
      auth::ntlm::Credentials{
          .user = std::move(name.user), .domain = std::move(name.domain), .nt_hash = *hash},
      binding);
}

tl::expected<std::unique_ptr<KerberosMechanism>, KerberosError> MakeKerberos(
    const ClientOptions& options, const Url& url, const std::optional<std::string>& binding) {
  return KerberosMechanism::Begin({.host = url.host, .user = options.user, .binding = binding});
}

Result<Attempt> OnlyKerberos(const ClientOptions& options, const Url& url, Scheme scheme,
                             const std::optional<std::string>& binding) {
  auto kerberos = MakeKerberos(options, url, binding);
  if (!kerberos) return tl::unexpected(ToClientError(kerberos.error()));
  const KerberosMechanism* const preferred = kerberos->get();
  if (scheme == Scheme::kKerberos) {
    return Attempt{auth::SpnegoInitiator::Plain(*std::move(kerberos)), preferred};
  }
  Mechanisms mechanisms;
  mechanisms.push_back(*std::move(kerberos));
  return Attempt{auth::SpnegoInitiator::Offer(std::move(mechanisms)), preferred};
}

Result<Attempt> KerberosOrNtlm(const ClientOptions& options, const Url& url,
                               const std::optional<std::string>& binding) {
  Mechanisms mechanisms;
  const KerberosMechanism* preferred = nullptr;
  auto kerberos = MakeKerberos(options, url, binding);
  if (kerberos) {
    preferred = kerberos->get();
    mechanisms.push_back(*std::move(kerberos));
  }
  auto ntlm = MakeNtlm(options, binding);
  if (ntlm) mechanisms.push_back(*std::move(ntlm));
  if (!mechanisms.empty()) {
    return Attempt{auth::SpnegoInitiator::Offer(std::move(mechanisms)), preferred};
  }
  if (!options.user.empty()) return tl::unexpected(ntlm.error());
  ClientError error = ToClientError(kerberos.error());
  if (error.login == ClientError::Login::kNoTicket) {
    error.login = ClientError::Login::kNoCredentials;
    error.text = "there is no user name, and " + error.text.substr(error.text.find("no "));
  }
  return tl::unexpected(std::move(error));
}

}  // namespace

ClientError ToClientError(const KerberosError& error) {
  using Reason = KerberosError::Reason;
  switch (error.reason) {
    case Reason::kNoTicket:
      return NoLoginError(ClientError::Login::kNoTicket, error.text);
    case Reason::kClockSkew:
      return NoLoginError(ClientError::Login::kClockSkew, error.text);
    case Reason::kOther:
      break;
  }
  return NoLoginError(ClientError::Login::kKerberos, error.text);
}

Result<Attempt> BeginAttempt(const ClientOptions& options, const Url& url, Scheme scheme,
                             const std::optional<std::string>& binding) {
  if (scheme == Scheme::kKerberos || options.auth == AuthMode::kKerberos) {
    return OnlyKerberos(options, url, scheme, binding);
  }
  if (options.auth == AuthMode::kNtlm) {
    auto ntlm = MakeNtlm(options, binding);
    if (!ntlm) return tl::unexpected(ntlm.error());
    return Attempt{auth::SpnegoInitiator::Plain(*std::move(ntlm)), nullptr};
  }
  return KerberosOrNtlm(options, url, binding);
}

}  // namespace wsman::client
