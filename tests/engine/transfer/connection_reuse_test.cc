// Connections that are used again, by servers that send more than they said.
#include <atomic>

#include "tests/engine/transfer/transfer_fixture.h"

namespace engine::transfer {
namespace {

using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using support::PatternBytes;

constexpr const char* kForged =
    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nETag: \"forged\"\r\n\r\nforged";

class ConnectionReuseTest : public TransferTest {
 protected:
  const OriginFile file_{PatternBytes(1'000), "\"v0\"", ""};
};

TEST_F(ConnectionReuseTest, BytesLateBehindAReplyAreNotTheNextReply) {
  std::mutex mutex;
  std::condition_variable changed;
  bool sent = false;
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file_, request, reply);
    if (request.target != "/first") return;
    // In a segment of their own, after the client has seen the end of the reply.
    reply.Pause(std::chrono::milliseconds(100));
    reply.Send(kForged);
    const std::lock_guard lock(mutex);
    sent = true;
    changed.notify_all();
  });
  RunToFinish(Of(origin.Url("/first"), "first"));
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return sent; }));
  }
  const Download second = Of(origin.Url("/second"), "second");
  EXPECT_EQ(RunToFinish(second).state.validators.etag, "\"v0\"");
  ExpectFile(second, file_.content);
  EXPECT_EQ(origin.connections(), 2);
  EXPECT_EQ(origin.requests().back().connection, 2);
  EXPECT_EQ(origin.requests().size(), 2u);
}

TEST_F(ConnectionReuseTest, BytesRightBehindAReplyAreNotTheNextReply) {
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const auto answer = support::AnswerFor(file_, request);
    std::string bytes = "HTTP/1.1 200 OK\r\n";
    for (const std::string& line : answer.lines) bytes += line + "\r\n";
    reply.Send(bytes + "\r\n" + answer.body + (request.target == "/first" ? kForged : ""));
  });
  RunToFinish(Of(origin.Url("/first"), "first"));
  const Download second = Of(origin.Url("/second"), "second");
  RunToFinish(second);
  ExpectFile(second, file_.content);
}

TEST_F(ConnectionReuseTest, AConnectionThatIsGoneIsReplacedUnseen) {
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file_, request, reply);
    if (request.target == "/first") reply.CutWithFin();
  });
  RunToFinish(Of(origin.Url("/first"), "first"));
  RunToFinish(Of(origin.Url("/second"), "second"));
  EXPECT_EQ(origin.requests().size(), 2u);
}

TEST_F(ConnectionReuseTest, AGoodConnectionIsUsedAgain) {
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file_, request, reply);
  });
  for (const char* name : {"a", "b", "c", "d"}) RunToFinish(Of(origin.Url("/file"), name));
  EXPECT_EQ(origin.connections(), 1);
}

}  // namespace
}  // namespace engine::transfer
