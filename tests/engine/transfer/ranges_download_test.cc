// Downloads of ranges. What holds in every case: the file is those ranges of one
// version, in the order given, or the attempt is an error.
#include <atomic>

#include "engine/transfer/buffer_pool.h"
#include "tests/engine/transfer/served_file.h"
#include "tests/engine/transfer/transfer_fixture.h"

namespace engine::transfer {
namespace {

using support::AnswerFor;
using support::OriginAnswer;
using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using ::testing::ElementsAre;
using ::testing::Optional;

constexpr std::uint64_t kToEnd = FileRange::kToEnd;
constexpr std::size_t kSize = 10'000;

OriginFile VersionOf(unsigned version, std::size_t size = kSize) { return FileOf(size, version); }

// What the local file must hold.
std::string Cut(const std::string& content, const std::vector<FileRange>& ranges) {
  std::string result;
  for (const FileRange& range : ranges) result += content.substr(range.offset, range.length);
  return result;
}

class RangesDownloadTest : public TransferTest {
 protected:
  Download RangesOf(const std::string& url, std::vector<FileRange> ranges, FileState resume = {}) {
    Download download = Of(url, "file", std::move(resume));
    download.ranges = std::make_shared<const std::vector<FileRange>>(std::move(ranges));
    return download;
  }

  static std::vector<std::string> RangesAskedOf(const OriginServer& origin) {
    std::vector<std::string> ranges;
    for (const OriginRequest& request : origin.requests())
      ranges.push_back(request.Header("range"));
    return ranges;
  }
};

TEST_F(RangesDownloadTest, TheFileIsTheRangesInTheOrderGiven) {
  const OriginFile file = VersionOf(0);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  });
  const std::vector<FileRange> ranges{{5'000, 10}, {0, 100}, {9'000, kToEnd}, {200, 1}};
  const Download download = RangesOf(origin.Url("/file"), ranges);
  const Finished finished = RunToFinish(download);
  EXPECT_EQ(finished.state.offset, 1'111u);
  EXPECT_THAT(finished.state.total, Optional(1'111u));
  EXPECT_EQ(finished.state.validators.etag, "\"v0\"");
  ExpectFile(download, Cut(file.content, ranges));
  EXPECT_THAT(RangesAskedOf(origin),
              ElementsAre("bytes=5000-5009", "bytes=0-99", "bytes=9000-9999", "bytes=200-200"));
  EXPECT_EQ(origin.requests().front().Header("if-range"), "");
  EXPECT_EQ(origin.requests().back().Header("if-range"), "\"v0\"");
  EXPECT_EQ(origin.connections(), 1);
  const auto all = events().Of(download.id);
  EXPECT_EQ(Count<Connected>(all), 1);
}

TEST_F(RangesDownloadTest, RangesLargerThanABufferArriveWhole) {
  const OriginFile file = VersionOf(0, 3 * kBufferBytes);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  });
  const std::vector<FileRange> ranges{{kBufferBytes + 5, kToEnd}, {1, kBufferBytes}};
  const Download download = RangesOf(origin.Url("/file"), ranges);
  RunToFinish(download);
  ExpectFile(download, Cut(file.content, ranges));
}

// Each request gets a few bytes and a cut; attempts go on where the one before ended.
TEST_F(RangesDownloadTest, AResumeGoesOnInsideTheRange) {
  const OriginFile file = VersionOf(0);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const OriginAnswer answer = AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, 70));
    if (answer.body.size() > 70) reply.CutWithFin();
  });
  const std::vector<FileRange> ranges{{100, 150}, {9'900, kToEnd}, {50, 20}};
  FileState state;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const Download download = RangesOf(origin.Url("/file"), ranges, state);
    const Event end = Run(download);
    if (std::holds_alternative<Finished>(end)) break;
    ASSERT_TRUE(std::holds_alternative<Failed>(end)) << end.index();
    state = std::get<Failed>(end).state;
    EXPECT_TRUE(std::get<Failed>(end).recoverable);
    ExpectDurable(download, state, Cut(file.content, ranges));
  }
  const Download last = RangesOf(origin.Url("/file"), ranges);
  ExpectFile(last, Cut(file.content, ranges));
}

