#include "wsman/auth/ntlm.h"

#include <algorithm>
#include <utility>

#include "wsman/auth/account_name.h"
#include "wsman/auth/ntlm_keys.h"
#include "wsman/auth/ntlm_time.h"
#include "wsman/auth/utf16.h"

namespace wsman::auth::ntlm {
namespace {

tl::unexpected<std::string> Refuse(std::string_view text) {
  return tl::unexpected(std::string(text));
}

bool HasAll(std::uint32_t flags, std::uint32_t wanted) { return (flags & wanted) == wanted; }

std::string TargetInfo(const ServerNames& names) {
  const std::pair<AvId, const std::string*> texts[] = {
      {AvId::kNbDomainName, &names.netbios_domain},
      {AvId::kNbComputerName, &names.netbios_computer},
      {AvId::kDnsDomainName, &names.dns_domain},
      {AvId::kDnsComputerName, &names.dns_computer}};
  std::vector<AvPair> pairs;
  for (const auto& [id, text] : texts) {
    pairs.push_back({.id = id, .value = Utf8ToUtf16Le(*text).value_or(std::string())});
  }
  pairs.push_back({.id = AvId::kTimestamp, .value = FiletimeNow()});
  return WriteAvPairs(pairs);
}

bool IsAnonymous(const AuthenticateMessage& message) {
  return message.user.empty() || (message.flags & kFlagAnonymous) != 0;
}

Key ToKey(std::string_view bytes) {
  Key key{};
  std::transform(bytes.begin(), bytes.end(), key.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return key;
}

// The key that the conversation is sealed with; empty when the client's flags
// and its key field disagree.
std::optional<Key> SessionKey(const AuthenticateMessage& message, std::uint32_t flags,
                              const Key& base_key) {
  if ((flags & kFlagKeyExchange) == 0) return base_key;
  if (message.encrypted_session_key.size() != base_key.size()) return std::nullopt;
  return ToKey(Rc4(base_key).Apply(message.encrypted_session_key));
}

// Clients that announce no MIC have none; `compute` makes the right one.
template <typename Compute>
Expected<void> CheckMic(const NtResponse& response, std::string_view authenticate,
                        const Compute& compute) {
  if ((AvFlags(response.pairs) & kAvFlagMic) == 0) return {};
  const Expected<std::string> mic = MicOf(authenticate);
  if (!mic) return tl::unexpected(mic.error());
  if (!SameBytes(AsBytes(compute(authenticate)), *mic)) {
    return Refuse("the NTLM messages were altered on their way");
  }
  return {};
}

}  // namespace

Acceptor::Acceptor(AcceptorOptions options, FindAccount find)
    : options_(std::move(options)), find_(std::move(find)) {}

Expected<void> Acceptor::CheckFlags(std::uint32_t flags) const {
  // What the signature of SPNEGO's list needs as well.
  constexpr std::uint32_t kLeast = kFlag128 | kFlagExtendedSecurity;
  if (!HasAll(flags, options_.sealing_required ? kSealingFlags : kLeast)) {
    return Refuse("the client does not ask for NTLM sealing with 128-bit keys");
  }
  if ((flags & kFlagDatagram) != 0) return Refuse("the client asks for connectionless NTLM");
  return {};
}

Expected<std::string> Acceptor::Challenge(std::string_view negotiate) {
  const Expected<NegotiateMessage> message = ParseNegotiate(negotiate);
  if (!message) return tl::unexpected(message.error());
  if (const auto flags = CheckFlags(message->flags); !flags) return tl::unexpected(flags.error());
  // Every flag comes back, as clients insist on one or the other, but for OEM to
  // a client that asks for both: gss-ntlmssp takes that for a contradiction (MS-NLMP
  // section 3.2.5.1.1). One that asks for OEM only understands Unicode nevertheless,
  // and Python's ntlm-auth goes wrong without its OEM.
  offered_ = message->flags | kFlagUnicode | kFlagTargetInfo | kFlagTargetIsServer;
  if ((message->flags & kFlagUnicode) != 0) offered_ &= ~kFlagOem;
  server_challenge_ = RandomBytes(8);
  negotiate_ = std::string(negotiate);
  challenge_ = WriteChallenge({.flags = offered_,
                               .server_challenge = server_challenge_,
                               .target_name = options_.names.netbios_computer,
                               .target_info = TargetInfo(options_.names)});
  return challenge_;
}

Expected<void> Acceptor::CheckBinding(const NtResponse& response) const {
  if (options_.binding_policy == BindingPolicy::kNone) return {};
  const std::string absent(sizeof(Key), '\0');
  bool bound = false;
  for (const AvPair& pair : response.pairs) {
    if (pair.id != AvId::kChannelBindings || pair.value == absent) continue;
    if (!options_.binding) return Refuse("the client is bound to a TLS channel; this is none");
    if (!SameBytes(pair.value, AsBytes(*options_.binding))) {
      return Refuse("the client is bound to another TLS channel");
    }
    bound = true;
  }
  if (!bound && options_.binding && options_.binding_policy == BindingPolicy::kStrict) {
    return Refuse("the client is not bound to its TLS channel");
  }
  return {};
}

std::optional<Account> Acceptor::FindFirst(const AuthenticateMessage& message) const {
  for (const std::string& name : AccountNames(message.user, message.domain)) {
    if (std::optional<Account> account = find_(name)) return account;
  }
  return std::nullopt;
}

Expected<Accepted> Acceptor::Authenticate(std::string_view authenticate) {
  const std::string negotiate = std::exchange(negotiate_, {});
  if (negotiate.empty()) return Refuse("an NTLM answer without a challenge");
  const Expected<AuthenticateMessage> message = ParseAuthenticate(authenticate);
  if (!message) return tl::unexpected(message.error());
  if (IsAnonymous(*message)) return Refuse("the client is anonymous");
  const std::uint32_t flags = message->flags & offered_;
  if (const auto enough = CheckFlags(flags); !enough) return tl::unexpected(enough.error());
  const Expected<NtResponse> response = ParseNtResponse(message->nt_response);
  if (!response) return tl::unexpected(response.error());

  const std::optional<Account> account = FindFirst(*message);
  const Key response_key =
      ResponseKey(account ? account->nt_hash : Key{}, message->user, message->domain);
  const Key proof = Proof(response_key, server_challenge_, response->client_bytes);
  const bool proven = SameBytes(AsBytes(proof), response->proof);
  if (!account || !proven) return Refuse("unknown account or wrong password");

  const auto session_key = SessionKey(*message, flags, SessionBaseKey(response_key, proof));
  if (!session_key) return Refuse("the client's NTLM session key has another size than 16 bytes");
  const auto genuine =
      CheckMic(*response, authenticate, [this, &negotiate, &session_key](std::string_view answer) {
        return MessageIntegrityCode(*session_key, negotiate, challenge_, answer);
      });
  if (!genuine) return tl::unexpected(genuine.error());
  if (const auto binding = CheckBinding(*response); !binding) {
    return tl::unexpected(binding.error());
  }
  return Accepted{.account = account->name,
                  .session = Session(*session_key, flags, Side::kServer),
                  .seals = HasAll(flags, kSealingFlags)};
}

}  // namespace wsman::auth::ntlm
