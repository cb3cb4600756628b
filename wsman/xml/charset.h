// Character encodings of envelopes (DSP0226 R13.1): UTF-8 and UTF-16 in, the
// same out. Strict: overlong forms, lone surrogates, odd lengths and bytes that
// disagree with the declared charset are faults, not guesses.
#pragma once

#include <string>
#include <string_view>

#include "wsman/fault.h"

namespace wsman::xml {

enum class Charset { kUtf8, kUtf16Le, kUtf16Be };

struct DecodedText {
  std::string utf8;                  // without byte order mark
  Charset charset = Charset::kUtf8;  // answer in this one
};

// `content_type` is the HTTP header value; its charset parameter decides, or
// without one a byte order mark, or else the text is UTF-8. Where charset, mark
// and XML declaration are there they must agree; UTF-16 without mark is
// little-endian. Faults: kCharacterSet.
Result<DecodedText> Decode(std::string bytes, std::string_view content_type);

// Whether `text` is UTF-8 as RFC 3629 has it: no overlong forms, no surrogates.
bool IsUtf8(std::string_view text);

// The bytes of valid UTF-8 text in `charset` (UTF-16 with byte order mark).
std::string Encode(std::string utf8, Charset charset);

// application/soap+xml;charset=UTF-8 or …UTF-16.
std::string_view ContentType(Charset charset);

}  // namespace wsman::xml
