// Sizes of files, asked for ahead of their transfers.
#include "tests/engine/transfer/served_file.h"
#include "tests/engine/transfer/transfer_fixture.h"

namespace engine::transfer {
namespace {

using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using ::testing::Eq;
using ::testing::Optional;

class ProbeTest : public TransferTest {
 protected:
  std::optional<std::uint64_t> Probe(const std::string& url, std::uint32_t security_flags = 0) {
    const TransferId id = Of(url).id;
    Reach reach;
    reach.security_flags = security_flags;
    transfers().Probe(id, url, std::make_shared<const Reach>(std::move(reach)));
    events().WaitUntil(id, [](const auto& all) { return Count<Probed>(all) == 1; });
    const auto all = events().Of(id);
    return all.empty() ? std::nullopt : std::get<Probed>(all.front()).total;
  }
};

TEST_F(ProbeTest, HeadTellsTheSize) {
  const OriginFile file = FileOf(1'234);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/moved") {
      return reply.Head(301, {"Location: /file", "Content-Length: 0"});
    }
    support::ServeFile(file, request, reply);
  });
  EXPECT_THAT(Probe(origin.Url("/file")), Optional(1'234u));
  EXPECT_THAT(Probe(origin.Url("/moved")), Optional(1'234u));
  EXPECT_THAT(Probe(origin.Url("/moved"), security_flags::kRefuseRedirects), Eq(std::nullopt));
  EXPECT_EQ(origin.requests().back().target, "/moved");
  EXPECT_EQ(origin.requests().front().method, "HEAD");
}

TEST_F(ProbeTest, ServersThatDoNotTellCostNothing) {
  OriginServer origin([](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/loop") {
      return reply.Head(302, {"Location: /loop", "Content-Length: 0"});
    }
    if (request.target == "/cut") return reply.CutWithReset();
    if (request.target == "/nolength") return reply.Head(200, {"Connection: close"});
    reply.Head(std::stoi(request.target.substr(1)), {"Content-Length: 5"});
  });
  for (const char* path : {"/403", "/404", "/500", "/loop", "/cut", "/nolength", "/405"}) {
    EXPECT_THAT(Probe(origin.Url(path)), Eq(std::nullopt)) << path;
  }
  EXPECT_THAT(Probe("http://127.0.0.1:1/"), Eq(std::nullopt));
  EXPECT_THAT(Probe("file:///etc/hostname"), Eq(std::nullopt));
}

TEST_F(ProbeTest, AServerThatDoesNotKnowHeadIsAskedOnce) {
  for (const char* const status : {"405", "501"}) {
    OriginServer origin([&](const OriginRequest&, OriginReply& reply) {
      reply.Head(std::stoi(status), {"Content-Length: 0"});
    });
    OriginServer before([&](const OriginRequest&, OriginReply& reply) {
      reply.Head(302, {"Location: " + origin.Url("/file"), "Content-Length: 0"});
    });
    EXPECT_THAT(Probe(before.Url("/a")), Eq(std::nullopt));
    EXPECT_THAT(Probe(origin.Url("/b")), Eq(std::nullopt));
    EXPECT_THAT(Probe(before.Url("/c")), Eq(std::nullopt));
    EXPECT_EQ(origin.requests().size(), 1u);
    EXPECT_EQ(before.requests().size(), 2u);
  }
}

TEST_F(ProbeTest, ADeniedHostIsNotAsked) {
  OriginServer origin(
      [](const OriginRequest&, OriginReply& reply) { reply.Head(200, {"Content-Length: 5"}); });
  options().denied_hosts = {"127.0.0.1"};
  EXPECT_THAT(Probe(origin.Url("/file")), Eq(std::nullopt));
  EXPECT_EQ(origin.connections(), 0);
}

}  // namespace
}  // namespace engine::transfer
