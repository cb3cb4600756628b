#include "wsman/auth/negotiate.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "schema/cim.h"
#include "wsman/auth/account_name.h"
#include "wsman/auth/authenticator.h"
#include "wsman/auth/base64.h"
#include "wsman/auth/spnego.h"

namespace wsman::auth {
namespace {

constexpr std::string_view kScheme = "Negotiate";

std::optional<std::string> TokenIn(std::string_view authorization) {
  authorization.remove_prefix(kScheme.size());
  const std::size_t start = authorization.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::nullopt;
  return DecodeBase64(authorization.substr(start));
}

// Whether the token is the first one of a handshake, whatever came before.
bool IsFirstToken(std::string_view token) {
  constexpr std::size_t kTypeOffset = 8;
  const spnego::Token parsed = spnego::Parse(token);
  if (std::holds_alternative<spnego::Init>(parsed)) return true;
  return std::holds_alternative<spnego::RawNtlm>(parsed) && token.size() > kTypeOffset &&
         token[kTypeOffset] == 1;
}

std::string HeaderFor(std::string_view token) {
  if (token.empty()) return {};
  return fmt::format("{} {}", kScheme, EncodeBase64(token));
}

}  // namespace

bool IsNegotiate(std::string_view authorization) {
  const std::string_view rest =
      authorization.substr(std::min(kScheme.size(), authorization.size()));
  return schema::EqualsIgnoreCase(authorization.substr(0, kScheme.size()), kScheme) &&
         (rest.empty() || rest.front() == ' ');
}

void NegotiateSession::Reset() {
  handshake_.reset();
  attempt_ = {};
  established_.reset();
}

std::optional<std::string> NegotiateSession::Unseal(std::string_view sealed) {
  if (!established_) return std::nullopt;
  return established_->session.Unseal(sealed);
}

Authenticator::NegotiateReply Authenticator::Negotiate(const ConnectionInfo& connection,
                                                       NegotiateSession& session,
                                                       std::string_view authorization,
                                                       Clock::time_point now) {
  if (!NegotiateWorks() || !IsNegotiate(authorization) || !CanBind(connection)) {
    session.Reset();
    return {};
  }
  if (session.legs_ >= kMaxNegotiateLegs) {
    session.Reset();
    return {.principal = {}, .header = {}, .close = true};
  }
  ++session.legs_;
  const std::optional<std::string> token = TokenIn(authorization);
  const bool late = session.handshake_ && now - session.began_ > kMaxNegotiateTime;
  if (!token || session.established() || late || IsFirstToken(*token)) session.Reset();
  if (!token) return {};
  if (!session.handshake_) {
    session.began_ = now;
    session.handshake_.emplace(
        AcceptorOptionsFor(connection),
        [this, &session, source = connection.source](const std::string& name) {
          return FindForNtlm(session, source, name);
        });
  }
  return TakeStep(connection, session, session.handshake_->Take(*token));
}

Authenticator::NegotiateReply Authenticator::TakeStep(const ConnectionInfo& connection,
                                                      NegotiateSession& session,
                                                      NegotiateHandshake::Step step) {
  if (const auto* more = std::get_if<NegotiateHandshake::Continue>(&step)) {
    return {.principal = {}, .header = HeaderFor(more->token), .close = false};
  }
  auto* const complete = std::get_if<NegotiateHandshake::Complete>(&step);
  if (complete == nullptr) {
    spdlog::debug("Negotiate from {} refused: {}", connection.source,
                  std::get<NegotiateHandshake::Refused>(step).text);
    session.Reset();
    return {};
  }
  sources_.Return(connection.source);
  accounts_.Return(AccountKey(complete->account));
  const ntlm::Key nt_hash = session.attempt_.nt_hash;
  session.Reset();
  session.legs_ = 0;
  session.established_.emplace(NegotiateSession::Established{
      .session = std::move(complete->session), .account = complete->account, .nt_hash = nt_hash});
  return {.principal = Caller(session), .header = HeaderFor(complete->token), .close = false};
}

std::optional<Principal> Authenticator::Caller(NegotiateSession& session) const {
  if (!session.established_) return std::nullopt;
  auto entry = nt_accounts_->Find(session.established_->account);
  if (!entry || entry->nt_hash != session.established_->nt_hash) {
    session.Reset();
    return std::nullopt;
  }
  return Principal(session.established_->account, std::move(entry->groups));
}

// A guess costs the source a token, and the account that it is made at too,
// until it turns out to be right.
std::optional<ntlm::Account> Authenticator::FindForNtlm(NegotiateSession& session,
                                                        const std::string& source,
                                                        const std::string& name) {
  const auto now = Clock::now();
  NegotiateSession::Attempt& attempt = session.attempt_;
  if (!attempt.source_charged && !sources_.Take(source, now)) return std::nullopt;
  attempt.source_charged = true;
  const auto entry = nt_accounts_->Find(name);
  if (!entry) return std::nullopt;
  if (!accounts_.Take(AccountKey(name), now)) {
    sources_.Return(source);
    attempt.source_charged = false;
    return std::nullopt;
  }
  attempt.nt_hash = entry->nt_hash;
  return ntlm::Account{.name = entry->name, .nt_hash = entry->nt_hash};
}

// A binding that is demanded but cannot be checked must not pass for checked.
bool Authenticator::CanBind(const ConnectionInfo& connection) const {
  return options_.channel_binding != ntlm::BindingPolicy::kStrict || !connection.encrypted ||
         connection.channel_binding.has_value();
}

ntlm::AcceptorOptions Authenticator::AcceptorOptionsFor(const ConnectionInfo& connection) const {
  return {.names = options_.names,
          .binding_policy = options_.channel_binding,
          .binding = connection.channel_binding};
}

}  // namespace wsman::auth
