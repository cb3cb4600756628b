#include "wsman/auth/ntlm_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "wsman/auth/utf16.h"

namespace wsman::auth::ntlm {
namespace {

constexpr std::string_view kSignature("NTLMSSP\0", 8);
// Clients take it for information only: 6.1 build 7600, NTLM revision 15.
constexpr std::string_view kVersion("\x06\x01\xB0\x1D\0\0\0\x0F", 8);

constexpr std::size_t kNegotiateFlagsEnd = 16;  // the shortest message there is
constexpr std::size_t kNegotiateFieldsEnd = 32;
constexpr std::size_t kNegotiateHeader = 40;
constexpr std::size_t kChallengeHeader = 56;
constexpr std::size_t kChallengeWithoutVersion = 48;
constexpr std::size_t kAuthenticateWithoutVersion = 64;
constexpr std::size_t kAuthenticateHeader = kMicOffset + kMicBytes;
constexpr std::size_t kProofBytes = 16;
constexpr std::size_t kClientHeader = 28;  // of NTLMv2_CLIENT_CHALLENGE, before the pairs

tl::unexpected<std::string> Mistake(std::string_view text) {
  return tl::unexpected(std::string(text));
}

std::uint32_t Number(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return value;
}

void PutNumber(std::string& bytes, std::uint32_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
  }
}

// Where a variable field lies: length, allocated length, offset.
struct Place {
  std::size_t length = 0;
  std::size_t offset = 0;
};

Place PlaceAt(std::string_view bytes, std::size_t at) {
  return {.length = Number(bytes, at, 2), .offset = Number(bytes, at + 4, 4)};
}

// An empty field may claim to lie anywhere.
Expected<std::string_view> FieldAt(std::string_view bytes, std::size_t at, std::size_t header) {
  const Place place = PlaceAt(bytes, at);
  if (place.length == 0) return std::string_view();
  if (place.offset < header || place.offset > bytes.size() ||
      place.length > bytes.size() - place.offset) {
    return tl::unexpected(fmt::format("the NTLM field described at byte {} is not inside", at));
  }
  return bytes.substr(place.offset, place.length);
}

// A name in the encoding that the flags say. Old code pages are not known here,
// so without Unicode only ASCII is understood.
Expected<std::string> NameAt(std::string_view bytes, std::size_t at, std::size_t header,
                             std::uint32_t flags) {
  const Expected<std::string_view> field = FieldAt(bytes, at, header);
  if (!field) return tl::unexpected(field.error());
  std::optional<std::string> name;
  if ((flags & kFlagUnicode) != 0) {
    name = Utf16LeToUtf8(*field);
  } else if (std::all_of(field->begin(), field->end(),
                         [](char c) { return static_cast<std::uint8_t>(c) < 0x80; })) {
    name = std::string(*field);
  }
  if (!name || name->find('\0') != std::string::npos) {
    return tl::unexpected(fmt::format("the NTLM name described at byte {} is not text", at));
  }
  return *std::move(name);
}

Expected<void> CheckKind(std::string_view bytes, MessageType type, std::size_t smallest) {
  if (bytes.size() > kMaxMessageBytes) return Mistake("the NTLM message is larger than 64 KiB");
  if (TypeOf(bytes) != type) {
    return tl::unexpected(
        fmt::format("this is not an NTLM message of type {}", static_cast<std::uint32_t>(type)));
  }
  if (bytes.size() < smallest) return Mistake("the NTLM message is cut short");
  return {};
}

// Puts a message together: the fixed part refers to the fields behind it.
class Writer {
 public:
  Writer(MessageType type, std::size_t header) : header_(header), text_(kSignature) {
    Put(static_cast<std::uint32_t>(type));
  }

  void Put(std::uint32_t value) { PutNumber(text_, value, 4); }
  void Raw(std::string_view bytes) { text_.append(bytes); }
  void Field(std::string_view bytes) {
    PutNumber(text_, static_cast<std::uint32_t>(bytes.size()), 2);
    PutNumber(text_, static_cast<std::uint32_t>(bytes.size()), 2);
    Put(static_cast<std::uint32_t>(header_ + fields_.size()));
    fields_.append(bytes);
  }
  void Name(std::string_view utf8) { Field(Utf8ToUtf16Le(utf8).value_or(std::string())); }
  std::string Finish() const { return text_ + fields_; }

