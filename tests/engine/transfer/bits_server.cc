#include "tests/engine/transfer/bits_server.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace engine::transfer {

using support::OriginReply;
using support::OriginRequest;

BitsServer::BitsServer(BitsOptions options, BitsFaults faults)
    : options_(std::move(options)),
      faults_(std::move(faults)),
      origin_(
          [this](const OriginRequest& request, OriginReply& reply) { Handle(request, reply); }) {}

std::vector<std::string> BitsServer::Delivered(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = delivered_.find(path);
  return found == delivered_.end() ? std::vector<std::string>() : found->second;
}

std::vector<std::string> BitsServer::packets() const {
  const std::lock_guard lock(mutex_);
  return packets_;
}

int BitsServer::CountOf(const std::string& type) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(type);
  return found == counts_.end() ? 0 : found->second;
}

std::size_t BitsServer::open_sessions() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

std::vector<std::string> BitsServer::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

std::string BitsServer::MakeSession(const std::string& path, const std::string& content,
                                    std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  const std::string id = "{session-" + std::to_string(++made_) + "}";
  sessions_[id] = {path, content, total, false};
  return id;
}

void BitsServer::Complain(const std::string& what) { complaints_.push_back(what); }

void BitsServer::Handle(const OriginRequest& request, OriginReply& reply) {
  if (request.method == "GET") {
    const support::OriginFile file{options_.reply, "\"reply\"", ""};
    if (++gets_ > 1 || options_.cut_reply == 0) return support::ServeFile(file, request, reply);
    const support::OriginAnswer answer = support::AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, options_.cut_reply));
    return reply.CutWithFin();
  }
  BitsPacket packet;
  packet.type = request.Header("bits-packet-type");
  packet.session = request.Header("bits-session-id");
  packet.request = &request;
  unsigned long long first = 0;
  unsigned long long last = 0;
  unsigned long long total = 0;
  const std::string range = request.Header("content-range");
  if (std::sscanf(range.c_str(), "bytes %llu-%llu/%llu", &first, &last, &total) == 3) {
    packet.first = first;
    packet.length = last - first + 1;
    packet.total = total;
  }
  {
    const std::lock_guard lock(mutex_);
    packet.number = ++counts_[packet.type];
    const bool fragment = packet.type == "Fragment";
    packets_.push_back(packet.type + (fragment ? " " + std::to_string(first) : ""));
    if (request.method != "BITS_POST") Complain("method " + request.method);
    if (request.Header("content-length") != std::to_string(packet.length) &&
        request.Header("authorization").empty())
      Complain(packet.type + " has Content-Length " + request.Header("content-length"));
    if (request.headers.contains("expect")) Complain("Expect");
    if (request.headers.contains("transfer-encoding")) Complain("Transfer-Encoding");
    if (fragment && range.empty()) Complain("a Fragment without Content-Range");
  }
  HandlePacket(packet, reply);
}

void BitsServer::HandlePacket(const BitsPacket& packet, OriginReply& reply) {
  using Kind = BitsFault::Kind;
  const BitsFault fault = faults_ ? faults_(packet) : BitsFault{};
  const auto length = std::stoull("0" + packet.request->Header("content-length"));
  if (fault.kind == Kind::kStall) return reply.Stall();
  if (fault.kind == Kind::kCutAtHead) return reply.CutWithReset();
  if (fault.kind == Kind::kCutInBody) {
    const std::string half = reply.Receive(length / 2);
    if (options_.keeps_partial_body) KeepPartial(packet, half);
    return reply.CutWithReset();
  }
  const std::string body = reply.Receive(length);
  if (body.size() < length) {
    if (options_.keeps_partial_body) KeepPartial(packet, body);
    return;
  }
  if (fault.kind == Kind::kAnswer) return reply.Send(fault.answer);
  if (fault.kind == Kind::kForget) {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
  }
  const Ack ack = Deal(packet, body);
  if (fault.kind == Kind::kCutBeforeAck) return reply.CutWithReset();
  Send(reply, ack);
}

