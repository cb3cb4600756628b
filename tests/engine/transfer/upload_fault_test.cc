// Uploads to servers and over connections that fail. What holds in every case: what
// is delivered is the file, and once, or the attempt is an error.
#include <atomic>
#include <ostream>

#include "engine/transfer/upload_attempt.h"
#include "tests/engine/transfer/upload_fixture.h"

namespace engine::transfer {
namespace {

using support::OriginServer;
using support::PatternBytes;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using Kind = BitsFault::Kind;

constexpr std::size_t kSize = 500'000;  // four fragments

std::string AckHead(int status, const std::string& lines) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Scripted\r\nBITS-Packet-Type: Ack\r\nContent-Length: 0\r\n" + lines + "\r\n";
}

// `fault` for the packet of this type and number.
BitsFaults At(const std::string& type, int number, BitsFault fault) {
  return [=](const BitsPacket& packet) {
    return packet.type == type && packet.number == number ? fault : BitsFault{};
  };
}
BitsFaults Always(const std::string& type, BitsFault fault) {
  return [=](const BitsPacket& packet) { return packet.type == type ? fault : BitsFault{}; };
}

class UploadFaultTest : public UploadTest {
 protected:
  UploadFaultTest() { WriteSource(PatternBytes(kSize)); }
};

// --- cut connections --------------------------------------------------------------

struct CutCase {
  const char* type;
  int number;
  Kind kind;
};
void PrintTo(const CutCase& value, std::ostream* stream) {
  *stream << value.type << " " << value.number << " " << static_cast<int>(value.kind);
}

class CutUploadTest : public UploadFaultTest, public ::testing::WithParamInterface<CutCase> {
 protected:
  void RunWith(BitsOptions options) {
    const CutCase& cut = GetParam();
    BitsServer server(options, At(cut.type, cut.number, {cut.kind}));
    ExpectFinished(RunToEnd(UploadTo(server.Url())));
    ASSERT_EQ(server.Delivered().size(), 1u);
    EXPECT_TRUE(server.Delivered().front() == PatternBytes(kSize));
    EXPECT_THAT(server.complaints(), IsEmpty());
  }
};

TEST_P(CutUploadTest, TheFileIsStoredOnceByAServerThatTakesOverlaps) { RunWith({}); }

TEST_P(CutUploadTest, TheFileIsStoredOnceByAStrictServerThatDeliversAtTheEnd) {
  BitsOptions options;
  options.takes_overlap = false;
  options.delivers_at_close = true;
  RunWith(options);
}

TEST_P(CutUploadTest, TheFileIsStoredOnceByAServerThatKeepsPartsOfFragments) {
  BitsOptions options;
  options.takes_overlap = false;
  options.keeps_partial_body = true;
  RunWith(options);
}

std::vector<CutCase> Cuts() {
  std::vector<CutCase> cuts;
  for (const Kind kind : {Kind::kCutAtHead, Kind::kCutInBody, Kind::kCutBeforeAck}) {
    cuts.push_back({"Create-Session", 1, kind});
    for (const int number : {1, 2, 3, 4}) cuts.push_back({"Fragment", number, kind});
    cuts.push_back({"Close-Session", 1, kind});
  }
  return cuts;
}
INSTANTIATE_TEST_SUITE_P(AtEachPacket, CutUploadTest, ::testing::ValuesIn(Cuts()));

TEST_F(UploadFaultTest, ACloseThatWasNotAnsweredIsNotAnotherUpload) {
  // A connection of its own for each request: the client's HTTP library repeats nothing.
  BitsServer server({}, At("Close-Session", 1, {Kind::kCutBeforeAck}));
  const Upload first = UploadTo(server.Url());
  const Event end = RunUpload(first);
  if (std::holds_alternative<Failed>(end)) {
    const UploadState state = StateAfter(first);
    EXPECT_TRUE(state.session.closing);
    ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  }
  ExpectStored(server, PatternBytes(kSize));
  EXPECT_EQ(server.CountOf("Create-Session"), 1);
}

TEST_F(UploadFaultTest, ASavedSessionThatWasClosedUnheardIsDone) {
  BitsServer server;
  UploadState state;
  state.session.id = "{gone}";
  state.session.source = VersionOfSource();
  state.session.closing = true;
  state.offset = kSize;
  ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  EXPECT_EQ(server.CountOf("Create-Session"), 0);
}

TEST_F(UploadFaultTest, ASavedSessionThatIsLostBeforeItsCloseIsMadeAnew) {
  BitsServer server;
  UploadState state;
  state.session.id = "{gone}";
  state.session.source = VersionOfSource();
  state.offset = kSize;
  ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  ExpectStored(server, PatternBytes(kSize));
}

TEST_F(UploadFaultTest, ASavedOffsetBehindTheEndIsNotGoneOnWith) {
  BitsServer server;
  UploadState state;
  state.session.id = "{gone}";
  state.session.source = VersionOfSource();
  state.offset = kSize + 1;
  ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  ExpectStored(server, PatternBytes(kSize));
}

// --- offsets ----------------------------------------------------------------------

TEST_F(UploadFaultTest, TheServerMayWantBytesAgain) {
  BitsServer server(
      {}, At("Fragment", 3, {Kind::kAnswer, AckHead(416, "BITS-Received-Content-Range: 10\r\n")}));
  ExpectFinished(RunUpload(UploadTo(server.Url())));
  ExpectStored(server, PatternBytes(kSize));
  EXPECT_THAT(server.packets(), Contains("Fragment 10"));
}

TEST_F(UploadFaultTest, TheServerMayBeFurtherThanWeKnow) {
  BitsOptions options;
  options.takes_overlap = false;
  BitsServer server(options);
  UploadState state;
  state.session.id =
      server.MakeSession("/uploads/file.bin", PatternBytes(kSize).substr(0, 300'000), kSize);
  state.session.source = VersionOfSource();
  state.offset = 100'000;
  ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  ExpectStored(server, PatternBytes(kSize));
  EXPECT_THAT(server.packets(), Contains("Fragment 300000"));
}

TEST_F(UploadFaultTest, AnOffsetThatNeverMovesEndsTheAttempt) {
  BitsServer server(
      {}, Always("Fragment", {Kind::kAnswer, AckHead(416, "BITS-Received-Content-Range: 0\r\n")}));
  const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url())));
  EXPECT_EQ(failed.error.code, HResult::kNoProgress);
  EXPECT_TRUE(failed.recoverable);
  EXPECT_EQ(server.CountOf("Fragment"), kMaxIdleAcks + 1);
}

