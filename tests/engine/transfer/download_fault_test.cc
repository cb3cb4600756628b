// Downloads from origins that misbehave. What holds in every case: the file is
// the right bytes of one version or the attempt is an error, never a mix.
#include "engine/transfer/attempt.h"
#include "engine/transfer/curl_url.h"
#include "engine/transfer/redirect.h"
#include "tests/engine/transfer/transfer_fixture.h"

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
using ::testing::Eq;
using ::testing::Optional;

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kLaterDate = "Mon, 07 Nov 1994 08:49:37 GMT";
constexpr std::size_t kSize = 1'000;
constexpr std::size_t kHave = 400;

OriginFile FileOf(unsigned version, std::size_t size = kSize) {
  return {PatternBytes(size, version), "\"v" + std::to_string(version) + "\"", kDate};
}

class DownloadFaultTest : public TransferTest {
 protected:
  // 400 of 1000 bytes of version 0 are here.
  Download Begun(const std::string& url, Validators validators = {"\"v0\"", kDate}) {
    Download download = Of(url, "file", FileState{kHave, kSize, std::move(validators)});
    WriteFile(TemporaryPath(download), PatternBytes(kSize, 0).substr(0, kHave));
    return download;
  }

  // The attempt ends with Restarted and nothing else, and has not touched what
  // is there.
  void RunToRestart(const Download& download, const std::string& content) {
    const Event end = Run(download);
    EXPECT_TRUE(std::holds_alternative<Restarted>(end)) << end.index();
    EXPECT_EQ(events().Of(download.id).size(), 1u);
    EndThreads();
    EXPECT_EQ(ReadFile(TemporaryPath(download)), content);
  }

  Failed FailureOf(const support::OriginHandler& handler) {
    OriginServer origin(handler);
    const Download download = Of(origin.Url("/file"));
    const Failed failed = RunToFailure(download);
    EXPECT_EQ(failed.state.offset, 0u);
    return failed;
  }
};

support::OriginHandler Raw(const std::string& bytes) {
  return [bytes](const OriginRequest&, OriginReply& reply) {
    reply.Send(bytes);
    reply.CutWithFin();
  };
}

// --- resumed files --------------------------------------------------------------

struct ResumeCase {
  const char* name;
  // What the origin says to the request with a Range.
  std::function<OriginAnswer(const OriginRequest&)> answer;
  unsigned version = 1;    // the file must be this version in the end
  bool date_only = false;  // the validators are a date
  bool restarts = version == 1;
};

void PrintTo(const ResumeCase& value, std::ostream* stream) { *stream << value.name; }

OriginAnswer Partial(std::size_t first, std::size_t last, std::vector<std::string> lines,
                     unsigned version = 1) {
  OriginAnswer answer;
  answer.status = 206;
  answer.body = PatternBytes(kSize, version).substr(first, last - first + 1);
  answer.lines = std::move(lines);
  answer.lines.push_back("Content-Length: " + std::to_string(answer.body.size()));
  return answer;
}

std::string RangeLine(const std::string& text) { return "Content-Range: bytes " + text; }

