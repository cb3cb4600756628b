// Downloads from origins that behave.
#include <future>

#include "engine/transfer/attempt.h"
#include "engine/transfer/buffer_pool.h"
#include "engine/transfer/open_file.h"
#include "tests/engine/transfer/served_file.h"
#include "tests/engine/transfer/transfer_fixture.h"

namespace engine::transfer {
namespace {

using support::AnswerFor;
using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using support::PatternBytes;
using ::testing::Optional;

class DownloadTest : public TransferTest {};

class DownloadSizeTest : public TransferTest, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(DownloadSizeTest, AFileArrivesWhole) {
  const OriginFile file = FileOf(GetParam());
  OriginServer origin(Serving(file));
  const Download download = Of(origin.Url("/file"));
  const Finished finished = RunToFinish(download);
  EXPECT_EQ(finished.state.offset, file.content.size());
  EXPECT_THAT(finished.state.total, Optional(file.content.size()));
  EXPECT_EQ(finished.state.validators, (Validators{"\"v0\"", kDate}));
  ExpectFile(download, file.content);
}

INSTANTIATE_TEST_SUITE_P(Sizes, DownloadSizeTest,
                         ::testing::Values(0, 1, kAlignment - 1, kAlignment, kAlignment + 1,
                                           kBufferBytes - 1, kBufferBytes, kBufferBytes + 1,
                                           3 * kBufferBytes + 12'345, kDirectBytes - 1,
                                           kDirectBytes, kDirectBytes + 1,
                                           4 * kDirectBytes + 4'097));

TEST_F(DownloadTest, TheRequestSaysWhoAsksAndThatBytesMustNotBeRecoded) {
  const OriginFile file = FileOf(10);
  OriginServer origin(Serving(file));
  RunToFinish(Of(origin.Url("/a%20b?c=d")));
  ASSERT_EQ(origin.requests().size(), 1u);
  const OriginRequest request = origin.requests().front();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/a%20b?c=d");
  EXPECT_EQ(request.Header("accept"), "*/*");
  EXPECT_EQ(request.Header("accept-encoding"), "identity");
  EXPECT_EQ(request.Header("user-agent"), "Microsoft BITS/7.8");
  EXPECT_EQ(request.Header("range"), "");
  EXPECT_EQ(request.Header("if-range"), "");
}

TEST_F(DownloadTest, TheEventsComeInOrder) {
  const OriginFile file = FileOf(100'000);
  OriginServer origin(Serving(file));
  const Download download = Of(origin.Url("/file"));
  RunToFinish(download);
  const auto all = events().Of(download.id);
  ASSERT_GE(all.size(), 2u);
  const auto* connected = std::get_if<Connected>(&all.front());
  ASSERT_NE(connected, nullptr);
  EXPECT_EQ(connected->state.offset, 0u);
  EXPECT_THAT(connected->state.total, Optional(100'000u));
  EXPECT_TRUE(std::holds_alternative<Finished>(all.back()));
}

TEST_F(DownloadTest, TheArrivalOfTheLastByteIsReportedOnceAndBeforeTheEnd) {
  const OriginFile file = FileOf(4'096);
  OriginServer origin(Serving(file));
  const Download download = Of(origin.Url("/file"));
  RunToFinish(download);
  const std::vector<Event> seen = events().Of(download.id);
  EXPECT_EQ(Count<Arrived>(seen), 1);
  ASSERT_GE(seen.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<Arrived>(seen[seen.size() - 2]));
}

TEST_F(DownloadTest, CheckpointsReportWhatIsDurable) {
  options().checkpoint_bytes = 1;
  const OriginFile file = FileOf(600'000);
  std::atomic<bool> go_on = false;
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const auto answer = AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, 300'000));
    while (!go_on && reply.alive()) std::this_thread::yield();
    reply.Send(answer.body.substr(300'000));
  });
  options().stall_timeout = std::chrono::seconds(20);
  const Download download = Of(origin.Url("/file"));
  transfers().Start(download);
  FileState durable;
  EXPECT_TRUE(events().WaitUntil(download.id, [&durable](const std::vector<Event>& all) {
    for (const Event& event : all) {
      if (const auto* progress = std::get_if<Progressed>(&event)) durable = progress->state;
    }
    return durable.offset == 300'000;
  }));
  ExpectDurable(download, durable, file.content);
  go_on = true;
  events().WaitForEnd(download.id);
  ExpectFile(download, file.content);
}

TEST_F(DownloadTest, AStoppedFileResumesWhereItsDurableBytesEnd) {
  const OriginFile file = FileOf(5 * kDirectBytes + 777);
  std::atomic<int> served = 0;
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const auto answer = AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    if (served++ > 0) return reply.Send(answer.body);
    reply.Send(answer.body.substr(0, 3 * kDirectBytes + 5));
    reply.Stall();
  });
  options().checkpoint_bytes = kBufferBytes;
  options().stall_timeout = std::chrono::seconds(20);
  const Download first = Of(origin.Url("/file"));
  transfers().Start(first);
  events().WaitUntil(first.id, [](const auto& all) { return Count<Progressed>(all) > 0; });
  transfers().Stop(first.id);
  const auto end = events().WaitForEnd(first.id);
  ASSERT_TRUE(end && std::holds_alternative<Stopped>(*end));
  const FileState state = std::get<Stopped>(*end).state;
  EXPECT_GT(state.offset, 0u);
  ExpectDurable(first, state, file.content);

  const Download second = Of(origin.Url("/file"), "file", state);
  RunToFinish(second);
  EXPECT_EQ(Count<Restarted>(events().Of(second.id)), 0);
  ExpectFile(second, file.content);
  const OriginRequest request = origin.requests().back();
  EXPECT_EQ(request.Header("range"), "bytes=" + std::to_string(state.offset) + "-");
  EXPECT_EQ(request.Header("if-range"), file.etag);
}

TEST_F(DownloadTest, ADateIsEnoughToResume) {
  OriginFile file = FileOf(1'000);
  file.etag.clear();
  OriginServer origin(Serving(file));
  const Download download = Of(origin.Url("/file"), "file", FileState{400, 1'000, {"", kDate}});
  WriteFile(TemporaryPath(download), file.content.substr(0, 400));
  RunToFinish(download);
  EXPECT_EQ(origin.requests().back().Header("if-unmodified-since"), kDate);
  ExpectFile(download, file.content);
}

TEST_F(DownloadTest, WithoutValidatorsAFileStartsAtZero) {
  OriginFile file = FileOf(1'000);
  file.etag.clear();
  file.last_modified.clear();
  OriginServer origin(Serving(file));
  const Download download = Of(origin.Url("/file"), "file", FileState{400, 1'000, {}});
  WriteFile(TemporaryPath(download), PatternBytes(400, 7));
  EXPECT_TRUE(std::holds_alternative<Restarted>(Run(download)));
  EXPECT_EQ(ReadFile(TemporaryPath(download)), PatternBytes(400, 7));
  RunToFinish(Of(origin.Url("/file")));
  EXPECT_EQ(origin.requests().back().Header("range"), "");
  ExpectFile(download, file.content);
}

TEST_F(DownloadTest, ALostOrShortTemporaryFileStartsAtZero) {
  const OriginFile file = FileOf(1'000);
  OriginServer origin(Serving(file));
  for (const std::size_t present : {std::size_t{0}, std::size_t{399}}) {
    const Download download =
        Of(origin.Url("/file"), "file", FileState{400, 1'000, {file.etag, kDate}});
    std::filesystem::remove(TemporaryPath(download));
    if (present > 0) WriteFile(TemporaryPath(download), file.content.substr(0, present));
    EXPECT_TRUE(std::holds_alternative<Restarted>(Run(download)));
    RunToFinish(Of(origin.Url("/file")));
    EXPECT_EQ(origin.requests().back().Header("range"), "");
    ExpectFile(download, file.content);
  }
}

TEST_F(DownloadTest, AFileThatIsAllHereNeedsNoServer) {
  const std::string content = PatternBytes(1'000);
  const Download download =
      Of("http://127.0.0.1:1/file", "file", FileState{1'000, 1'000, {"\"v0\"", ""}});
  WriteFile(TemporaryPath(download), content);
  EXPECT_EQ(RunToFinish(download).state.offset, 1'000u);
  ExpectFile(download, content);
}

TEST_F(DownloadTest, OneConnectionServesFilesInTurn) {
  const OriginFile file = FileOf(10'000);
  OriginServer origin(Serving(file));
  for (int i = 0; i < 20; ++i) {
    const Download download = Of(origin.Url("/file"), "f" + std::to_string(i));
    RunToFinish(download);
    ExpectFile(download, file.content);
  }
  EXPECT_EQ(origin.connections(), 1);
}

TEST_F(DownloadTest, FiftyFilesAtOnceShareAFewConnectionsAndOneBuffer) {
  options().buffer_pool_bytes = kBufferBytes;
  options().checkpoint_bytes = 100'000;
  options().stall_timeout = std::chrono::seconds(20);
  std::vector<OriginFile> files;
  for (unsigned i = 0; i < 50; ++i) files.push_back(FileOf(20'000 + 31'111 * i, i));
  OriginServer origin([&files](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(files[std::stoul(request.target.substr(1))], request, reply);
  });
  std::vector<Download> downloads;
  for (unsigned i = 0; i < 50; ++i) {
    downloads.push_back(Of(origin.Url("/" + std::to_string(i)), "f" + std::to_string(i)));
    transfers().Start(downloads.back());
  }
  for (unsigned i = 0; i < 50; ++i) {
    const auto end = events().WaitForEnd(downloads[i].id);
    ASSERT_TRUE(end && std::holds_alternative<Finished>(*end)) << i;
    ExpectFile(downloads[i], files[i].content);
  }
  EXPECT_LE(origin.connections(), static_cast<int>(options().max_connections_per_host));
}

TEST_F(DownloadTest, OneFileOnASlowDiskLeavesMemoryToOthers) {
  options().buffer_pool_bytes = (kBuffersAhead + 1) * kBufferBytes;
  const OriginFile large = FileOf(options().buffer_pool_bytes + 100'000);
  const OriginFile other = FileOf(kBufferBytes);
  std::promise<void> large_is_out;  // the last of it fits into the kernel
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/after") large_is_out.get_future().wait();
    support::ServeFile(request.target == "/large" ? large : other, request, reply);
    if (request.target == "/large") large_is_out.set_value();
  });
  // The first of the two disk threads, that of the large file, stands still.
  std::promise<void> goes_on;
  std::shared_future<void> gate = goes_on.get_future().share();
  disk().Create(disk().NewFile(Target("gate"), "gate.tmp"), 0,
                [gate](const Status&) { gate.wait(); });
  const Download unused = Of(origin.Url("/other"), "unused");
  RunToFinish(unused);
  const Download slow = Of(origin.Url("/large"), "large");
  transfers().Start(slow);
  const Download quick = Of(origin.Url("/after"), "quick");
  RunToFinish(quick);
  ExpectFile(quick, other.content);
  goes_on.set_value();
  EXPECT_TRUE(std::holds_alternative<Finished>(*events().WaitForEnd(slow.id)));
  ExpectFile(slow, large.content);
}

TEST_F(DownloadTest, ChunksEndAFileOfUnknownLength) {
  const std::string content = PatternBytes(3'000'000);
  OriginServer origin([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(200, {"Transfer-Encoding: chunked"});
    for (std::size_t at = 0; at < content.size(); at += 100'000) {
      reply.Send("186a0\r\n" + content.substr(at, 100'000) + "\r\n");
    }
    reply.Send("0\r\nX-Trailer: 1\r\n\r\n");
  });
  const Download download = Of(origin.Url("/file"));
  EXPECT_THAT(RunToFinish(download).state.total, Optional(content.size()));
  ExpectFile(download, content);
}

TEST_F(DownloadTest, RedirectsAreFollowedAndTheConditionGoesAlong) {
  const OriginFile file = FileOf(1'000);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/start") {
      return reply.Head(302, {"Location: sub/../next#part", "Content-Length: 0"});
    }
    if (request.target == "/next") {
      reply.Head(308, {"Location: /file", "Content-Length: 5"});
      return reply.Send("moved");
    }
    support::ServeFile(file, request, reply);
  });
  const Download download =
      Of(origin.Url("/start"), "file", FileState{400, 1'000, {file.etag, kDate}});
  WriteFile(TemporaryPath(download), file.content.substr(0, 400));
  RunToFinish(download);
  ExpectFile(download, file.content);
  EXPECT_EQ(origin.requests().back().target, "/file");
  EXPECT_EQ(origin.requests().back().Header("if-range"), file.etag);
  EXPECT_EQ(origin.connections(), 1);
}

TEST_F(DownloadTest, ASlowFileIsNotAStalledOne) {
  const OriginFile file = FileOf(4 * kBufferBytes);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const auto answer = AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    // Less than a second apart and little enough to stay below any kernel mark.
    for (std::size_t at = 0; at < 6; ++at) {
      reply.Send(answer.body.substr(at * 10, 10));
      reply.Pause(std::chrono::milliseconds(400));
    }
    reply.Send(answer.body.substr(60));
  });
  const Download download = Of(origin.Url("/file"));
  RunToFinish(download);
  ExpectFile(download, file.content);
}

TEST_F(DownloadTest, ShutdownStopsWhatRunsAndKeepsItsBytes) {
  const OriginFile file = FileOf(kBufferBytes);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const auto answer = AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, 1'000));
    reply.Stall();
  });
  options().stall_timeout = std::chrono::seconds(20);
  const Download download = Of(origin.Url("/file"));
  transfers().Start(download);
  events().WaitUntil(download.id, [](const auto& all) { return Count<Connected>(all) == 1; });
  transfers().Shutdown();
  const auto end = events().WaitForEnd(download.id);
  ASSERT_TRUE(end && std::holds_alternative<Stopped>(*end));
  ExpectDurable(download, std::get<Stopped>(*end).state, file.content);

  const Download late = Of(origin.Url("/file"));
  EXPECT_TRUE(std::holds_alternative<Stopped>(Run(late)));
}

// --- names on disk that are links ---------------------------------------------------

constexpr std::size_t kSize = 1'000;
constexpr std::size_t kHave = 400;

TEST_F(DownloadTest, ATargetDirectoryThatIsALinkIsRefused) {
  const OriginFile file = FileOf(kSize);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  });
  const ScratchDirectory elsewhere;
  std::filesystem::create_symlink(elsewhere.path(), directory_.path() / "link");
  Download download = Of(origin.Url("/file"));
  download.target.directories = {"link"};
  const Failed failed = RunToFailure(download);
  EXPECT_EQ(failed.error.code, HResult::kAccessDenied);
  EXPECT_EQ(failed.error.context, ErrorContext::kLocalFile);
  EXPECT_FALSE(failed.recoverable);
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere.path()));
}

TEST_F(DownloadTest, ATemporaryNameThatIsALinkIsReplacedAndNotFollowed) {
  const OriginFile file = FileOf(kSize);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  });
  const ScratchDirectory elsewhere;
  const auto victim = elsewhere.path() / "victim";
  WriteFile(victim, std::string(kHave, 'x'));
  for (const bool hard : {false, true}) {
    const Download download = Of(origin.Url("/file"), "file", {kHave, kSize, {"\"v0\"", ""}});
    std::filesystem::remove(TemporaryPath(download));
    hard ? std::filesystem::create_hard_link(victim, TemporaryPath(download))
         : std::filesystem::create_symlink(victim, TemporaryPath(download));
    EXPECT_TRUE(std::holds_alternative<Restarted>(Run(download)));
    RunToFinish(Of(origin.Url("/file")));
    ExpectFile(download, file.content);
    EXPECT_EQ(ReadFile(victim), std::string(kHave, 'x'));
  }
}

}  // namespace
}  // namespace engine::transfer
