#include "wsman/auth/ntlm_initiator.h"

#include <algorithm>
#include <utility>

#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/ntlm_time.h"

namespace wsman::auth::ntlm {
namespace {

constexpr std::uint32_t kAsked = kSealingFlags | kFlagUnicode | kFlagRequestTarget | kFlagNtlm |
                                 kFlagAlwaysSign | kFlagTargetInfo | kFlagVersion |
                                 kFlagKeyExchange | kFlag56;
constexpr std::uint32_t kNeeded = kSealingFlags | kFlagUnicode | kFlagKeyExchange;

// The server's pairs, which the response returns to it, and what this client
// says: that there is a MIC, and which channel it is on.
std::vector<AvPair> AnswerPairs(std::vector<AvPair> pairs, const std::optional<Key>& binding) {
  std::erase_if(pairs, [](const AvPair& pair) {
    return pair.id == AvId::kFlags || pair.id == AvId::kChannelBindings;
  });
  pairs.push_back({.id = AvId::kFlags, .value = std::string("\x02\0\0\0", 4)});
  pairs.push_back(
      {.id = AvId::kChannelBindings, .value = std::string(AsBytes(binding.value_or(Key{})))});
  return pairs;
}

std::string TimeOf(const std::vector<AvPair>& pairs) {
  const auto time = std::find_if(pairs.begin(), pairs.end(), [](const AvPair& pair) {
    return pair.id == AvId::kTimestamp && pair.value.size() == 8;
  });
  return time == pairs.end() ? FiletimeNow() : time->value;
}

Key RandomKey() {
  Key key{};
  const std::string bytes = RandomBytes(key.size());
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

}  // namespace

Initiator::Initiator(Credentials credentials, std::optional<Key> binding)
    : credentials_(std::move(credentials)),
      binding_(binding),
      negotiate_(WriteNegotiate({.flags = kAsked})) {}

Expected<Answer> Initiator::Authenticate(std::string_view challenge) const {
  const Expected<ChallengeMessage> message = ParseChallenge(challenge);
  if (!message) return tl::unexpected(message.error());
  if ((message->flags & kNeeded) != kNeeded) {
    return tl::unexpected(std::string("the server does not offer NTLM sealing with 128-bit keys"));
  }
  Expected<std::vector<AvPair>> pairs = ParseAvPairs(message->target_info);
  if (!pairs) return tl::unexpected(pairs.error());

  const std::string client_bytes =
      WriteClientBytes(TimeOf(*pairs), RandomBytes(8), AnswerPairs(*std::move(pairs), binding_));
  const Key response_key =
      ResponseKey(credentials_.nt_hash, credentials_.user, credentials_.domain);
  const Key proof = Proof(response_key, message->server_challenge, client_bytes);
  const Key session_key = RandomKey();
  const std::uint32_t flags = message->flags & kAsked;

  std::string answer =
      WriteAuthenticate({.flags = flags,
                         .lm_response = std::string(24, '\0'),
                         .nt_response = std::string(AsBytes(proof)).append(client_bytes),
                         .domain = credentials_.domain,
                         .user = credentials_.user,
                         .workstation = {},
                         .encrypted_session_key =
                             Rc4(SessionBaseKey(response_key, proof)).Apply(AsBytes(session_key))});
  const Key mic = MessageIntegrityCode(session_key, negotiate_, challenge, answer);
  answer.replace(kMicOffset, kMicBytes, AsBytes(mic));
  return Answer{.message = std::move(answer),
                .session = Session(session_key, flags, Side::kClient)};
}

}  // namespace wsman::auth::ntlm
