// The three messages of NTLM (MS-NLMP section 2.2) as bytes and as values. Pure
// text work: nothing here decides who may enter. Names are UTF-8 outside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace wsman::auth::ntlm {

template <typename T>
using Expected = tl::expected<T, std::string>;  // the text is for the log, not for the caller

// Larger messages are refused unread.
inline constexpr std::size_t kMaxMessageBytes = 64 * 1024;

// MS-NLMP section 2.2.2.5.
inline constexpr std::uint32_t kFlagUnicode = 0x0000'0001;
inline constexpr std::uint32_t kFlagOem = 0x0000'0002;
inline constexpr std::uint32_t kFlagRequestTarget = 0x0000'0004;
inline constexpr std::uint32_t kFlagSign = 0x0000'0010;
inline constexpr std::uint32_t kFlagSeal = 0x0000'0020;
inline constexpr std::uint32_t kFlagDatagram = 0x0000'0040;
inline constexpr std::uint32_t kFlagNtlm = 0x0000'0200;
inline constexpr std::uint32_t kFlagAnonymous = 0x0000'0800;
inline constexpr std::uint32_t kFlagAlwaysSign = 0x0000'8000;
inline constexpr std::uint32_t kFlagTargetIsServer = 0x0002'0000;
inline constexpr std::uint32_t kFlagExtendedSecurity = 0x0008'0000;
inline constexpr std::uint32_t kFlagTargetInfo = 0x0080'0000;
inline constexpr std::uint32_t kFlagVersion = 0x0200'0000;
inline constexpr std::uint32_t kFlag128 = 0x2000'0000;
inline constexpr std::uint32_t kFlagKeyExchange = 0x4000'0000;
inline constexpr std::uint32_t kFlag56 = 0x8000'0000;

// What sealing with full-length keys needs.
inline constexpr std::uint32_t kSealingFlags =
    kFlagSign | kFlagSeal | kFlag128 | kFlagExtendedSecurity;

// MS-NLMP section 2.2.2.1.
enum class AvId : std::uint16_t {
  kEnd = 0,
  kNbComputerName = 1,
  kNbDomainName = 2,
  kDnsComputerName = 3,
  kDnsDomainName = 4,
  kDnsTreeName = 5,
  kFlags = 6,      // 32 bits
  kTimestamp = 7,  // FILETIME
  kSingleHost = 8,
  kTargetName = 9,
  kChannelBindings = 10,  // MD5, all zero: none
};

// In the value of AvId::kFlags: the AUTHENTICATE message has a MIC.
inline constexpr std::uint32_t kAvFlagMic = 2;

struct AvPair {
  AvId id = AvId::kEnd;
  std::string value;  // as on the wire: names are UTF-16LE
};

// Without the end mark; bytes behind it are ignored. Ids may repeat.
Expected<std::vector<AvPair>> ParseAvPairs(std::string_view bytes);
// With the end mark. Values have at most 65535 bytes.
std::string WriteAvPairs(const std::vector<AvPair>& pairs);

// The bits of all kFlags pairs together.
std::uint32_t AvFlags(const std::vector<AvPair>& pairs);

enum class MessageType : std::uint32_t { kNegotiate = 1, kChallenge = 2, kAuthenticate = 3 };

// Empty when the bytes do not start like an NTLM message.
std::optional<MessageType> TypeOf(std::string_view bytes);

struct NegotiateMessage {
  std::uint32_t flags = 0;
};
// Domain and workstation are only checked for their bounds.
Expected<NegotiateMessage> ParseNegotiate(std::string_view bytes);
std::string WriteNegotiate(const NegotiateMessage& message);

struct ChallengeMessage {
  std::uint32_t flags = 0;
  std::string server_challenge;  // 8 bytes
  std::string target_name;       // UTF-8
  std::string target_info;       // AV pairs as on the wire
};
Expected<ChallengeMessage> ParseChallenge(std::string_view bytes);
// `target_name` is valid UTF-8. Header of 56 bytes, with the version.
std::string WriteChallenge(const ChallengeMessage& message);

struct AuthenticateMessage {
  std::uint32_t flags = 0;
  std::string lm_response;
  std::string nt_response;
  std::string domain, user, workstation;  // UTF-8
  std::string encrypted_session_key;
};
// Every field must lie behind the fixed part and inside the message.
Expected<AuthenticateMessage> ParseAuthenticate(std::string_view bytes);
// Names are valid UTF-8. The MIC, at kMicOffset, is zero.
std::string WriteAuthenticate(const AuthenticateMessage& message);

inline constexpr std::size_t kMicOffset = 72;
inline constexpr std::size_t kMicBytes = 16;

// The MIC of an AUTHENTICATE message; an error when a field lies in its place.
Expected<std::string> MicOf(std::string_view authenticate);

// NTLMv2_RESPONSE, section 2.2.2.8.
struct NtResponse {
  std::string proof;         // 16 bytes
  std::string client_bytes;  // what the proof covers besides the server's challenge
  std::vector<AvPair> pairs;
};
// Says which kind of response it is when it is not NTLMv2's.
Expected<NtResponse> ParseNtResponse(std::string_view bytes);

// What a client puts into NtResponse::client_bytes. `filetime` and `challenge` have 8 bytes each.
std::string WriteClientBytes(std::string_view filetime, std::string_view challenge,
                             const std::vector<AvPair>& pairs);

}  // namespace wsman::auth::ntlm