 private:
  const std::size_t header_;
  std::string text_;
  std::string fields_;
};

}  // namespace

std::optional<MessageType> TypeOf(std::string_view bytes) {
  if (bytes.size() < kSignature.size() + 4 || !bytes.starts_with(kSignature)) return std::nullopt;
  const std::uint32_t type = Number(bytes, kSignature.size(), 4);
  if (type < 1 || type > 3) return std::nullopt;
  return static_cast<MessageType>(type);
}

Expected<std::vector<AvPair>> ParseAvPairs(std::string_view bytes) {
  constexpr std::size_t kPairHeader = 4;
  std::vector<AvPair> pairs;
  while (bytes.size() >= kPairHeader) {
    const auto id = static_cast<AvId>(Number(bytes, 0, 2));
    const std::size_t length = Number(bytes, 2, 2);
    bytes.remove_prefix(kPairHeader);
    if (id == AvId::kEnd && length == 0) return pairs;
    if (id == AvId::kEnd || length > bytes.size()) break;
    pairs.push_back({.id = id, .value = std::string(bytes.substr(0, length))});
    bytes.remove_prefix(length);
  }
  return Mistake("the NTLM target information has no end");
}

std::string WriteAvPairs(const std::vector<AvPair>& pairs) {
  std::string bytes;
  for (const AvPair& pair : pairs) {
    PutNumber(bytes, static_cast<std::uint32_t>(pair.id), 2);
    PutNumber(bytes, static_cast<std::uint32_t>(pair.value.size()), 2);
    bytes.append(pair.value);
  }
  return bytes.append(4, '\0');
}

std::uint32_t AvFlags(const std::vector<AvPair>& pairs) {
  std::uint32_t flags = 0;
  for (const AvPair& pair : pairs) {
    if (pair.id == AvId::kFlags && pair.value.size() == 4) flags |= Number(pair.value, 0, 4);
  }
  return flags;
}

Expected<NegotiateMessage> ParseNegotiate(std::string_view bytes) {
  if (auto kind = CheckKind(bytes, MessageType::kNegotiate, kNegotiateFlagsEnd); !kind) {
    return tl::unexpected(kind.error());
  }
  if (bytes.size() >= kNegotiateFieldsEnd) {
    for (const std::size_t at : {std::size_t{16}, std::size_t{24}}) {
      const auto field = FieldAt(bytes, at, kNegotiateFieldsEnd);
      if (!field) return tl::unexpected(field.error());
    }
  }
  return NegotiateMessage{.flags = Number(bytes, 12, 4)};
}

std::string WriteNegotiate(const NegotiateMessage& message) {
  Writer writer(MessageType::kNegotiate, kNegotiateHeader);
  writer.Put(message.flags);
  writer.Field("");  // domain
  writer.Field("");  // workstation
  writer.Raw(kVersion);
  return writer.Finish();
}

Expected<ChallengeMessage> ParseChallenge(std::string_view bytes) {
  if (auto kind = CheckKind(bytes, MessageType::kChallenge, kChallengeWithoutVersion); !kind) {
    return tl::unexpected(kind.error());
  }
  ChallengeMessage message{.flags = Number(bytes, 20, 4),
                           .server_challenge = std::string(bytes.substr(24, 8)),
                           .target_name = {},
                           .target_info = {}};
  auto name = NameAt(bytes, 12, kChallengeWithoutVersion, message.flags);
  if (!name) return tl::unexpected(name.error());
  const auto info = FieldAt(bytes, 40, kChallengeWithoutVersion);
  if (!info) return tl::unexpected(info.error());
  message.target_name = *std::move(name);
  message.target_info = std::string(*info);
  return message;
}

