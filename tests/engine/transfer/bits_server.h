// A BITS upload server on loopback, for tests: strict about what clients send, and
// as faulty as a test wants it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/origin_server.h"

namespace engine::transfer {

struct BitsPacket {
  std::string type;     // as sent: "Fragment"
  std::string session;  // "" for none
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  std::uint64_t total = 0;
  int number = 0;  // counts the packets of this type, from 1
  const support::OriginRequest* request = nullptr;
};

// What happens to a packet.
struct BitsFault {
  enum class Kind {
    kNone,
    kCutAtHead,     // the connection ends before the body is read
    kCutInBody,     // … when half of it is
    kCutBeforeAck,  // the packet is dealt with, and nobody hears of it
    kAnswer,        // `answer` instead; the packet is not dealt with
    kForget,        // the server has lost all sessions
    kStall,         // nothing is read or answered
  };
  Kind kind = Kind::kNone;
  std::string answer{};  // a whole head
};
using BitsFaults = std::function<BitsFault(const BitsPacket&)>;

struct BitsOptions {
  std::uint64_t largest_fragment = 1ull << 40;  // beyond: 413
  bool takes_overlap = true;                    // otherwise 416 for every offset but the next
  bool keeps_partial_body = false;              // bytes of a fragment that was cut count
  bool delivers_at_close = false;               // otherwise with the last byte
  std::string reply{};                          // not empty: an upload-reply
  std::string reply_url{};                      // "": relative, with backslashes and braces
  bool repeats_reply_url = true;                // with 416 for the last fragment, too
  std::size_t cut_reply = 0;                    // not 0: the first GET ends after this many bytes
  std::vector<std::string> session_lines{};     // more lines for the Ack of Create-Session
};

class BitsServer {
 public:
  explicit BitsServer(BitsOptions options = {}, BitsFaults faults = {});

  std::string Url(const std::string& path = "/uploads/file.bin") const { return origin_.Url(path); }
  std::uint16_t port() const { return origin_.port(); }
  // What was delivered to the address, one for each time.
  std::vector<std::string> Delivered(const std::string& path = "/uploads/file.bin") const;
  // The types of all packets in order, with " N" for the offset of a fragment.
  std::vector<std::string> packets() const;
  int CountOf(const std::string& type) const;
  std::vector<support::OriginRequest> requests() const { return origin_.requests(); }
  int connections() const { return origin_.connections(); }
  std::size_t open_sessions() const;
  // What breaks the protocol in what the client sent; must stay empty.
  std::vector<std::string> complaints() const;

  // Takes the file at once under a session, as if sent by somebody before.
  std::string MakeSession(const std::string& path, const std::string& content, std::uint64_t total);

 private:
  struct Session {
    std::string path;
    std::string content;
    std::uint64_t total = 0;
    bool delivered = false;
  };
  struct Ack {
    int status = 200;
    std::vector<std::string> lines{};
  };

  void Handle(const support::OriginRequest& request, support::OriginReply& reply);
  void HandlePacket(const BitsPacket& packet, support::OriginReply& reply);
  Ack Deal(const BitsPacket& packet, const std::string& body);
  Ack Create(const BitsPacket& packet);
  Ack Take(const BitsPacket& packet, const std::string& body, Session& session);
  void KeepPartial(const BitsPacket& packet, const std::string& body);
  void Deliver(Session& session);
  void Complain(const std::string& what);
  Ack Error(int status, const std::string& code) const;
  static void Send(support::OriginReply& reply, const Ack& ack);

  const BitsOptions options_;
  const BitsFaults faults_;
  mutable std::mutex mutex_;
  std::map<std::string, Session> sessions_;
  std::map<std::string, std::vector<std::string>> delivered_;
  std::vector<std::string> packets_;
  std::map<std::string, int> counts_;
  std::vector<std::string> complaints_;
  int made_ = 0;
  std::atomic<int> gets_ = 0;
  support::OriginServer origin_;  // last: it uses the members above
};

}  // namespace engine::transfer