TEST_F(RangesDownloadTest, AFileThatChangesBetweenRangesIsFetchedAnew) {
  std::atomic<int> asked = 0;
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(VersionOf(++asked <= 1 ? 0 : 1), request, reply);
  });
  const std::vector<FileRange> ranges{{0, 100}, {5'000, 100}};
  const Download download = RangesOf(origin.Url("/file"), ranges);
  const Event end = Run(download);
  const bool restarted = std::holds_alternative<Restarted>(end);
  EXPECT_TRUE(restarted || std::holds_alternative<Finished>(end)) << end.index();
  if (restarted) RunToFinish(RangesOf(origin.Url("/file"), ranges));
  ExpectFile(download, Cut(VersionOf(1).content, ranges));
}

TEST_F(RangesDownloadTest, AFileThatAlwaysChangesIsNeverAMix) {
  std::atomic<unsigned> version = 0;
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(VersionOf(++version), request, reply);
  });
  const Event end = Run(RangesOf(origin.Url("/file"), {{0, 100}, {5'000, 100}}));
  const bool restarted = std::holds_alternative<Restarted>(end);
  ASSERT_TRUE(restarted || std::holds_alternative<Failed>(end)) << end.index();
  if (restarted) return;
  EXPECT_LE(std::get<Failed>(end).state.offset, 100u);
}

// Bytes of the old version are durable: whoever knows of them must forget them first.
TEST_F(RangesDownloadTest, DurableBytesOfAnotherVersionEndTheAttempt) {
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(VersionOf(1), request, reply);
  });
  const std::vector<FileRange> ranges{{0, 100}, {5'000, 100}};
  const Download download =
      RangesOf(origin.Url("/file"), ranges, FileState{100, 200, {"\"v0\"", kDate}});
  const std::string old = VersionOf(0).content.substr(0, 100);
  WriteFile(TemporaryPath(download), old);
  EXPECT_TRUE(std::holds_alternative<Restarted>(Run(download)));
  EXPECT_EQ(ReadFile(TemporaryPath(download)), old);
  EXPECT_EQ(origin.requests().back().Header("if-range"), "\"v0\"");
  RunToFinish(RangesOf(origin.Url("/file"), ranges));
  ExpectFile(download, Cut(VersionOf(1).content, ranges));
}

TEST_F(RangesDownloadTest, BytesWithoutProofAreFetchedAnew) {
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(VersionOf(0), request, reply);
  });
  // The length of the whole file is not known, so that the date proves nothing.
  const Download download =
      RangesOf(origin.Url("/file"), {{0, 100}, {5'000, 100}}, FileState{100, 200, {"", kDate}});
  WriteFile(TemporaryPath(download), std::string(100, 'x'));
  EXPECT_TRUE(std::holds_alternative<Restarted>(Run(download)));
  EXPECT_EQ(origin.requests().size(), 0u);
}

struct RefusalCase {
  const char* name;
  OriginAnswer answer;
  HResult code;
};

std::vector<RefusalCase> RefusalCases() {
  const std::string content = VersionOf(0).content;
  const auto part = [&](std::size_t first, std::size_t last) {
    const std::string range = std::to_string(first) + "-" + std::to_string(last);
    return OriginAnswer{206,
                        {"ETag: \"v0\"", "Content-Range: bytes " + range + "/10000",
                         "Content-Length: " + std::to_string(last - first + 1)},
                        content.substr(first, last - first + 1)};
  };
  return {
      {"TheWholeFile",
       {200, {"ETag: \"v0\"", "Content-Length: 10000"}, content},
       HResult::kInsufficientRangeSupport},
      {"MergedRanges", part(100, 5'099), HResult::kInvalidServerResponse},
      {"AnotherRange", part(101, 199), HResult::kInvalidServerResponse},
      {"Multipart",
       {206,
        {"ETag: \"v0\"", "Content-Type: multipart/byteranges; boundary=b", "Content-Length: 3"},
        "--b"},
       HResult::kInvalidServerResponse},
      {"NoContentRange",
       {206, {"ETag: \"v0\"", "Content-Length: 100"}, content.substr(100, 100)},
       HResult::kInvalidServerResponse},
      {"NoValidators",
       {206,
        {"Content-Range: bytes 100-199/10000", "Content-Length: 100"},
        content.substr(100, 100)},
       HResult::kInsufficientRangeSupport},
      {"NoSuchRange",
       {416, {"Content-Range: bytes */50", "Content-Length: 0"}, ""},
       HResult::kInvalidRange},
      {"AShortFile",
       {206,
        {"ETag: \"v0\"", "Content-Range: bytes 100-149/150", "Content-Length: 50"},
        content.substr(100, 50)},
       HResult::kInvalidRange},
  };
}

void PrintTo(const RefusalCase& value, std::ostream* stream) { *stream << value.name; }

class RangesRefusalTest : public RangesDownloadTest,
                          public ::testing::WithParamInterface<RefusalCase> {};

TEST_P(RangesRefusalTest, IsAFatalErrorBeforeAByteIsWritten) {
  OriginServer origin([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(GetParam().answer.status, GetParam().answer.lines);
    reply.Send(GetParam().answer.body);
  });
  const Download download = RangesOf(origin.Url("/file"), {{100, 100}, {5'000, 100}});
  const Failed failed = RunToFailure(download);
  EXPECT_EQ(failed.error.code, GetParam().code) << failed.error.message;
  EXPECT_EQ(failed.error.context, ErrorContext::kRemoteFile);
  EXPECT_FALSE(failed.recoverable);
  EXPECT_EQ(failed.state.offset, 0u);
  EXPECT_FALSE(std::filesystem::exists(TemporaryPath(download)));
}

INSTANTIATE_TEST_SUITE_P(Cases, RangesRefusalTest, ::testing::ValuesIn(RefusalCases()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(RangesDownloadTest, ABodyBeyondTheRangeNeverGetsIntoTheFile) {
  const OriginFile file = VersionOf(0);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    if (request.Header("range") != "bytes=0-99") return support::ServeFile(file, request, reply);
    reply.Head(206,
               {"ETag: \"v0\"", "Content-Range: bytes 0-99/10000", "Transfer-Encoding: chunked"});
    reply.Send("c8\r\n" + file.content.substr(0, 200) + "\r\n0\r\n\r\n");
  });
  const Failed failed = RunToFailure(RangesOf(origin.Url("/file"), {{0, 100}, {5'000, 100}}));
  EXPECT_EQ(failed.error.code, HResult::kInvalidServerReply);
  EXPECT_EQ(failed.state.offset, 0u);
}

}  // namespace
}  // namespace engine::transfer
