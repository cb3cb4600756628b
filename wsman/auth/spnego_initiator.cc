#include "wsman/auth/spnego_initiator.h"

#include <algorithm>
#include <utility>

namespace wsman::auth {
namespace {

using Expected = SpnegoInitiator::Expected;

tl::unexpected<std::string> Refuse(std::string_view text) {
  return tl::unexpected(std::string(text));
}

std::vector<std::unique_ptr<ClientMechanism>> ListOf(std::unique_ptr<ClientMechanism> mechanism) {
  std::vector<std::unique_ptr<ClientMechanism>> list;
  list.push_back(std::move(mechanism));
  return list;
}

// Windows names Kerberos by either of two identifiers.
bool IsSame(std::string_view a, std::string_view b) {
  return a == b || (spnego::IsKerberos(a) && spnego::IsKerberos(b));
}

}  // namespace

SpnegoInitiator::SpnegoInitiator(std::vector<std::unique_ptr<ClientMechanism>> mechanisms,
                                 bool framed)
    : mechanisms_(std::move(mechanisms)), framed_(framed) {}

SpnegoInitiator SpnegoInitiator::Offer(std::vector<std::unique_ptr<ClientMechanism>> mechanisms) {
  return SpnegoInitiator(std::move(mechanisms), /*framed=*/true);
}

SpnegoInitiator SpnegoInitiator::Plain(std::unique_ptr<ClientMechanism> mechanism) {
  return SpnegoInitiator(ListOf(std::move(mechanism)), /*framed=*/false);
}

Expected SpnegoInitiator::Start() {
  Expected token = mechanism().Step({});
  if (!token || !framed_) return token;
  spnego::Init init{.mechanisms = {}, .mechanism_list = {}, .token = *std::move(token)};
  for (const auto& offered : mechanisms_) init.mechanisms.emplace_back(offered->oid());
  mechanism_list_ = spnego::MechanismList(init.mechanisms);
  return spnego::Write(init);
}

Expected SpnegoInitiator::Take(std::string_view token) {
  if (complete_) return Refuse("the host sent a token after the last one");
  if (!framed_) return TakePlain(token);
  const spnego::Token parsed = spnego::Parse(token);
  if (const auto* response = std::get_if<spnego::Response>(&parsed)) return TakeResponse(*response);
  const bool only_ntlm = mechanisms_.size() == 1 && mechanism().oid() == spnego::kNtlmOid;
  if (std::holds_alternative<spnego::RawNtlm>(parsed) && only_ntlm && !answered_) {
    framed_ = false;
    return TakePlain(token);
  }
  return Refuse("the host's token is no answer to the one it was sent");
}

Expected SpnegoInitiator::TakePlain(std::string_view token) {
  Expected next = mechanism().Step(token);
  if (next) complete_ = mechanism().complete();
  return next;
}

Expected SpnegoInitiator::TakeResponse(const spnego::Response& response) {
  if (response.state == spnego::State::kReject) return Rejected(response);
  if (const auto chosen = Choose(response); !chosen) return tl::unexpected(chosen.error());
  if (response.state == spnego::State::kRequestMic) must_sign_ = true;
  const bool first = !std::exchange(answered_, true);
  if (mechanism().complete() && response.token) {
    return Refuse("the host sent a token after the last one");
  }
  // A mechanism other than the first one has not begun yet.
  const bool begins = first && chosen_ != 0;
  if (begins && response.token) return Refuse("the host answered a token it was not sent");
  if (!begins && !mechanism().complete() && !response.token) {
    return Refuse("the host's answer has no token");
  }
  Expected token = std::string();
  if (!mechanism().complete()) token = mechanism().Step(response.token.value_or(""));
  if (!token) return token;
  return Reply(response, *std::move(token));
}

// The mechanism's own token may say more than SPNEGO does.
Expected SpnegoInitiator::Rejected(const spnego::Response& response) {
  rejected_ = true;
  if (response.token && !mechanism().complete()) {
    if (Expected reason = mechanism().Step(*response.token); !reason) return reason;
  }
  return Refuse("the host refused the login");
}

tl::expected<void, std::string> SpnegoInitiator::Choose(const spnego::Response& response) {
  if (!response.mechanism) return {};
  const auto found = std::find_if(
      mechanisms_.begin(), mechanisms_.end(),
      [&response](const auto& offered) { return IsSame(offered->oid(), *response.mechanism); });
  if (found == mechanisms_.end()) return Refuse("the host chose a mechanism that was not offered");
  const auto index = static_cast<std::size_t>(found - mechanisms_.begin());
  if (answered_ && index != chosen_) return Refuse("the host changed its mind about the mechanism");
  chosen_ = index;
  // Somebody on the way may have taken out the preferred one (RFC 4178 section 5).
  must_sign_ = must_sign_ || chosen_ != 0;
  return {};
}

Expected SpnegoInitiator::Reply(const spnego::Response& response, std::string token) {
  const bool last = response.state == spnego::State::kAcceptCompleted;
  if (response.mic) {
    if (!mechanism().complete() || !mechanism().Verify(mechanism_list_, *response.mic)) {
      return Refuse("the list of mechanisms was altered on its way");
    }
    peer_signed_ = true;
  }
  if (last) return Finish(token);
  spnego::Response reply{.state = spnego::State::kAcceptIncomplete,
                         .mechanism = std::nullopt,
                         .token = std::nullopt,
                         .mic = std::nullopt};
  if (!token.empty()) reply.token = std::move(token);
  if (mechanism().complete() && !signed_) {
    reply.mic = mechanism().Sign(mechanism_list_);
    signed_ = true;
  }
  if (!reply.token && !reply.mic) return Refuse("the host does not bring the login to its end");
  return spnego::Write(reply);
}

Expected SpnegoInitiator::Finish(std::string_view unsent) {
  if (!mechanism().complete() || !unsent.empty()) {
    return Refuse("the host ended the login before its time");
  }
  if ((must_sign_ || signed_) && !peer_signed_) {
    return Refuse("the host did not sign the list of mechanisms");
  }
  if (signed_) mechanism().SignaturesExchanged();
  complete_ = true;
  return std::string();
}

}  // namespace wsman::auth
