// Downloads that go on where an earlier attempt ended, at origins that misbehave.
// What holds in every case: the file is the right bytes of one version or the
// attempt is an error, never a mix.
#include "tests/engine/transfer/download_fault_fixture.h"

namespace engine::transfer {
namespace {

using support::AnswerFor;
using support::OriginAnswer;
using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using support::PatternBytes;

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
                              ? AnswerFor(VersionOf(fault.version), request)
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
    const OriginFile file = VersionOf(++version);
    OriginAnswer answer = AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, 700));
    reply.CutWithFin();
  });
  FileState state;
  for (int i = 0; i < 5; ++i) {
    if (i > 0) {
      const Download resumed = Of(origin.Url("/file"), "file", state);
      RunToRestart(resumed, VersionOf(version).content.substr(0, 700));
    }
    const Download download = Of(origin.Url("/file"));
    const Failed failed = RunToFailure(download);
    EXPECT_TRUE(failed.recoverable);
    EXPECT_EQ(failed.state.validators.etag, VersionOf(version).etag);
    ExpectDurable(download, failed.state, VersionOf(version).content);
    state = failed.state;
  }
}

// --- cut connections ------------------------------------------------------------

class CutTest : public DownloadFaultTest, public ::testing::WithParamInterface<bool> {};

// A reply of about 130 bytes of head and 200 of body is cut after each byte.
TEST_P(CutTest, ACutAtAnyByteEndsInTheRightFileAfterARetry) {
  const bool reset = GetParam();
  const OriginFile file = VersionOf(0, 200);
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
  const OriginFile file = VersionOf(0, 3'000'000);
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

}  // namespace
}  // namespace engine::transfer
