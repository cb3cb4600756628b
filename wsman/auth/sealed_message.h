// The multipart/encrypted frame that carries sealed envelopes over plain HTTP
// (MS-WSMV section 2.2.9.1). Only the frame: sealing is done elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wsman::auth {

// Named after what clients call it in the headers.
enum class SealProtocol : std::uint8_t {
  kSpnego,    // Authorization: Negotiate
  kKerberos,  // Authorization: Kerberos
};

// What a frame adds to the ciphertext at most. A body may be this much larger
// than the largest envelope.
inline constexpr std::size_t kMaxSealOverhead = 4 * 1024;
inline constexpr std::size_t kMinSealSignature = 4;
inline constexpr std::size_t kMaxSealSignature = 1024;
// How much longer than the text the ciphertext may be.
inline constexpr std::size_t kMaxSealPadding = 16;

// Whether a Content-Type header says that the body is sealed, in any form. Such
// a body is never plain text, also when ParseSealed refuses it.
bool IsSealedType(std::string_view content_type);

// The Content-Type header for WriteSealed's result.
std::string SealedContentType(SealProtocol protocol);

// The frame as Windows writes it, which is what clients compare with byte by
// byte. `text_size` is the size before sealing, `content_type` that of the text:
// "application/soap+xml;charset=UTF-8".
std::string WriteSealed(SealProtocol protocol, std::string_view content_type, std::size_t text_size,
                        std::string_view signature, std::string_view ciphertext);

struct SealedMessage {
  SealProtocol protocol = SealProtocol::kSpnego;
  std::string content_type;         // of the text inside: "application/soap+xml;charset=UTF-16"
  std::size_t declared_length = 0;  // of the text, with padding or without
  std::string_view signature;       // both inside the body that was parsed
  std::string_view ciphertext;
  std::string_view sealed;  // signature and ciphertext, as Unseal takes them
};

// Takes every form that clients are known to write. The ciphertext is what lies
// between the second part's header and the last boundary, whatever it contains.
// The error text says what to change.
tl::expected<SealedMessage, std::string> ParseSealed(std::string_view content_type,
                                                     std::string_view body);

// Whether the text that came out of the ciphertext has the declared length.
bool LengthAgrees(const SealedMessage& message, std::size_t text_size);

}  // namespace wsman::auth