std::vector<ResumeCase> ResumeCases() {
  return {
      {"TheServerIgnoresRangeAndTheFileChanged",
       [](const OriginRequest&) {
         return OriginAnswer{200, {"ETag: \"v1\"", "Content-Length: 1000"}, PatternBytes(kSize, 1)};
       }},
      {"TheServerIgnoresRange",
       [](const OriginRequest&) {
         return OriginAnswer{200, {"ETag: \"v0\"", "Content-Length: 1000"}, PatternBytes(kSize, 0)};
       },
       0, false, true},
      {"APartOfAnotherEtag",
       [](const OriginRequest&) {
         return Partial(400, 999, {"ETag: \"v1\"", RangeLine("400-999/1000")});
       }},
      {"APartWithoutEtag",
       [](const OriginRequest&) { return Partial(400, 999, {RangeLine("400-999/1000")}); }},
      {"APartOfAnotherDate",
       [](const OriginRequest&) {
         return Partial(400, 999,
                        {std::string("Last-Modified: ") + kLaterDate, RangeLine("400-999/1000")});
       },
       1, true},
      {"AFailedCondition",
       [](const OriginRequest&) {
         return OriginAnswer{412, {"Content-Length: 4"}, "gone"};
       },
       1, true},
      {"AnotherTotal",
       [](const OriginRequest&) {
         return Partial(400, 999, {"ETag: \"v0\"", RangeLine("400-999/1001")});
       }},
      {"ALateStart",
       [](const OriginRequest&) {
         return Partial(401, 999, {"ETag: \"v0\"", RangeLine("401-999/1000")}, 0);
       }},
      {"AnEarlyStart",
       [](const OriginRequest&) {
         return Partial(300, 999, {"ETag: \"v0\"", RangeLine("300-999/1000")}, 0);
       },
       0},
      {"AStartAtZero",
       [](const OriginRequest&) {
         return Partial(0, 999, {"ETag: \"v0\"", RangeLine("0-999/1000")}, 0);
       },
       0},
      {"AStarInsteadOfARange",
       [](const OriginRequest&) {
         return Partial(400, 999, {"ETag: \"v0\"", RangeLine("*/1000")});
       }},
      {"NoContentRange", [](const OriginRequest&) { return Partial(400, 999, {"ETag: \"v0\""}); }},
      {"Multipart",
       [](const OriginRequest&) {
         return Partial(400, 999,
                        {"ETag: \"v0\"", "Content-Type: multipart/byteranges; boundary=x",
                         RangeLine("400-999/1000")});
       }},
      {"ALengthThatDisagrees",
       [](const OriginRequest&) {
         return Partial(400, 998, {"ETag: \"v0\"", RangeLine("400-999/1000")});
       }},
      {"AShortPart",
       [](const OriginRequest& request) {
         const std::size_t first = std::stoull(request.Header("range").substr(6));
         const std::size_t last = std::min<std::size_t>(first + 99, 999);
         return Partial(first, last,
                        {"ETag: \"v0\"",
                         RangeLine(std::to_string(first) + "-" + std::to_string(last) + "/1000")},
                        0);
       },
       0},
      {"NoSuchRange",
       [](const OriginRequest&) {
         return OriginAnswer{416, {RangeLine("*/300"), "Content-Length: 5"}, "oops!"};
       }},
  };
}

class ResumeFaultTest : public DownloadFaultTest,
                        public ::testing::WithParamInterface<ResumeCase> {};

TEST_P(ResumeFaultTest, EndsWithOneVersion) {
  const ResumeCase& fault = GetParam();
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    OriginAnswer answer = request.Header("range").empty()
                              ? AnswerFor(FileOf(fault.version), request)
                              : fault.answer(request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body);
  });
  const Validators dated{"", kDate};
  const Download download =
      fault.date_only ? Begun(origin.Url("/file"), dated) : Begun(origin.Url("/file"));
  if (fault.restarts) {
    RunToRestart(download, PatternBytes(kSize, 0).substr(0, kHave));
    const Download anew = Of(origin.Url("/file"));
    EXPECT_EQ(RunToFinish(anew).state.offset, kSize);
  } else {
    EXPECT_EQ(RunToFinish(download).state.offset, kSize);
  }
  // A status line of an error never gets into the file.
  ExpectFile(download, PatternBytes(kSize, fault.version));
}

INSTANTIATE_TEST_SUITE_P(Cases, ResumeFaultTest, ::testing::ValuesIn(ResumeCases()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(DownloadFaultTest, ACompleteFileThatTheServerLostIsStillComplete) {
  OriginServer origin([](const OriginRequest&, OriginReply& reply) {
    reply.Head(416, {"Content-Range: bytes */400", "Content-Length: 0"});
  });
  Download download = Begun(origin.Url("/file"));
  download.resume.total = kHave;
  EXPECT_EQ(RunToFinish(download).state.offset, kHave);
}

TEST_F(DownloadFaultTest, AFileThatChangesWithEachPartNeverBecomesAMix) {
  std::atomic<unsigned> version = 0;
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const OriginFile file = FileOf(++version);
    OriginAnswer answer = AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, 700));
    reply.CutWithFin();
  });
  FileState state;
  for (int i = 0; i < 5; ++i) {
    if (i > 0) {
      const Download resumed = Of(origin.Url("/file"), "file", state);
      RunToRestart(resumed, FileOf(version).content.substr(0, 700));
    }
    const Download download = Of(origin.Url("/file"));
    const Failed failed = RunToFailure(download);
    EXPECT_TRUE(failed.recoverable);
    EXPECT_EQ(failed.state.validators.etag, FileOf(version).etag);
    ExpectDurable(download, failed.state, FileOf(version).content);
    state = failed.state;
  }
}

