#include "wsman/auth/negotiate.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <array>
#include <utility>

#include "schema/cim.h"
#include "wsman/auth/account_name.h"
#include "wsman/auth/authenticator.h"
#include "wsman/auth/base64.h"
#include "wsman/auth/kerberos_name.h"
#include "wsman/auth/spnego.h"

namespace wsman::auth {
namespace {

struct NamedScheme {
  std::string_view name;
  HandshakeScheme scheme;
};
constexpr std::array<NamedScheme, 2> kSchemes = {
    {{"Negotiate", HandshakeScheme::kNegotiate}, {"Kerberos", HandshakeScheme::kKerberos}}};

std::string_view NameOf(HandshakeScheme scheme) {
  return kSchemes[static_cast<std::size_t>(scheme)].name;
}

std::optional<std::string> TokenIn(HandshakeScheme scheme, std::string_view authorization) {
  authorization.remove_prefix(NameOf(scheme).size());
  const std::size_t start = authorization.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::nullopt;
  return DecodeBase64(authorization.substr(start));
}

// Whether the token is the first one of a handshake, whatever came before.
bool IsFirstToken(std::string_view token) {
  constexpr std::size_t kTypeOffset = 8;
  const spnego::Token parsed = spnego::Parse(token);
  if (std::holds_alternative<spnego::Init>(parsed)) return true;
  if (std::holds_alternative<spnego::RawKerberos>(parsed)) return true;
  return std::holds_alternative<spnego::RawNtlm>(parsed) && token.size() > kTypeOffset &&
         token[kTypeOffset] == 1;
}

std::string HeaderFor(HandshakeScheme scheme, std::string_view token) {
  if (token.empty()) return {};
  return fmt::format("{} {}", NameOf(scheme), EncodeBase64(token));
}

}  // namespace

std::optional<HandshakeScheme> HandshakeSchemeOf(std::string_view authorization) {
  const std::string_view scheme = authorization.substr(0, authorization.find(' '));
  for (const NamedScheme& known : kSchemes) {
    if (schema::EqualsIgnoreCase(scheme, known.name)) return known.scheme;
  }
  return std::nullopt;
}

void NegotiateSession::Reset() {
  handshake_.reset();
  attempt_ = {};
  established_.reset();
}

std::optional<gss::Sealed> NegotiateSession::Seal(std::string_view text) {
  if (!seals()) return std::nullopt;
  if (auto* const kerberos = std::get_if<gss::Session>(&established_->session)) {
    return kerberos->Seal(text);
  }
  return gss::Sealed{.bytes = std::get<ntlm::Session>(established_->session).Seal(text),
                     .signature_bytes = ntlm::kSignatureBytes};
}

std::optional<std::string> NegotiateSession::Unseal(std::string_view sealed) {
  if (!seals()) return std::nullopt;
  return std::visit([sealed](auto& session) { return session.Unseal(sealed); },
                    established_->session);
}

Authenticator::NegotiateReply Authenticator::Negotiate(const ConnectionInfo& connection,
                                                       NegotiateSession& session,
                                                       std::string_view authorization,
                                                       Clock::time_point now) {
  const std::optional<HandshakeScheme> scheme = HandshakeSchemeOf(authorization);
  if (!scheme || !OffersHandshake(*scheme) || !CanBind(connection)) {
    session.Reset();
    return {};
  }
  if (session.legs_ >= kMaxNegotiateLegs) {
    session.Reset();
    return {.principal = {}, .header = {}, .close = true};
  }
  ++session.legs_;
  const std::optional<std::string> token = TokenIn(*scheme, authorization);
  const bool late = session.handshake_ && now - session.began_ > kMaxNegotiateTime;
  const bool other = session.scheme_ != *scheme;
  if (!token || session.established() || late || other || IsFirstToken(*token)) session.Reset();
  if (!token) return {};
  if (!session.handshake_) {
    session.began_ = now;
    session.scheme_ = *scheme;
    session.handshake_.emplace(MechanismsFor(connection, session));
  }
  return TakeStep(connection, session, session.handshake_->Take(*token));
}

bool Authenticator::SpeaksNtlm() const { return nt_accounts_ && !nt_accounts_->empty(); }

// Clients that are offered Negotiate choose it, and fail where nothing they
// speak inside works.
bool Authenticator::OffersHandshake(HandshakeScheme scheme) const {
  if (scheme == HandshakeScheme::kKerberos) return kerberos_ != nullptr;
  return options_.negotiate && (SpeaksNtlm() || kerberos_);
}

NegotiateHandshake::Mechanisms Authenticator::MechanismsFor(const ConnectionInfo& connection,
                                                            NegotiateSession& session) {
  NegotiateHandshake::Mechanisms mechanisms;
  if (SpeaksNtlm() && session.scheme_ == HandshakeScheme::kNegotiate) {
    mechanisms.ntlm = NegotiateHandshake::Ntlm{
        .options = {.names = options_.names,
                    .sealing_required = connection.encrypted || options_.allow_unencrypted,
                    .binding_policy = options_.channel_binding,
                    .binding = connection.channel_binding},
        .find = [this, &session, source = connection.source](const std::string& name) {
          return FindForNtlm(session, source, name);
        }};
  }
  if (kerberos_) {
    mechanisms.kerberos =
        NegotiateHandshake::Kerberos{.credential = kerberos_.get(),
                                     .options = {.sealing_required = !connection.encrypted,
                                                 .binding_policy = options_.channel_binding,
                                                 .binding = connection.server_end_point},
                                     .may_try = [this, &session, source = connection.source] {
                                       return ChargeSource(session, source, Clock::now());
                                     }};
  }
  return mechanisms;
}

Authenticator::NegotiateReply Authenticator::TakeStep(const ConnectionInfo& connection,
                                                      NegotiateSession& session,
                                                      NegotiateHandshake::Step step) {
  if (const auto* more = std::get_if<NegotiateHandshake::Continue>(&step)) {
    return {.principal = {}, .header = HeaderFor(session.scheme_, more->token), .close = false};
  }
  const auto refuse = [&](std::string_view text) -> NegotiateReply {
    spdlog::debug("{} from {} refused: {}", NameOf(session.scheme_), connection.source, text);
    const NegotiateSession::Attempt& attempt = session.attempt_;
    if (!attempt.account.empty()) {
      LogRefusal({.scheme = NameOf(session.scheme_),
                  .source = connection.source,
                  .account = attempt.account,
                  .reason = attempt.throttled ? "too many wrong passwords" : text});
    }
    session.Reset();
    return {};
  };
  auto* const complete = std::get_if<NegotiateHandshake::Complete>(&step);
  if (complete == nullptr) return refuse(std::get<NegotiateHandshake::Refused>(step).text);
  auto established = Establish(session, complete->login);
  if (!established) return refuse(established.error());
  sources_.Return(connection.source);
  session.Reset();
  session.legs_ = 0;
  session.established_.emplace(*std::move(established));
  return {.principal = Caller(session),
          .header = HeaderFor(session.scheme_, complete->token),
          .close = false};
}

tl::expected<NegotiateSession::Established, std::string> Authenticator::Establish(
    const NegotiateSession& session, NegotiateHandshake::Complete::Login& login) {
  if (auto* const ntlm = std::get_if<NegotiateHandshake::NtlmLogin>(&login)) {
    accounts_.Return(AccountKey(ntlm->account));
    return NegotiateSession::Established{
        .session = std::move(ntlm->session),
        .caller = NegotiateSession::NtlmCaller{.account = std::move(ntlm->account),
                                               .nt_hash = session.attempt_.nt_hash},
        .seals = ntlm->seals};
  }
  auto& kerberos = std::get<NegotiateHandshake::KerberosLogin>(login);
  std::optional<std::string> name = NameOfPrincipal(kerberos.principal, options_.kerberos_realm);
  if (!name) return tl::unexpected(std::string("the principal's name cannot be a caller's"));
  return NegotiateSession::Established{
      .session = std::move(kerberos.session),
      .caller = NegotiateSession::KerberosCaller{.name = *std::move(name),
                                                 .expires = Clock::now() + kerberos.lifetime}};
}

std::optional<Principal> Authenticator::Caller(NegotiateSession& session) const {
  if (!session.established_) return std::nullopt;
  const auto& caller = session.established_->caller;
  if (const auto* kerberos = std::get_if<NegotiateSession::KerberosCaller>(&caller)) {
    if (Clock::now() < kerberos->expires) {
      return Principal(kerberos->name, GroupsOf(kerberos->name));
    }
    session.Reset();
    return std::nullopt;
  }
  const auto& ntlm = std::get<NegotiateSession::NtlmCaller>(caller);
  auto entry = nt_accounts_->Find(ntlm.account);
  if (!entry || entry->nt_hash != ntlm.nt_hash) {
    session.Reset();
    return std::nullopt;
  }
  return Principal(ntlm.account, std::move(entry->groups));
}

// An attempt costs its source one token, however often it is asked for.
bool Authenticator::ChargeSource(NegotiateSession& session, const std::string& source,
                                 Clock::time_point now) {
  NegotiateSession::Attempt& attempt = session.attempt_;
  attempt.source_charged = attempt.source_charged || sources_.Take(source, now);
  return attempt.source_charged;
}

// A guess costs the source a token, and the account that it is made at too,
// until it turns out to be right.
std::optional<ntlm::Account> Authenticator::FindForNtlm(NegotiateSession& session,
                                                        const std::string& source,
                                                        const std::string& name) {
  const auto now = Clock::now();
  NegotiateSession::Attempt& attempt = session.attempt_;
  if (attempt.account.empty()) attempt.account = name;
  attempt.throttled = !ChargeSource(session, source, now);
  if (attempt.throttled) return std::nullopt;
  const auto entry = nt_accounts_->Find(name);
  if (!entry) return std::nullopt;
  if (!accounts_.Take(AccountKey(name), now)) {
    sources_.Return(source);
    attempt.source_charged = false;
    attempt.throttled = true;
    return std::nullopt;
  }
  attempt.nt_hash = entry->nt_hash;
  return ntlm::Account{.name = entry->name, .nt_hash = entry->nt_hash};
}

// A binding that is demanded but cannot be checked must not pass for checked.
bool Authenticator::CanBind(const ConnectionInfo& connection) const {
  if (options_.channel_binding != ntlm::BindingPolicy::kStrict || !connection.encrypted)
    return true;
  return connection.server_end_point && (!nt_accounts_ || connection.channel_binding);
}

}  // namespace wsman::auth