TEST_F(UploadFaultTest, AnOffsetThatGoesBackForeverEndsTheAttempt) {
  BitsServer server({}, [](const BitsPacket& packet) {
    if (packet.type != "Fragment") return BitsFault{};
    const std::string next = packet.first == 0 ? "10" : "0";
    return BitsFault{Kind::kAnswer, AckHead(200, "BITS-Received-Content-Range: " + next + "\r\n")};
  });
  const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url())));
  EXPECT_EQ(failed.error.code, HResult::kNoProgress);
  EXPECT_LE(server.CountOf("Fragment"), 3 * kMaxIdleAcks);
}

TEST_F(UploadFaultTest, FragmentsShrinkToWhatTheServerTakes) {
  BitsOptions options;
  options.largest_fragment = 20'000;
  BitsServer server(options);
  ExpectFinished(RunUpload(UploadTo(server.Url())));
  ExpectStored(server, PatternBytes(kSize));
}

TEST_F(UploadFaultTest, AServerThatTakesNoFragmentAtAllIsAFailure) {
  BitsOptions options;
  options.largest_fragment = 100;
  BitsServer server(options);
  const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url())));
  EXPECT_EQ(failed.error.code, HttpError(413));
  EXPECT_FALSE(failed.recoverable);
}

// --- sessions ---------------------------------------------------------------------

