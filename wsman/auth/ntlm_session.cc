#include "wsman/auth/ntlm_session.h"

#include "wsman/auth/ntlm_message.h"

namespace wsman::auth::ntlm {
namespace {

Side Other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }

// The constants of section 3.4.5 end with a zero byte.
Key DeriveKey(const Key& session_key, std::string_view purpose, Side sender) {
  const std::string_view direction =
      sender == Side::kClient ? "client-to-server" : "server-to-client";
  return Md5({AsBytes(session_key), "session key to ", direction, purpose,
              std::string_view(" key magic constant\0", 20)});
}

std::string LittleEndian(std::uint32_t value) {
  std::string bytes;
  for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
  return bytes;
}

}  // namespace

Session::Direction::Direction(const Key& session_key, Side sender)
    : sign_key(DeriveKey(session_key, " signing", sender)),
      seal_key(DeriveKey(session_key, " sealing", sender)),
      cipher(seal_key) {}

Session::Session(const Key& session_key, std::uint32_t flags, Side side)
    : key_exchange_((flags & kFlagKeyExchange) != 0),
      out_(session_key, side),
      in_(session_key, Other(side)) {}

std::string Session::Signature(Direction& direction, std::string_view text) const {
  constexpr std::size_t kChecksumBytes = 8;
  const std::string sequence = LittleEndian(direction.sequence++);
  const Key mac = HmacMd5(direction.sign_key, {sequence, text});
  const std::string_view checksum = AsBytes(mac).substr(0, kChecksumBytes);
  std::string signature = LittleEndian(1);
  signature.append(key_exchange_ ? direction.cipher.Apply(checksum) : std::string(checksum));
  return signature.append(sequence);
}

std::string Session::Seal(std::string_view text) {
  // The text runs through the cipher before its checksum does.
  const std::string ciphertext = out_.cipher.Apply(text);
  return Signature(out_, text).append(ciphertext);
}

std::optional<std::string> Session::Unseal(std::string_view sealed) {
  if (broken_ || sealed.size() < kSignatureBytes) {
    broken_ = true;
    return std::nullopt;
  }
  std::string text = in_.cipher.Apply(sealed.substr(kSignatureBytes));
  if (!Verify(text, sealed.substr(0, kSignatureBytes))) return std::nullopt;
  return text;
}

std::string Session::Sign(std::string_view text) { return Signature(out_, text); }

bool Session::Verify(std::string_view text, std::string_view signature) {
  if (broken_) return false;
  broken_ = !SameBytes(Signature(in_, text), signature);
  return !broken_;
}

void Session::ResetCiphers() {
  out_.cipher = Rc4(out_.seal_key);
  in_.cipher = Rc4(in_.seal_key);
}

}  // namespace wsman::auth::ntlm
