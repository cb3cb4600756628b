#include "engine/transfer/upload_ack.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/transfer/curl_url.h"
#include "engine/transfer/reply_facts.h"

namespace engine::transfer {
namespace {

bool IsVisible(char c) { return c > 0x20 && c < 0x7f; }

bool IsAck(const ReplyHead& head) {
  return EqualsIgnoringCase(SingleValue(head, "BITS-Packet-Type"), "Ack");
}

// Empty for 0, which some servers send with success.
std::optional<HResult> ErrorOf(const ReplyHead& head) {
  for (const char* name : {"BITS-Error", "BITS-Error-Code"}) {
    if (const auto code = ParseHResult(SingleValue(head, name))) return code;
  }
  return std::nullopt;
}

ErrorContext ContextOf(const ReplyHead& head) {
  const std::string text = SingleValue(head, "BITS-Error-Context");
  const bool application = text == "7" || EqualsIgnoringCase(text, "0x7");
  return application ? ErrorContext::kRemoteApplication : ErrorContext::kRemoteFile;
}

bool HasLongValue(const ReplyHead& head) {
  return std::ranges::any_of(head.fields, [](const HeaderField& field) {
    return field.value.size() > kMaxUploadValue &&
           EqualsIgnoringCase(std::string_view(field.name).substr(0, 5), "BITS-");
  });
}

// Those that say it for good, whatever the status; the others are as good as that.
bool IsFinal(HResult code) {
  return code == HResult::kTooLarge || code == HResult::kProtocolMismatch;
}

Refuse RefuseAck(const SentPacket& sent, const ReplyHead& head) {
  Refuse refuse = RefuseStatus(head);
  refuse.error.context = ContextOf(head);
  const std::optional<HResult> code = ErrorOf(head);
  if (code) {
    refuse.error.code = *code;
    refuse.error.message = fmt::format("the server answered with HTTP status {} and error {}",
                                       head.status, NameOf(*code));
  }
  // 409 refuses to replace a file, and will go on to.
  const bool exists = head.status == 409 && sent.type == PacketType::kCreateSession;
  if (exists || (code && IsFinal(*code))) refuse.recoverable = false;
  return refuse;
}

UploadVerdict JudgeSession(const ReplyHead& head) {
  const std::string protocol = SingleValue(head, "BITS-Protocol");
  if (!EqualsIgnoringCase(protocol, kUploadProtocol)) {
    return Unusable(HResult::kProtocolMismatch,
                    "the server did not choose the upload protocol that was offered");
  }
  Acknowledged made;
  made.session = SingleValue(head, "BITS-Session-Id");
  if (!IsSessionId(made.session))
    return Broken("the server made a session without a usable BITS-Session-Id");
  made.host = SingleValue(head, "BITS-Host-Id");
  if (!made.host.empty() && !IsHostId(made.host))
    return Broken("the server sent a BITS-Host-Id that is not a host");
  if (const auto seconds = ParseByteCount(SingleValue(head, "BITS-Host-Id-Fallback-Timeout"))) {
    constexpr std::uint64_t kLongest = 100ull * 365 * 86'400;
    made.host_fallback = std::chrono::seconds(std::min(*seconds, kLongest));
  }
  return made;
}

UploadVerdict JudgeFragment(const SentPacket& sent, const ReplyHead& head) {
  const auto offset = ParseByteCount(SingleValue(head, "BITS-Received-Content-Range"));
  if (!offset && head.status == 416) return RefuseAck(sent, head);
  if (!offset || *offset > sent.total) {
    return Broken(
        "the server did not say in BITS-Received-Content-Range which of the file's "
        "bytes it wants next");
  }
  Acknowledged taken;
  taken.offset = *offset;
  taken.moved = head.status == 416;
  taken.reply_url = SingleValue(head, "BITS-Reply-URL");
  if (taken.reply_url.size() > kMaxReplyUrl)
    return Broken("the server sent a BITS-Reply-URL that is too long");
  return taken;
}

bool IsSuccess(const SentPacket& sent, int status) {
  return status == 200 || (status == 201 && sent.type == PacketType::kCreateSession);
}

}  // namespace

UploadVerdict JudgeAck(const SentPacket& sent, const ReplyHead& head) {
  const bool fragment = sent.type == PacketType::kFragment;
  if (HasLongValue(head)) return Broken("the server sent a header that is too long");
  const auto error = ErrorOf(head);
  const bool has_session = !sent.session.empty();
  if (has_session && error == HResult::kSessionNotFound) return SessionLost{};
  // Through a proxy or from a server without uploads everything else may come.
  const bool moved = fragment && head.status == 416 && IsAck(head);
  if (!IsSuccess(sent, head.status) && !moved) {
    if (fragment && head.status == 413) return TooLarge{};
    return RefuseAck(sent, head);
  }
  if (!IsAck(head)) {
    return Broken(
        "the server answered with something else than an Ack; it does not take BITS "
        "uploads under this address");
  }
  if (error && !moved) return RefuseAck(sent, head);
  const std::string session = SingleValue(head, "BITS-Session-Id");
  if (has_session && !session.empty() && !EqualsIgnoringCase(session, sent.session))
    return Broken("the server answered for another session");
  if (sent.type == PacketType::kCreateSession) return JudgeSession(head);
  if (fragment) return JudgeFragment(sent, head);
  return Acknowledged{};
}

std::optional<HResult> ParseHResult(std::string_view text) {
  text = TrimBlanks(text);
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  const auto code = static_cast<HResult>(value);
  if (Succeeded(code)) return std::nullopt;
  return code;
}

bool IsSessionId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSessionId && std::ranges::all_of(text, IsVisible);
}

bool IsHostId(std::string_view text) {
  if (text.empty() || text.size() > kMaxHostId) return false;
  std::string_view host = text;
  std::string_view port;
  const std::size_t colon = text.rfind(':');
  const bool bracketed = text.front() == '[';
  if (colon != text.npos && (!bracketed || text[colon - 1] == ']')) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    const auto number = ParseByteCount(port);
    if (!number || *number == 0 || *number > 65'535) return false;
  }
  if (bracketed) {
    if (host.size() < 4 || !host.ends_with(']')) return false;
    host = host.substr(1, host.size() - 2);
    return std::ranges::all_of(host, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
             c == ':' || c == '.';
    });
  }
  return !host.empty() && host.front() != '-' && std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
  });
}

Result<std::string> ResolveReplyUrl(const std::string& base, std::string_view text,
                                    bool https_to_http) {
  std::string location;
  for (const char c : text) {
    if (c == '\\')
      location += '/';
    else if (c == '{')
      location += "%7B";
    else if (c == '}')
      location += "%7D";
    else
      location += c;
  }
  Result<std::string> resolved = ResolveRedirect(base, location, https_to_http);
  if (resolved) return resolved;
  return Fail(HResult::kInvalidServerReply,
              "the server sent a BITS-Reply-URL that cannot be used: " + resolved.error().message,
              ErrorContext::kRemoteFile);
}

}  // namespace engine::transfer
