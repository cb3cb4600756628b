// Signing and sealing after an NTLM handshake (MS-NLMP section 3.4, extended
// session security with 128-bit keys).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wsman/auth/ntlm_crypto.h"

namespace wsman::auth::ntlm {

enum class Side { kClient, kServer };

inline constexpr std::size_t kSignatureBytes = 16;

// One end of a sealed conversation. Each direction is one stream: messages must
// be unsealed in the order in which the peer sealed them, each exactly once. A
// message that does not verify ends the incoming direction: everything after it
// is refused, so the connection is to be closed. Belongs to one thread.
class Session {
 public:
  // `flags` are the negotiated ones; they contain kSealingFlags, or at least
  // kFlag128 and kFlagExtendedSecurity when the session only signs.
  Session(const Key& session_key, std::uint32_t flags, Side side);
  // A copy would use the same stretch of the streams again.
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  Session(Session&&) = default;
  Session& operator=(Session&&) = default;
  ~Session() = default;

  // signature(16) || ciphertext, as long as the text.
  std::string Seal(std::string_view text);
  // What Seal of the other end was given; empty when anything is wrong.
  std::optional<std::string> Unseal(std::string_view sealed);

  // A signature(16) of its own for text that is sent in clear.
  std::string Sign(std::string_view text);
  bool Verify(std::string_view text, std::string_view signature);

  // What SPNEGO does after its mechListMIC: the ciphers start afresh, the
  // sequence numbers go on.
  void ResetCiphers();

 private:
  struct Direction {
    Direction(const Key& session_key, Side sender);

    Key sign_key;
    Key seal_key;
    Rc4 cipher;
    std::uint32_t sequence = 0;
  };

  std::string Signature(Direction& direction, std::string_view text) const;

  bool key_exchange_;
  Direction out_;
  Direction in_;
  bool broken_ = false;
};

}  // namespace wsman::auth::ntlm
