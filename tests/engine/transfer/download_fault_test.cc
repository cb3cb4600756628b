// Downloads from origins that misbehave. What holds in every case: the file is
// the right bytes of one version or the attempt is an error, never a mix.
#include "engine/transfer/attempt.h"
#include "engine/transfer/curl_url.h"
#include "engine/transfer/redirect.h"
#include "tests/engine/transfer/download_fault_fixture.h"

namespace engine::transfer {
namespace {

using std::chrono::seconds;
using support::AnswerFor;
using support::OriginAnswer;
using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using support::PatternBytes;
using ::testing::Optional;

// --- broken replies -------------------------------------------------------------

TEST_F(DownloadFaultTest, RepliesThatAreNotHttpAreRefused) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bytes :
       {std::string("hello"), std::string("ICY 200 OK\r\n\r\nhello"),
        ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        ok + "Content-Length: 6\r\nContent-Length: 5\r\n\r\nhello!",
        ok + "Content-Length: 5, 6\r\n\r\nhello!", ok + "Content-Length: -1\r\n\r\nhello",
        ok + "Content-Length: 99999999999999999999\r\n\r\nhello",
        ok + "Content-Length: 9223372036854775808\r\n\r\nhello",
        ok + "Content-Length: 5\r\nBad\r\n\r\nhello", ok + "Content-Length : 5\r\n\r\nhello",
        ok + "A: b\r\n Content-Length: 5\r\n\r\nhello", ok + "Transfer-Encoding: gzip\r\n\r\nhello",
        ok + "Content-Length: 5\r\nX: a" + std::string(1, '\0') + "b\r\n\r\nhello"}) {
    const Failed failed = FailureOf(Raw(bytes));
    EXPECT_EQ(failed.error.code, HResult::kInvalidServerReply) << bytes;
    EXPECT_TRUE(failed.recoverable) << bytes;
  }
}

TEST_F(DownloadFaultTest, ALengthThatIsNotThereIsAMissingFileSize) {
  const Failed failed = FailureOf(Raw("HTTP/1.1 200 OK\r\n\r\nhello"));
  EXPECT_EQ(failed.error.code, HResult::kMissingFileSize);
  EXPECT_FALSE(failed.recoverable);
}

TEST_F(DownloadFaultTest, UnaskedGzipIsRefused) {
  const Failed failed =
      FailureOf(Raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"));
  EXPECT_EQ(failed.error.code, HResult::kInsufficientHttpSupport);
}

TEST_F(DownloadFaultTest, MoreThanTheLengthIsLeftOut) {
  OriginServer origin(Raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world"));
  const Download download = Of(origin.Url("/file"));
  EXPECT_EQ(RunToFinish(download).state.offset, 5u);
  ExpectFile(download, "hello");
}

TEST_F(DownloadFaultTest, AnEndlessBodyOfAKnownPartIsCutOff) {
  OriginServer origin([](const OriginRequest&, OriginReply& reply) {
    reply.Head(206, {"Transfer-Encoding: chunked", "Content-Range: bytes 0-9/10"});
    while (reply.alive()) reply.Send("a\r\n0123456789\r\n");
  });
  const Failed failed = RunToFailure(Of(origin.Url("/file")));
  EXPECT_EQ(failed.error.code, HResult::kInvalidServerReply);
  EXPECT_EQ(failed.state.offset, 0u);
}

TEST_F(DownloadFaultTest, APartThatIsTooLongMakesTheBytesBeforeItWorthless) {
  OriginServer origin([](const OriginRequest&, OriginReply& reply) {
    reply.Head(206,
               {"Transfer-Encoding: chunked", "ETag: \"v0\"", "Content-Range: bytes 400-999/1000"});
    while (reply.alive()) reply.Send("a\r\n0123456789\r\n");
  });
  const Failed failed = RunToFailure(Begun(origin.Url("/file")));
  EXPECT_EQ(failed.error.code, HResult::kInvalidServerReply);
  EXPECT_EQ(failed.state.offset, 0u);
}

TEST_F(DownloadFaultTest, AVersionThatChangesAfterACheckpointEndsTheAttempt) {
  // Parts of 300 bytes; the second one is of another version.
  options().checkpoint_bytes = 1;
  std::atomic<bool> go_on = false;
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const bool first = request.Header("range").empty();
    const OriginAnswer answer = first
                                    ? Partial(0, 299, {"ETag: \"v0\"", RangeLine("0-299/1000")}, 0)
                                    : AnswerFor(VersionOf(1), request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, answer.body.size() - 1));
    while (first && !go_on && reply.alive()) std::this_thread::yield();
    reply.Send(answer.body.substr(answer.body.size() - 1));
  });
  options().stall_timeout = seconds(20);
  const Download download = Of(origin.Url("/file"));
  transfers().Start(download);
  EXPECT_TRUE(
      events().WaitUntil(download.id, [](const auto& all) { return Count<Progressed>(all) > 0; }));
  go_on = true;
  const auto end = events().WaitForEnd(download.id);
  ASSERT_TRUE(end && std::holds_alternative<Restarted>(*end));
  const std::string on_disk = ReadFile(TemporaryPath(download));
  EXPECT_EQ(on_disk, PatternBytes(kSize, 0).substr(0, on_disk.size()));
}

