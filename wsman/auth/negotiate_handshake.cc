#include "wsman/auth/negotiate_handshake.h"

#include <algorithm>
#include <utility>

namespace wsman::auth {
namespace {

using Refused = NegotiateHandshake::Refused;
using Step = NegotiateHandshake::Step;

constexpr char kAlteredList[] = "the list of mechanisms was altered on its way";
// RFC 4178 section 5: without a signature nobody knows that the client's first
// choice was not taken out on the way.
constexpr char kUnsignedList[] = "the list of mechanisms is not signed";

Refused Deny(std::string text) {
  return {.reason = Refused::Reason::kDenied, .text = std::move(text)};
}

Refused DenyUnavailable(std::string text) {
  return {.reason = Refused::Reason::kUnavailable, .text = std::move(text)};
}

Step Complete(gss::Accepted accepted, std::string token) {
  return NegotiateHandshake::Complete{
      .login = NegotiateHandshake::KerberosLogin{.principal = std::move(accepted.principal),
                                                 .session = std::move(accepted.session),
                                                 .lifetime = accepted.lifetime},
      .token = std::move(token)};
}

Step Complete(ntlm::Accepted accepted, std::string token) {
  return NegotiateHandshake::Complete{
      .login = NegotiateHandshake::NtlmLogin{.account = std::move(accepted.account),
                                             .session = std::move(accepted.session),
                                             .seals = accepted.seals},
      .token = std::move(token)};
}

}  // namespace

NegotiateHandshake::NegotiateHandshake(Mechanisms mechanisms)
    : kerberos_(std::move(mechanisms.kerberos)) {
  if (mechanisms.ntlm) {
    ntlm_.emplace(std::move(mechanisms.ntlm->options), std::move(mechanisms.ntlm->find));
  }
}

bool NegotiateHandshake::Speaks(std::string_view oid) const {
  return (ntlm_ && oid == spnego::kNtlmOid) || (kerberos_ && spnego::IsKerberos(oid));
}

NegotiateHandshake::Step NegotiateHandshake::Take(std::string_view token) {
  const auto step = [this, token]() -> Step {
    if (stage_ == Stage::kOver) return Deny("the handshake is over");
    const spnego::Token parsed = spnego::Parse(token);
    if (std::holds_alternative<spnego::RawNtlm>(parsed)) return TakeRawNtlm(token);
    if (std::holds_alternative<spnego::RawKerberos>(parsed)) {
      if (stage_ != Stage::kStart) return Deny("a Kerberos token in the middle of a handshake");
      return AcceptTicket(token, std::nullopt);
    }
    if (const auto* init = std::get_if<spnego::Init>(&parsed)) return TakeInit(*init);
    if (const auto* response = std::get_if<spnego::Response>(&parsed)) {
      return TakeResponse(*response);
    }
    return Deny("the token is neither SPNEGO nor NTLM nor Kerberos");
  };
  Step taken = step();
  if (!std::holds_alternative<Continue>(taken)) stage_ = Stage::kOver;
  return taken;
}

NegotiateHandshake::Step NegotiateHandshake::TakeRawNtlm(std::string_view token) {
  if (spnego_) return Deny("an NTLM token outside of the SPNEGO handshake it belongs to");
  if (!ntlm_) return DenyUnavailable("NTLM is not offered");
  if (stage_ == Stage::kStart) return Challenge(token);
  auto accepted = ntlm_->Authenticate(token);
  if (!accepted) return Deny(accepted.error());
  return auth::Complete(*std::move(accepted), {});
}

NegotiateHandshake::Step NegotiateHandshake::TakeInit(const spnego::Init& init) {
  if (stage_ != Stage::kStart) return Deny("a second first token");
  const auto chosen = std::find_if(init.mechanisms.begin(), init.mechanisms.end(),
                                   [this](const std::string& oid) { return Speaks(oid); });
  if (chosen == init.mechanisms.end()) {
    return DenyUnavailable("the client offers no mechanism that is spoken here");
  }
  const bool preferred = chosen == init.mechanisms.begin();
  spnego_ = Spnego{
      .mechanism_list = init.mechanism_list, .mechanism = *chosen, .mic_required = !preferred};
  stage_ = Stage::kChosen;
  if (preferred && init.token) {
    return TakeMechanismToken(
        {.state = {}, .mechanism = {}, .token = init.token, .mic = std::nullopt});
  }
  // The token, if there is one, is of a mechanism that is not spoken here.
  return Continue{
      .token = spnego::Write(spnego::Response{
          .state = preferred ? spnego::State::kAcceptIncomplete : spnego::State::kRequestMic,
          .mechanism = *chosen,
          .token = std::nullopt,
          .mic = std::nullopt})};
}

NegotiateHandshake::Step NegotiateHandshake::TakeResponse(const spnego::Response& response) {
  if (!spnego_) return Deny("a SPNEGO answer without a first token");
  if (response.state == spnego::State::kReject) return Deny("the client gave up");
  if (stage_ == Stage::kAwaitingMic) return TakeMic(response);
  if (!response.token) return Deny("a SPNEGO answer without a token");
  if (stage_ == Stage::kChosen) return TakeMechanismToken(response);
  return FinishNtlm(response);
}

NegotiateHandshake::Step NegotiateHandshake::TakeMechanismToken(const spnego::Response& response) {
  if (spnego_->mechanism == spnego::kNtlmOid) return Challenge(*response.token);
  if (!std::holds_alternative<spnego::RawKerberos>(spnego::Parse(*response.token))) {
    return Deny("the token is not of the mechanism that was chosen");
  }
  return AcceptTicket(*response.token, response.mic);
}

NegotiateHandshake::Step NegotiateHandshake::Challenge(std::string_view negotiate) {
  auto challenge = ntlm_->Challenge(negotiate);
  if (!challenge) return Deny(challenge.error());
  stage_ = Stage::kChallenged;
  if (!spnego_) return Continue{.token = *std::move(challenge)};
  return Continue{.token = spnego::Write(spnego::Response{.state = spnego::State::kAcceptIncomplete,
                                                          .mechanism = spnego_->mechanism,
                                                          .token = *std::move(challenge),
                                                          .mic = std::nullopt})};
}

NegotiateHandshake::Step NegotiateHandshake::FinishNtlm(const spnego::Response& response) {
  auto accepted = ntlm_->Authenticate(*response.token);
  if (!accepted) return Deny(accepted.error());
  spnego::Response last{.state = spnego::State::kAcceptCompleted,
                        .mechanism = std::nullopt,
                        .token = std::nullopt,
                        .mic = std::nullopt};
  if (response.mic) {
    if (!accepted->session.Verify(spnego_->mechanism_list, *response.mic)) {
      return Deny(kAlteredList);
    }
    last.mic = accepted->session.Sign(spnego_->mechanism_list);
    accepted->session.ResetCiphers();
  } else if (spnego_->mic_required) {
    return Deny(kUnsignedList);
  }
  return auth::Complete(*std::move(accepted), spnego::Write(last));
}

NegotiateHandshake::Step NegotiateHandshake::AcceptTicket(std::string_view token,
                                                          const std::optional<std::string>& mic) {
  if (!kerberos_) return DenyUnavailable("Kerberos is not offered");
  if (!kerberos_->may_try()) return Deny("too many logins failed");
  auto accepted = gss::Accept(*kerberos_->credential, kerberos_->options, token);
  if (!accepted) return Deny(std::move(accepted).error());
  if (spnego_) return FinishKerberos(*std::move(accepted), mic);
  std::string reply = std::move(accepted->token);
  return auth::Complete(*std::move(accepted), std::move(reply));
}

// The reply has the service's own token, and the signature of the list where the
// client signed it or has to.
NegotiateHandshake::Step NegotiateHandshake::FinishKerberos(gss::Accepted accepted,
                                                            const std::optional<std::string>& mic) {
  if (mic && !accepted.session.Verify(spnego_->mechanism_list, *mic)) return Deny(kAlteredList);
  spnego::Response reply{.state = spnego::State::kAcceptCompleted,
                         .mechanism = spnego_->mechanism,
                         .token = std::nullopt,
                         .mic = std::nullopt};
  if (!accepted.token.empty()) reply.token = std::move(accepted.token);
  if (mic || spnego_->mic_required) {
    reply.mic = accepted.session.Sign(spnego_->mechanism_list);
    if (!reply.mic) return Deny("the list of mechanisms cannot be signed");
  }
  if (mic || !spnego_->mic_required) return auth::Complete(std::move(accepted), Write(reply));
  reply.state = spnego::State::kAcceptIncomplete;
  waiting_ = std::move(accepted);
  stage_ = Stage::kAwaitingMic;
  return Continue{.token = Write(reply)};
}

NegotiateHandshake::Step NegotiateHandshake::TakeMic(const spnego::Response& response) {
  if (response.token) return Deny("a token behind the last one of Kerberos");
  if (!response.mic) return Deny(kUnsignedList);
  gss::Accepted accepted = *std::exchange(waiting_, std::nullopt);
  if (!accepted.session.Verify(spnego_->mechanism_list, *response.mic)) return Deny(kAlteredList);
  return auth::Complete(std::move(accepted),
                        spnego::Write(spnego::Response{.state = spnego::State::kAcceptCompleted,
                                                       .mechanism = std::nullopt,
                                                       .token = std::nullopt,
                                                       .mic = std::nullopt}));
}

}  // namespace wsman::auth