BitsServer::Ack BitsServer::Deal(const BitsPacket& packet, const std::string& body) {
  const std::lock_guard lock(mutex_);
  if (packet.type == "Ping") return {};
  if (packet.type == "Create-Session") return Create(packet);
  const auto found = sessions_.find(packet.session);
  if (found == sessions_.end()) return Error(500, "0x8020001F");
  if (packet.type == "Fragment") return Take(packet, body, found->second);
  if (packet.type == "Close-Session") {
    const bool whole = found->second.content.size() == found->second.total;
    if (!whole) Complain("Close-Session before all bytes were sent");
    if (whole && options_.delivers_at_close) Deliver(found->second);
  } else if (packet.type != "Cancel-Session") {
    Complain("packet type " + packet.type);
    return Error(400, "0x80070057");
  }
  sessions_.erase(found);
  return {200, {"BITS-Session-Id: " + packet.session}};
}

BitsServer::Ack BitsServer::Create(const BitsPacket& packet) {
  const std::string protocol = "{7df0354d-249b-430f-820d-3d2a9bef4931}";
  if (packet.request->Header("bits-supported-protocols").find(protocol) == std::string::npos) {
    Complain("no known protocol");
    return Error(400, "0x80070057");
  }
  const std::string id = "{session-" + std::to_string(++made_) + "}";
  sessions_[id] = {packet.request->target, "", 0, false};
  Ack ack{200,
          {"BITS-Protocol: " + protocol, "BITS-Session-Id: " + id, "Accept-Encoding: identity"}};
  ack.lines.insert(ack.lines.end(), options_.session_lines.begin(), options_.session_lines.end());
  return ack;
}

BitsServer::Ack BitsServer::Take(const BitsPacket& packet, const std::string& body,
                                 Session& session) {
  if (packet.length > options_.largest_fragment) return {413, {}};
  if (session.total != 0 && session.total != packet.total) {
    Complain("another total within a session");
    return Error(400, "0x80070057");
  }
  session.total = packet.total;
  const std::uint64_t wanted = session.content.size();
  const bool fits = packet.first <= wanted && (options_.takes_overlap || packet.first == wanted);
  if (fits && packet.first + packet.length > wanted)
    session.content += body.substr(wanted - packet.first);
  Ack ack{fits ? 200 : 416,
          {"BITS-Session-Id: " + packet.session,
           "BITS-Received-Content-Range: " + std::to_string(session.content.size())}};
  if (session.content.size() != session.total) return ack;
  if (!options_.delivers_at_close && !session.delivered) Deliver(session);
  if (options_.reply.empty() || (!fits && !options_.repeats_reply_url)) return ack;
  const std::string relative = "BITS-Sessions\\Replies\\" + packet.session + "\\reply.bin";
  ack.lines.push_back("BITS-Reply-URL: " +
                      (options_.reply_url.empty() ? relative : options_.reply_url));
  return ack;
}

void BitsServer::KeepPartial(const BitsPacket& packet, const std::string& body) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(packet.session);
  if (found == sessions_.end() || packet.first != found->second.content.size()) return;
  found->second.total = packet.total;
  found->second.content += body;
}

void BitsServer::Deliver(Session& session) {
  session.delivered = true;
  delivered_[session.path].push_back(session.content);
}

BitsServer::Ack BitsServer::Error(int status, const std::string& code) const {
  return {status, {"BITS-Error: " + code, "BITS-Error-Code: " + code, "BITS-Error-Context: 0x5"}};
}

void BitsServer::Send(OriginReply& reply, const Ack& ack) {
  std::vector<std::string> lines = {"BITS-Packet-Type: Ack", "Content-Length: 0"};
  lines.insert(lines.end(), ack.lines.begin(), ack.lines.end());
  reply.Head(ack.status, lines);
}

}  // namespace engine::transfer