TEST_F(UploadFaultTest, ALostSessionIsMadeAnewFromTheStart) {
  BitsServer server({}, At("Fragment", 3, {Kind::kForget}));
  const Upload upload = UploadTo(server.Url());
  ExpectFinished(RunUpload(upload));
  ExpectStored(server, PatternBytes(kSize));
  EXPECT_EQ(server.CountOf("Create-Session"), 2);
  // What is known of the lost session is taken back before the next begins.
  const auto is_empty = [](const Event& event) {
    const auto* advanced = std::get_if<UploadAdvanced>(&event);
    return advanced != nullptr && advanced->state.session.id.empty() && advanced->state.offset == 0;
  };
  const auto all = events().Of(upload.id);
  EXPECT_EQ(std::count_if(all.begin(), all.end(), is_empty), 1);
}

TEST_F(UploadFaultTest, ASessionLostAtItsFirstCloseIsMadeAnew) {
  BitsOptions options;
  options.delivers_at_close = true;
  BitsServer server(options, At("Close-Session", 1, {Kind::kForget}));
  ExpectFinished(RunUpload(UploadTo(server.Url())));
  ExpectStored(server, PatternBytes(kSize));
}

TEST_F(UploadFaultTest, SessionsThatAreAlwaysLostEndTheAttempt) {
  BitsServer server({}, Always("Fragment", {Kind::kForget}));
  const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url())));
  EXPECT_EQ(failed.error.code, HResult::kNoProgress);
  EXPECT_TRUE(failed.recoverable);
  EXPECT_EQ(failed.state.offset, 0u);
  EXPECT_EQ(server.CountOf("Create-Session"), kMaxLostSessions + 1);
}

TEST_F(UploadFaultTest, AServerThatIsBusyIsAskedLater) {
  for (const char* type : {"Create-Session", "Fragment", "Close-Session"}) {
    BitsServer server({}, At(type, 1,
                             {Kind::kAnswer,
                              "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 9\r\n\r\n"}));
    const Upload upload = UploadTo(server.Url());
    const Failed failed = ExpectFailed(RunUpload(upload));
    EXPECT_EQ(failed.error.code, HttpError(503)) << type;
    EXPECT_TRUE(failed.recoverable);
    EXPECT_THAT(failed.retry_after, Optional(std::chrono::seconds(9)));
    ExpectFinished(RunUpload(UploadTo(server.Url(), StateAfter(upload))));
    ExpectStored(server, PatternBytes(kSize));
  }
}

TEST_F(UploadFaultTest, WhatTheServerRefusesForGoodIsFatal) {
  for (const char* type : {"Create-Session", "Fragment", "Close-Session"}) {
    BitsServer server({}, Always(type, {Kind::kAnswer, AckHead(403,
                                                               "BITS-Error: 0x80070005\r\n"
                                                               "BITS-Error-Context: 0x7\r\n")}));
    const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url())));
    EXPECT_EQ(failed.error.code, HResult::kAccessDenied) << type;
    EXPECT_EQ(failed.error.context, ErrorContext::kRemoteApplication);
    EXPECT_FALSE(failed.recoverable);
  }
}

TEST_F(UploadFaultTest, AServerThatTakesOrSaysNothingIsATimeout) {
  for (const char* type : {"Create-Session", "Fragment"}) {
    BitsServer server({}, Always(type, {Kind::kStall}));
    const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url())));
    EXPECT_EQ(failed.error.code, HResult::kTimeout) << type;
    EXPECT_TRUE(failed.recoverable);
  }
}

TEST_F(UploadFaultTest, NobodyListensIsRecoverable) {
  std::string url;
  {
    BitsServer gone;
    url = gone.Url();
  }
  const Failed failed = ExpectFailed(RunUpload(UploadTo(url)));
  EXPECT_EQ(failed.error.code, HResult::kCannotConnect);
  EXPECT_TRUE(failed.recoverable);
}

// --- hostile answers --------------------------------------------------------------