// --- cut connections ------------------------------------------------------------

class CutTest : public DownloadFaultTest, public ::testing::WithParamInterface<bool> {};

// A reply of about 130 bytes of head and 200 of body is cut after each byte.
TEST_P(CutTest, ACutAtAnyByteEndsInTheRightFileAfterARetry) {
  const bool reset = GetParam();
  const OriginFile file = FileOf(0, 200);
  std::atomic<std::size_t> cut = 0;
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const OriginAnswer answer = AnswerFor(file, request);
    if (!request.Header("range").empty() || request.target == "/whole") {
      reply.Head(answer.status, answer.lines);
      return reply.Send(answer.body);
    }
    std::string bytes = "HTTP/1.1 200 OK\r\n";
    for (const std::string& line : answer.lines) bytes += line + "\r\n";
    bytes += "\r\n" + answer.body;
    reply.Send(bytes.substr(0, cut));
    reset ? reply.CutWithReset() : reply.CutWithFin();
  });
  for (cut = 0; cut < 300; ++cut) {
    const Download first = Of(origin.Url("/cut"));
    const Event end = Run(first);
    FileState state;
    if (const auto* failed = std::get_if<Failed>(&end)) {
      EXPECT_TRUE(failed->recoverable) << cut;
      state = failed->state;
      ExpectDurable(first, state, file.content);
    } else {
      ExpectFile(first, file.content);
      continue;
    }
    const Download second = Of(origin.Url("/whole"), "file", state);
    RunToFinish(second);
    ExpectFile(second, file.content);
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, CutTest, ::testing::Bool(), [](const auto& info) {
  return info.param ? std::string("Reset") : std::string("Fin");
});

TEST_F(DownloadFaultTest, BytesBeforeACutAreKeptForTheRetry) {
  const OriginFile file = FileOf(0, 3'000'000);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const OriginAnswer answer = AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, 2'000'001));
    if (answer.status == 200) reply.CutWithFin();
  });
  const Failed failed = RunToFailure(Of(origin.Url("/file")));
  EXPECT_EQ(failed.error.code, HResult::kConnectionError);
  EXPECT_EQ(failed.state.offset, 2'000'001u);
  const Download second = Of(origin.Url("/file"), "file", failed.state);
  RunToFinish(second);
  ExpectFile(second, file.content);
}

TEST_F(DownloadFaultTest, TruncatedChunksAreAnError) {
  for (const char* body : {"5\r\nhello\r\n", "5\r\nhel", "5\r\nhello\r\n0\r\n", "5\r\nhello", "",
                           "-5\r\nhello\r\n0\r\n\r\n", "zz\r\nhello\r\n0\r\n\r\n"}) {
    OriginServer origin(
        Raw(std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + body));
    const Download download = Of(origin.Url("/file"));
    const Failed failed = RunToFailure(download);
    EXPECT_TRUE(failed.recoverable) << body;
    ExpectDurable(download, failed.state, "hello");
  }
}

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
                                    : AnswerFor(FileOf(1), request);
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
  const OriginFile file = FileOf(0, 1'000);
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
  const OriginFile file = FileOf(0, 6'000);
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
  const OriginFile file = FileOf(0);
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
  const OriginFile file = FileOf(0);
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
  const OriginFile file = FileOf(0);
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
  const OriginFile file = FileOf(0, 500'000);
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
  const OriginFile file = FileOf(0, 100'000);
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