std::string WriteChallenge(const ChallengeMessage& message) {
  Writer writer(MessageType::kChallenge, kChallengeHeader);
  writer.Name(message.target_name);
  writer.Put(message.flags);
  writer.Raw(message.server_challenge);
  writer.Raw(std::string(8, '\0'));  // reserved
  writer.Field(message.target_info);
  writer.Raw(kVersion);
  return writer.Finish();
}

Expected<AuthenticateMessage> ParseAuthenticate(std::string_view bytes) {
  constexpr std::size_t kHeader = kAuthenticateWithoutVersion;
  if (auto kind = CheckKind(bytes, MessageType::kAuthenticate, kHeader); !kind) {
    return tl::unexpected(kind.error());
  }
  AuthenticateMessage message{.flags = Number(bytes, 60, 4),
                              .lm_response = {},
                              .nt_response = {},
                              .domain = {},
                              .user = {},
                              .workstation = {},
                              .encrypted_session_key = {}};
  const std::pair<std::size_t, std::string*> fields[] = {
      {12, &message.lm_response}, {20, &message.nt_response}, {52, &message.encrypted_session_key}};
  for (const auto& [at, value] : fields) {
    const auto field = FieldAt(bytes, at, kHeader);
    if (!field) return tl::unexpected(field.error());
    *value = std::string(*field);
  }
  const std::pair<std::size_t, std::string*> names[] = {
      {28, &message.domain}, {36, &message.user}, {44, &message.workstation}};
  for (const auto& [at, value] : names) {
    auto name = NameAt(bytes, at, kHeader, message.flags);
    if (!name) return tl::unexpected(name.error());
    *value = *std::move(name);
  }
  return message;
}

std::string WriteAuthenticate(const AuthenticateMessage& message) {
  Writer writer(MessageType::kAuthenticate, kAuthenticateHeader);
  writer.Field(message.lm_response);
  writer.Field(message.nt_response);
  writer.Name(message.domain);
  writer.Name(message.user);
  writer.Name(message.workstation);
  writer.Field(message.encrypted_session_key);
  writer.Put(message.flags);
  writer.Raw(kVersion);
  writer.Raw(std::string(kMicBytes, '\0'));
  return writer.Finish();
}

Expected<std::string> MicOf(std::string_view authenticate) {
  if (authenticate.size() < kAuthenticateHeader) return Mistake("the NTLM message has no MIC");
  for (const std::size_t at : std::to_array<std::size_t>({12, 20, 28, 36, 44, 52})) {
    const auto field = FieldAt(authenticate, at, kAuthenticateHeader);
    if (!field) return Mistake("a field of the NTLM message lies in the place of the MIC");
  }
  return std::string(authenticate.substr(kMicOffset, kMicBytes));
}

Expected<NtResponse> ParseNtResponse(std::string_view bytes) {
  constexpr std::size_t kVersion1Bytes = 24;
  if (bytes.empty()) return Mistake("the client sent no NTLMv2 response");
  if (bytes.size() == kVersion1Bytes) {
    return Mistake("the client answered with NTLMv1; allow it NTLMv2 (LmCompatibilityLevel 3)");
  }
  if (bytes.size() < kProofBytes + kClientHeader || bytes[kProofBytes] != 1 ||
      bytes[kProofBytes + 1] != 1) {
    return Mistake("the response of the client is not NTLMv2");
  }
  const std::string_view client_bytes = bytes.substr(kProofBytes);
  auto pairs = ParseAvPairs(client_bytes.substr(kClientHeader));
  if (!pairs) return tl::unexpected(pairs.error());
  return NtResponse{.proof = std::string(bytes.substr(0, kProofBytes)),
                    .client_bytes = std::string(client_bytes),
                    .pairs = *std::move(pairs)};
}

std::string WriteClientBytes(std::string_view filetime, std::string_view challenge,
                             const std::vector<AvPair>& pairs) {
  std::string bytes("\x01\x01\0\0\0\0\0\0", 8);
  bytes.append(filetime).append(challenge).append(4, '\0');
  return bytes.append(WriteAvPairs(pairs)).append(4, '\0');
}

}  // namespace wsman::auth::ntlm