TEST_F(UploadFaultTest, AnswersThatCannotBeMeantAreNotBelieved) {
  const std::string offset = "BITS-Received-Content-Range: ";
  for (const std::string& lines :
       {std::string(), offset + "500001\r\n", offset + "-1\r\n",
        offset + "99999999999999999999\r\n", offset + "5\r\n" + offset + "6\r\n",
        offset + "5\r\nBITS-Session-Id: {other}\r\n", offset + "5\r\nContent-Length: 7\r\n",
        offset + "5\r\nBITS-X: " + std::string(kMaxUploadValue + 1, 'x') + "\r\n",
        offset + "5\r\nBad Line\r\n"}) {
    BitsServer server({}, Always("Fragment", {Kind::kAnswer, AckHead(200, lines)}));
    const Upload upload = UploadTo(server.Url());
    const Failed failed = ExpectFailed(RunUpload(upload));
    EXPECT_EQ(failed.error.code, HResult::kInvalidServerReply) << lines;
    EXPECT_TRUE(failed.recoverable);
    EXPECT_EQ(StateAfter(upload).offset, 0u);
    EXPECT_EQ(server.CountOf("Fragment"), 1);
  }
}

TEST_F(UploadFaultTest, AnAckWithALongBodyIsCutShort) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nBITS-Packet-Type: Ack\r\nContent-Length: 10000000\r\n"
      "BITS-Received-Content-Range: 65536\r\n\r\n";
  BitsServer server({}, At("Fragment", 1, {Kind::kAnswer, head + std::string(10'000'000, 'x')}));
  const Upload upload = UploadTo(server.Url());
  // The server did not take the bytes that it acknowledged, and says so next.
  ExpectFinished(RunUpload(upload));
  ExpectStored(server, PatternBytes(kSize));
}

TEST_F(UploadFaultTest, AServerWithoutUploadsIsAFailure) {
  OriginServer origin([](const support::OriginRequest&, support::OriginReply& reply) {
    reply.Head(405, {"Content-Length: 0"});
  });
  const Failed failed = ExpectFailed(RunUpload(UploadTo(origin.Url("/f"))));
  EXPECT_EQ(failed.error.code, HttpError(405));
  EXPECT_FALSE(failed.recoverable);
}

// --- Cancel-Session ---------------------------------------------------------------

class CancelTest : public UploadTest {
 protected:
  SessionCancelled CancelAt(const std::string& url, const std::string& session = "{1}") {
    CancelSession cancel{Of(url).id, url, {}};
    cancel.session.id = session;
    return RunCancel(cancel);
  }
};

TEST_F(CancelTest, ASessionThatIsGoneIsCancelled) {
  BitsServer server;
  const SessionCancelled answer = CancelAt(server.Url());
  EXPECT_FALSE(answer.error);
  EXPECT_FALSE(answer.again);
  EXPECT_EQ(server.CountOf("Cancel-Session"), 1);
}

TEST_F(CancelTest, WithoutASessionNobodyIsTold) {
  BitsServer server;
  EXPECT_FALSE(CancelAt(server.Url(), "").error);
  EXPECT_THAT(server.packets(), IsEmpty());
}

TEST_F(CancelTest, AServerThatFailsIsToldAgainAndOneThatRefusesIsNot) {
  for (const auto& [status, again] :
       {std::pair{500, true}, std::pair{503, true}, std::pair{400, false}, std::pair{404, false}}) {
    BitsServer server({}, Always("Cancel-Session", {Kind::kAnswer, AckHead(status, "")}));
    const SessionCancelled answer = CancelAt(server.Url());
    EXPECT_TRUE(answer.error);
    EXPECT_EQ(answer.again, again) << status;
  }
}

TEST_F(CancelTest, AServerThatIsNotThereIsToldAgain) {
  std::string url;
  {
    BitsServer gone;
    url = gone.Url();
  }
  EXPECT_TRUE(CancelAt(url).again);
}

TEST_F(CancelTest, ShutdownAnswersWhatIsUnderWay) {
  BitsServer server({}, Always("Cancel-Session", {Kind::kStall}));
  CancelSession cancel{Of(server.Url()).id, server.Url(), {}};
  cancel.session.id = "{1}";
  transfers().Cancel(cancel);
  EndThreads();
  ASSERT_EQ(events().Of(cancel.id).size(), 1u);
  EXPECT_TRUE(std::get<SessionCancelled>(events().Of(cancel.id).front()).again);
}

}  // namespace
}  // namespace engine::transfer