TEST_F(DownloadFaultTest, InterimRepliesAreSkipped) {
  OriginServer origin(
      Raw("HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\nETag: \"no\"\r\n\r\n"
          "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
  const Download download = Of(origin.Url("/file"));
  EXPECT_EQ(RunToFinish(download).state.validators.etag, "");
  ExpectFile(download, "hello");
}

TEST_F(DownloadFaultTest, AFloodOfHeadersEndsTheAttempt) {
  for (const char* line : {"X-Flood: 0123456789012345678901234567890123456789\r\n",
                           "HTTP/1.1 103 Early Hints\r\n\r\n"}) {
    const bool interim = line[0] == 'H';
    OriginServer origin([&](const OriginRequest&, OriginReply& reply) {
      if (!interim) reply.Send("HTTP/1.1 200 OK\r\n");
      while (reply.alive()) reply.Send(line);
    });
    const Failed failed = RunToFailure(Of(origin.Url("/file")));
    EXPECT_EQ(failed.error.code, HResult::kInvalidServerReply) << line;
    EXPECT_TRUE(failed.recoverable);
  }
}

// --- statuses -------------------------------------------------------------------

TEST_F(DownloadFaultTest, AnErrorBodyNeverBecomesTheFile) {
  for (const int status : {204, 304, 400, 401, 403, 404, 407, 410, 429, 500, 501, 503, 505}) {
    OriginServer origin([status](const OriginRequest&, OriginReply& reply) {
      const bool bodiless = status == 204 || status == 304;
      reply.Head(status, {"Content-Length: " + std::to_string(bodiless ? 0 : 9), "ETag: \"v0\""});
      if (!bodiless) reply.Send("not found");
    });
    const Download download = Begun(origin.Url("/file"));
    const Event end = Run(download);
    const auto* failed = std::get_if<Failed>(&end);
    ASSERT_NE(failed, nullptr) << status;
    EXPECT_EQ(failed->error.code, HttpError(status));
    EXPECT_EQ(failed->error.context, ErrorContext::kRemoteFile);
    EXPECT_EQ(failed->recoverable, IsRecoverable(status));
    ExpectDurable(download, failed->state, PatternBytes(kSize, 0));
    EXPECT_EQ(failed->state.offset, kHave) << status;
  }
}

TEST_F(DownloadFaultTest, RetryAfterIsPassedOn) {
  const Failed failed =
      FailureOf(Raw("HTTP/1.1 503 Busy\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(failed.recoverable);
  EXPECT_THAT(failed.retry_after, Optional(seconds(17)));
}

TEST_F(DownloadFaultTest, ALongErrorBodyIsNotReadToItsEnd) {
  OriginServer origin([](const OriginRequest&, OriginReply& reply) {
    reply.Head(404, {"Transfer-Encoding: chunked"});
    while (reply.alive()) reply.Send("a\r\n0123456789\r\n");
  });
  EXPECT_EQ(RunToFailure(Of(origin.Url("/file"))).error.code, HttpError(404));
}

TEST_F(DownloadFaultTest, AServerThatDripsIsToldOfAndGoesOn) {
  options().stall_timeout = seconds(1);
  const OriginFile file = VersionOf(0, 1'000);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const OriginAnswer answer = AnswerFor(file, request);
    reply.Head(200, answer.lines);
    for (std::size_t i = 0; i < 40 && reply.alive(); ++i) {
      reply.Send(answer.body.substr(i, 1));
      reply.Pause(std::chrono::milliseconds(100));
    }
    reply.Send(answer.body.substr(40));
  });
  const Download download = Of(origin.Url("/file"));
  RunToFinish(download);
  EXPECT_GE(Count<Slow>(events().Of(download.id)), 2);
}

TEST_F(DownloadFaultTest, ATransferThatIsHeldBackHereIsNotSlow) {
  options().stall_timeout = seconds(1);
  options().bandwidth.rates[static_cast<std::size_t>(RateClass::kTotal)] = 2'000;
  const OriginFile file = VersionOf(0, 6'000);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  });
  const Download download = Of(origin.Url("/file"));
  RunToFinish(download);
  EXPECT_EQ(Count<Slow>(events().Of(download.id)), 0);
}

TEST_F(DownloadFaultTest, AnErrorBodyThatStallsDoesNotHoldTheAttempt) {
  options().stall_timeout = seconds(25);
  OriginServer origin([](const OriginRequest&, OriginReply& reply) {
    reply.Head(404, {"Content-Length: 10"});
    reply.Stall();
  });
  EXPECT_EQ(RunToFailure(Of(origin.Url("/file"))).error.code, HttpError(404));
}

// --- redirects ------------------------------------------------------------------

TEST_F(DownloadFaultTest, RedirectsEndAfterTheLimit) {
  const OriginFile file = VersionOf(0);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const int left = std::stoi(request.target.substr(1));
    if (left == 0) return support::ServeFile(file, request, reply);
    reply.Head(302, {"Location: /" + std::to_string(left - 1), "Content-Length: 0"});
  });
  for (const int hops : {kMaxRedirects - 1, kMaxRedirects}) {
    const Download download = Of(origin.Url("/" + std::to_string(hops)));
    RunToFinish(download);
    ExpectFile(download, file.content);
  }
  const Failed failed = RunToFailure(Of(origin.Url("/" + std::to_string(kMaxRedirects + 1))));
  EXPECT_EQ(failed.error.code, HttpError(302));
  EXPECT_FALSE(failed.recoverable);
}

TEST_F(DownloadFaultTest, RedirectsElsewhereAreNotFollowed) {
  for (const char* location :
       {"ftp://127.0.0.1/file", "file:///etc/hostname", "gopher://127.0.0.1/", "//user@127.0.0.1/",
        "http://user:secret@127.0.0.1/file", "http://", "http://127.0.0.1:0x50/"}) {
    const Failed failed = FailureOf([location](const OriginRequest&, OriginReply& reply) {
      reply.Head(301, {std::string("Location: ") + location, "Content-Length: 0"});
    });
    EXPECT_EQ(failed.error.code, HttpError(301)) << location;
  }
  const Failed two = FailureOf([](const OriginRequest&, OriginReply& reply) {
    reply.Head(301, {"Location: /a", "Location: /b", "Content-Length: 0"});
  });
  EXPECT_EQ(two.error.code, HttpError(301));
}

TEST(ResolveRedirectTest, NeverLeadsFromHttpsToHttp) {
  EXPECT_FALSE(ResolveRedirect("https://a.example/x", "http://a.example/x"));
  EXPECT_EQ(ResolveRedirect("http://a.example/x", "https://b.example/y#z").value(),
            "https://b.example/y");
  EXPECT_EQ(ResolveRedirect("https://a.example/x/y?q", "../z").value(), "https://a.example/z");
}

// --- time -----------------------------------------------------------------------

TEST_F(DownloadFaultTest, AStallAnywhereIsATimeout) {
  const OriginFile file = VersionOf(0);
  for (const std::size_t sent : {std::size_t{0}, std::size_t{5}, std::size_t{40}}) {
    OriginServer origin([&](const OriginRequest&, OriginReply& reply) {
      reply.Send(std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\nab")
                     .substr(0, sent));
      reply.Stall();
    });
    const Failed failed = RunToFailure(Of(origin.Url("/file")));
    EXPECT_EQ(failed.error.code, HResult::kTimeout) << sent;
    EXPECT_TRUE(failed.recoverable);
  }
}

TEST_F(DownloadFaultTest, AStalledBodyKeepsItsBytes) {
  const OriginFile file = VersionOf(0);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const OriginAnswer answer = AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, 123));
    reply.Stall();
  });
  const Download download = Of(origin.Url("/file"));
  const Failed failed = RunToFailure(download);
  EXPECT_EQ(failed.error.code, HResult::kTimeout);
  EXPECT_EQ(failed.state.offset, 123u);
  ExpectDurable(download, failed.state, file.content);
}

