#include "wsman/auth/negotiate_handshake.h"

#include <algorithm>
#include <utility>

namespace wsman::auth {
namespace {

using Refused = NegotiateHandshake::Refused;

Refused Deny(std::string text) {
  return {.reason = Refused::Reason::kDenied, .text = std::move(text)};
}

Refused DenyKerberos() {
  return {.reason = Refused::Reason::kKerberos, .text = "the client offers Kerberos only"};
}

}  // namespace

NegotiateHandshake::NegotiateHandshake(ntlm::AcceptorOptions options,
                                       ntlm::Acceptor::FindAccount find)
    : acceptor_(std::move(options), std::move(find)) {}

NegotiateHandshake::Step NegotiateHandshake::Take(std::string_view token) {
  const auto step = [this, token]() -> Step {
    if (stage_ == Stage::kOver) return Deny("the handshake is over");
    const spnego::Token parsed = spnego::Parse(token);
    if (std::holds_alternative<spnego::RawNtlm>(parsed)) return TakeRaw(token);
    if (std::holds_alternative<spnego::RawKerberos>(parsed)) return DenyKerberos();
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

NegotiateHandshake::Step NegotiateHandshake::TakeRaw(std::string_view token) {
  if (spnego_) return Deny("an NTLM token outside of the SPNEGO handshake it belongs to");
  if (stage_ == Stage::kStart) return Challenge(token);
  auto accepted = acceptor_.Authenticate(token);
  if (!accepted) return Deny(accepted.error());
  return Complete{.account = std::move(accepted->account),
                  .session = std::move(accepted->session),
                  .token = {}};
}

NegotiateHandshake::Step NegotiateHandshake::TakeInit(const spnego::Init& init) {
  if (stage_ != Stage::kStart) return Deny("a second first token");
  const auto ntlm = std::find(init.mechanisms.begin(), init.mechanisms.end(), spnego::kNtlmOid);
  if (ntlm == init.mechanisms.end()) {
    const bool kerberos =
        std::any_of(init.mechanisms.begin(), init.mechanisms.end(), spnego::IsKerberos);
    return kerberos ? DenyKerberos() : Deny("the client offers no mechanism that is known here");
  }
  const bool preferred = ntlm == init.mechanisms.begin();
  spnego_ = Spnego{.mechanism_list = init.mechanism_list, .mic_required = !preferred};
  if (preferred && init.token) return Challenge(*init.token);
  // The token, if there is one, is of a mechanism that is not spoken here.
  stage_ = Stage::kNtlmFirst;
  return Continue{
      .token = spnego::Write(spnego::Response{
          .state = preferred ? spnego::State::kAcceptIncomplete : spnego::State::kRequestMic,
          .mechanism = std::string(spnego::kNtlmOid),
          .token = std::nullopt,
          .mic = std::nullopt})};
}

NegotiateHandshake::Step NegotiateHandshake::TakeResponse(const spnego::Response& response) {
  if (!spnego_) return Deny("a SPNEGO answer without a first token");
  if (response.state == spnego::State::kReject) return Deny("the client gave up");
  if (!response.token) return Deny("a SPNEGO answer without a token");
  if (stage_ == Stage::kNtlmFirst) return Challenge(*response.token);
  return Finish(response);
}

NegotiateHandshake::Step NegotiateHandshake::Challenge(std::string_view negotiate) {
  auto challenge = acceptor_.Challenge(negotiate);
  if (!challenge) return Deny(challenge.error());
  stage_ = Stage::kChallenged;
  if (!spnego_) return Continue{.token = *std::move(challenge)};
  return Continue{.token =
                      spnego::Write(spnego::Response{.state = spnego::State::kAcceptIncomplete,
                                                     .mechanism = std::string(spnego::kNtlmOid),
                                                     .token = *std::move(challenge),
                                                     .mic = std::nullopt})};
}

NegotiateHandshake::Step NegotiateHandshake::Finish(const spnego::Response& response) {
  auto accepted = acceptor_.Authenticate(*response.token);
  if (!accepted) return Deny(accepted.error());
  spnego::Response last{.state = spnego::State::kAcceptCompleted,
                        .mechanism = std::nullopt,
                        .token = std::nullopt,
                        .mic = std::nullopt};
  if (response.mic) {
    if (!accepted->session.Verify(spnego_->mechanism_list, *response.mic)) {
      return Deny("the list of mechanisms was altered on its way");
    }
    last.mic = accepted->session.Sign(spnego_->mechanism_list);
    accepted->session.ResetCiphers();
  } else if (spnego_->mic_required) {
    // RFC 4178 section 5: without it nobody knows that the client's first
    // choice was not taken out on the way.
    return Deny("the list of mechanisms is not signed");
  }
  return Complete{.account = std::move(accepted->account),
                  .session = std::move(accepted->session),
                  .token = spnego::Write(last)};
}

}  // namespace wsman::auth
