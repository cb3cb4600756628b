// What a server's answer to a packet of the upload protocol means. Nothing in it
// is believed that could not be meant: an offset behind the end of the file, a
// session with another name, values longer than the protocol allows. Pure logic.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/transfer/http_rules.h"
#include "engine/transfer/upload_packets.h"

namespace engine::transfer {

inline constexpr std::size_t kMaxUploadValue = 4'096;  // characters in one header value
inline constexpr std::size_t kMaxSessionId = 100;
inline constexpr std::size_t kMaxHostId = 300;
inline constexpr std::size_t kMaxReplyUrl = 2'200;

// The server has done what the packet asks for. Fields that the packet has no use
// for are empty.
struct Acknowledged {
  std::string session;                                // Create-Session
  std::string host;                                   // Create-Session; a host with or without port
  std::optional<std::chrono::seconds> host_fallback;  // Create-Session
  std::uint64_t offset = 0;                           // Fragment: what the server wants next
  bool moved = false;     // Fragment: it was not what the server wanted (416)
  std::string reply_url;  // Fragment: where the reply is, as the server says it
};
// A fragment is larger than the server takes (413).
struct TooLarge {};
// BG_E_SESSION_NOT_FOUND.
struct SessionLost {};
using UploadVerdict = std::variant<Acknowledged, TooLarge, SessionLost, Refuse>;

// What was sent, as far as the answer depends on it.
struct SentPacket {
  PacketType type = PacketType::kPing;
  std::string session;      // empty for Ping and Create-Session
  std::uint64_t total = 0;  // of the file; Fragment
};

UploadVerdict JudgeAck(const SentPacket& sent, const ReplyHead& head);

// "0x8020001F", with or without the 0x. Only failures count.
std::optional<HResult> ParseHResult(std::string_view text);
// Visible ASCII, at most kMaxSessionId.
bool IsSessionId(std::string_view text);
// "host", "host:8080", "192.0.2.1", "[2001:db8::1]:443", at most kMaxHostId.
bool IsHostId(std::string_view text);

// Where the reply lies. Servers write the address as a path of Windows, seen from
// the directory of the upload's own: `base`. An error for what ResolveRedirect
// refuses.
Result<std::string> ResolveReplyUrl(const std::string& base, std::string_view text,
                                    bool https_to_http);

}  // namespace engine::transfer