TEST_F(DownloadFaultTest, NobodyThereIsARecoverableError) {
  const Failed refused = RunToFailure(Of("http://127.0.0.1:1/file"));
  EXPECT_EQ(refused.error.code, HResult::kCannotConnect);
  EXPECT_EQ(refused.error.context, ErrorContext::kGeneralTransport);
  EXPECT_TRUE(refused.recoverable);
}

TEST_F(DownloadFaultTest, AnUnknownNameIsARecoverableError) {
  const Failed failed = RunToFailure(Of("http://does-not-exist.invalid/file"));
  EXPECT_EQ(failed.error.code, HResult::kNameNotResolved);
  EXPECT_TRUE(failed.recoverable);
}

// --- Stop in every phase ----------------------------------------------------------

TEST_F(DownloadFaultTest, StopEndsAnAttemptInEveryPhase) {
  options().stall_timeout = seconds(25);
  const OriginFile file = VersionOf(0, 500'000);
  for (const std::size_t sent : {0, 10, 60, 200, 70'000, 300'000}) {
    OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
      const OriginAnswer answer = AnswerFor(file, request);
      std::string bytes = "HTTP/1.1 200 OK\r\n";
      for (const std::string& line : answer.lines) bytes += line + "\r\n";
      bytes += "\r\n" + answer.body;
      reply.Send(bytes.substr(0, sent));
      reply.Stall();
    });
    const Download download = Of(origin.Url("/file"));
    transfers().Start(download);
    if (sent >= 200) {
      events().WaitUntil(download.id, [](const auto& all) { return Count<Connected>(all) == 1; });
    }
    transfers().Stop(download.id);
    transfers().Stop(download.id);
    const auto end = events().WaitForEnd(download.id);
    ASSERT_TRUE(end && std::holds_alternative<Stopped>(*end)) << sent;
    ExpectDurable(download, std::get<Stopped>(*end).state, file.content);
    const Download rest = Of(origin.Url("/file"), "file", std::get<Stopped>(*end).state);
    transfers().Start(rest);
    transfers().Stop(rest.id);
    EXPECT_TRUE(events().WaitForEnd(rest.id));
  }
}

TEST_F(DownloadFaultTest, EachStartHasExactlyOneEnd) {
  const OriginFile file = VersionOf(0, 100'000);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  });
  std::vector<Download> downloads;
  for (int i = 0; i < 200; ++i) {
    downloads.push_back(Of(origin.Url("/file"), "f" + std::to_string(i)));
    transfers().Start(downloads.back());
    if (i % 3 == 0) transfers().Stop(downloads.back().id);
    if (i % 5 == 0) transfers().Stop(downloads[static_cast<std::size_t>(i) / 2].id);
  }
  for (const Download& download : downloads) ASSERT_TRUE(events().WaitForEnd(download.id));
  transfers().Shutdown();
  for (const Download& download : downloads) {
    const auto all = events().Of(download.id);
    EXPECT_EQ(Count<Finished>(all) + Count<Stopped>(all) + Count<Failed>(all), 1);
    EXPECT_TRUE(IsEnd(all.back()));
    if (Count<Finished>(all) == 1) ExpectFile(download, file.content);
  }
}

}  // namespace
}  // namespace engine::transfer
