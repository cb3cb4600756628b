#include "engine/transfer/upload_packets.h"

#include <algorithm>

#include <fmt/format.h>

namespace engine::transfer {
namespace {

std::string Type(std::string_view type) { return fmt::format("BITS-Packet-Type: {}", type); }
std::string Session(std::string_view id) { return fmt::format("BITS-Session-Id: {}", id); }

// Header values are ASCII, and these are names that Windows accepts.
bool CanBeSent(std::string_view name) {
  static constexpr std::string_view kRefused = R"(\/:*?"<>|)";
  return !name.empty() && name.size() <= kMaxContentName && name.front() != ' ' &&
         name.back() != ' ' && std::ranges::all_of(name, [](char c) {
           return c >= 0x20 && c < 0x7f && kRefused.find(c) == kRefused.npos;
         });
}

}  // namespace

std::vector<std::string> PingHeaders() { return {Type("Ping")}; }

std::vector<std::string> CreateSessionHeaders() {
  return {Type("Create-Session"), fmt::format("BITS-Supported-Protocols: {}", kUploadProtocol)};
}

std::vector<std::string> FragmentHeaders(std::string_view session, std::string_view name,
                                         const FragmentSpan& span) {
  std::vector<std::string> lines = {
      Type("Fragment"), Session(session),
      fmt::format("Content-Range: bytes {}-{}/{}", span.offset, span.end() - 1, span.total)};
  if (CanBeSent(name)) lines.push_back(fmt::format("Content-Name: {}", name));
  return lines;
}

std::vector<std::string> CloseSessionHeaders(std::string_view session) {
  return {Type("Close-Session"), Session(session)};
}

std::vector<std::string> CancelSessionHeaders(std::string_view session) {
  return {Type("Cancel-Session"), Session(session)};
}

}  // namespace engine::transfer
