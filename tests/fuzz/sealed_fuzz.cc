// A Content-Type header, a line feed, and a body of that type.
#include <algorithm>
#include <cstdlib>

#include "fuzz/fuzz_one.h"
#include "wsman/auth/sealed_message.h"

void FuzzOne(std::span<const std::uint8_t> input) {
  std::string_view body = AsText(input);
  const std::string_view content_type = body.substr(0, body.find('\n'));
  body.remove_prefix(std::min(content_type.size() + 1, body.size()));
  wsman::auth::IsSealedType(content_type);
  const auto message = wsman::auth::ParseSealed(content_type, body);
  if (!message) return;
  // Both views lie inside the body, and the frame can be written again.
  if (message->sealed.data() < body.data() ||
      message->sealed.data() + message->sealed.size() > body.data() + body.size() ||
      message->signature.size() + message->ciphertext.size() != message->sealed.size()) {
    std::abort();
  }
  const std::string again =
      wsman::auth::WriteSealed(message->protocol, "application/soap+xml", message->declared_length,
                               message->signature, message->ciphertext);
  const auto same =
      wsman::auth::ParseSealed(wsman::auth::SealedContentType(message->protocol), again);
  if (!same || same->sealed != message->sealed) std::abort();
}
