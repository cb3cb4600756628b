// What upload servers answer: heads of replies to packets.
#include <cstdlib>
#include <string>

#include "engine/transfer/curl_url.h"
#include "engine/transfer/head_collector.h"
#include "engine/transfer/upload_ack.h"
#include "fuzz/fuzz_one.h"

namespace engine::transfer {
namespace {

constexpr std::uint64_t kTotal = 1'000;
constexpr const char* kBase = "https://upload.example/dir/file.bin?a=b";

bool IsSafeUrl(const std::string& url) {
  return url.starts_with("https://") && url.find('@') >= url.find('/', 8);
}

void CheckAck(PacketType type, const Acknowledged& ack) {
  if (ack.offset > kTotal || ack.reply_url.size() > kMaxReplyUrl) std::abort();
  if (type == PacketType::kCreateSession && !IsSessionId(ack.session)) std::abort();
  if (!ack.host.empty()) {
    const std::string moved = WithHost(kBase, ack.host);
    if (!moved.empty() && !IsSafeUrl(moved)) std::abort();
  }
  if (const auto reply = ResolveReplyUrl(kBase, ack.reply_url, false); reply && !IsSafeUrl(*reply))
    std::abort();
}

void FuzzHead(std::string_view rest) {
  HeadCollector collector;
  auto progress = HeadCollector::Progress::kMore;
  while (!rest.empty() && progress == HeadCollector::Progress::kMore) {
    const std::size_t end = rest.find('\n');
    const std::size_t size = end == rest.npos ? rest.size() : end + 1;
    progress = collector.Add(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  if (progress != HeadCollector::Progress::kComplete) return;
  for (const PacketType type :
       {PacketType::kPing, PacketType::kCreateSession, PacketType::kFragment,
        PacketType::kCloseSession, PacketType::kCancelSession}) {
    const bool has_session = type != PacketType::kPing && type != PacketType::kCreateSession;
    const UploadVerdict verdict =
        JudgeAck({type, has_session ? "{1}" : "", kTotal}, collector.head());
    if (const auto* ack = std::get_if<Acknowledged>(&verdict)) CheckAck(type, *ack);
  }
}

}  // namespace
}  // namespace engine::transfer

void FuzzOne(std::span<const std::uint8_t> input) { engine::transfer::FuzzHead(AsText(input)); }
