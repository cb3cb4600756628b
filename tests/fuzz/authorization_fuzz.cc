// Values of the Authorization header.
#include <cstdlib>

#include "fuzz/fuzz_one.h"
#include "wsman/auth/base64.h"
#include "wsman/auth/basic.h"
#include "wsman/auth/negotiate.h"
#include "wsman/auth/utf8.h"

void FuzzOne(std::span<const std::uint8_t> input) {
  const std::string_view text = AsText(input);
  // One text for each value, in both directions.
  const auto bytes = wsman::auth::DecodeBase64(text);
  if (bytes && wsman::auth::EncodeBase64(*bytes) != text) std::abort();
  if (wsman::auth::DecodeBase64(wsman::auth::EncodeBase64(text)) != text) std::abort();

  const bool handshake = wsman::auth::HandshakeSchemeOf(text).has_value();
  const auto credentials = wsman::auth::ParseBasic(text);
  if (!credentials) return;
  if (handshake || credentials->user.empty() || credentials->password.empty()) std::abort();
  for (const std::string& part : {credentials->user, credentials->password}) {
    // Latin-1 doubles at most.
    if (part.size() > 2 * 511 || part.find('\0') != std::string::npos ||
        !wsman::auth::IsUtf8(part)) {
      std::abort();
    }
  }
  if (credentials->user.find(':') != std::string::npos) std::abort();
}
