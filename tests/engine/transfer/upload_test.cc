// Uploads to a server that keeps to the protocol.
#include <atomic>

#include "engine/transfer/fragment_size.h"
#include "tests/engine/transfer/upload_fixture.h"

namespace engine::transfer {
namespace {

using support::PatternBytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST_F(UploadTest, AFileArrivesWholeAndIsStoredOnce) {
  const std::string content = PatternBytes(3'000'000);
  WriteSource(content);
  BitsServer server;
  const Upload upload = UploadTo(server.Url());
  const Event end = RunUpload(upload);
  ExpectFinished(end);
  EXPECT_THAT(std::get<Finished>(end).state.offset, content.size());
  EXPECT_THAT(std::get<Finished>(end).state.total, Optional(content.size()));
  ExpectStored(server, content);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_TRUE(StateAfter(upload).session.closed);
  EXPECT_EQ(Count<Connected>(events().Of(upload.id)), 1);
}

TEST_F(UploadTest, OneByteIsOneFragment) {
  WriteSource("x");
  BitsServer server;
  ExpectFinished(RunUpload(UploadTo(server.Url())));
  ExpectStored(server, "x");
  EXPECT_THAT(server.packets(), ElementsAre("Create-Session", "Fragment 0", "Close-Session"));
}

TEST_F(UploadTest, SizesAroundABufferAndAFragmentArrive) {
  for (const std::size_t size : {kFirstFragment - 1, kFirstFragment, kFirstFragment + 1,
                                 kBufferBytes - 1, kBufferBytes + 1}) {
    WriteSource(PatternBytes(size));
    BitsServer server;
    ExpectFinished(RunUpload(UploadTo(server.Url())));
    ExpectStored(server, PatternBytes(size));
  }
}

TEST_F(UploadTest, AnEmptyFileIsRefusedWithASentence) {
  WriteSource("");
  BitsServer server;
  const Failed failed = ExpectFailed(RunUpload(UploadTo(server.Url())));
  EXPECT_EQ(failed.error.code, HResult::kInvalidArgument);
  EXPECT_THAT(failed.error.message, HasSubstr("put something into it and Resume"));
  EXPECT_EQ(failed.error.context, ErrorContext::kLocalFile);
  EXPECT_FALSE(failed.recoverable);
  EXPECT_THAT(server.packets(), IsEmpty());
}

TEST_F(UploadTest, FragmentsGrowOnAFastLine) {
  const std::string content = PatternBytes(40u << 20);
  WriteSource(content);
  BitsServer server;
  ExpectFinished(RunUpload(UploadTo(server.Url())));
  ExpectStored(server, content);
  EXPECT_LE(server.CountOf("Fragment"), 16);
}

TEST_F(UploadTest, StopKeepsTheSessionAndTheNextAttemptGoesOnWithIt) {
  const std::string content = PatternBytes(2'000'000);
  WriteSource(content);
  std::atomic<bool> stalls = true;
  BitsServer server({}, [&stalls](const BitsPacket& packet) {
    const bool stall = stalls && packet.type == "Fragment" && packet.number >= 3;
    return BitsFault{stall ? BitsFault::Kind::kStall : BitsFault::Kind::kNone};
  });
  Upload upload = UploadTo(server.Url());
  transfers().Start(upload);
  ASSERT_TRUE(events().WaitUntil(upload.id,
                                 [](const auto& all) { return Count<UploadAdvanced>(all) == 3; }));
  transfers().Stop(upload.id);
  const auto end = events().WaitForEnd(upload.id);
  ASSERT_TRUE(end && std::holds_alternative<Stopped>(*end));
  stalls = false;
  const UploadState state = StateAfter(upload);
  EXPECT_GT(state.offset, 0u);
  EXPECT_EQ(std::get<Stopped>(*end).state.offset, state.offset);
  ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  ExpectStored(server, content);
  EXPECT_EQ(server.CountOf("Create-Session"), 1);
  EXPECT_EQ(server.CountOf("Ping"), 1);
}

TEST_F(UploadTest, NoByteIsSentBeforeTheSessionIsStored) {
  WriteSource(PatternBytes(1'000));
  BitsServer server;
  stores_ = false;
  const Upload first = UploadTo(server.Url());
  transfers().Start(first);
  const UploadState state = WaitForWait(first, 1);
  EXPECT_FALSE(state.session.id.empty());
  transfers().Stop(first.id);
  const auto end = events().WaitForEnd(first.id);
  ASSERT_TRUE(end && std::holds_alternative<Stopped>(*end));
  EXPECT_THAT(server.packets(), ElementsAre("Create-Session"));
  stores_ = true;
  ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  ExpectStored(server, PatternBytes(1'000));
  EXPECT_EQ(server.CountOf("Create-Session"), 1);
}

TEST_F(UploadTest, ASessionIsClosedWhenItIsStoredThatItWillBe) {
  WriteSource(PatternBytes(1'000));
  BitsServer server;
  stores_ = false;
  const Upload upload = UploadTo(server.Url());
  transfers().Start(upload);
  EXPECT_FALSE(WaitForWait(upload, 1).session.closing);
  transfers().GoOn(upload.id);
  const UploadState state = WaitForWait(upload, 2);
  EXPECT_TRUE(state.session.closing);
  EXPECT_EQ(state.offset, 1'000u);
  EXPECT_THAT(server.packets(), ElementsAre("Create-Session", "Fragment 0"));
  transfers().GoOn(upload.id);
  transfers().GoOn(upload.id);  // nobody waits
  const auto end = events().WaitForEnd(upload.id);
  ASSERT_TRUE(end);
  ExpectFinished(*end);
  ExpectStored(server, PatternBytes(1'000));
}

TEST_F(UploadTest, AnAttemptThatStopsBeforeItsCloseLeavesTheSessionOpen) {
  WriteSource(PatternBytes(1'000));
  BitsOptions options;
  options.delivers_at_close = true;
  std::atomic<bool> forgets = false;
  BitsServer server(options, [&forgets](const BitsPacket&) {
    return BitsFault{forgets.exchange(false) ? BitsFault::Kind::kForget : BitsFault::Kind::kNone};
  });
  stores_ = false;
  const Upload first = UploadTo(server.Url());
  transfers().Start(first);
  WaitForWait(first, 1);
  transfers().GoOn(first.id);
  WaitForWait(first, 2);
  transfers().Stop(first.id);
  ASSERT_TRUE(events().WaitForEnd(first.id));
  const UploadState state = StateAfter(first);
  EXPECT_FALSE(state.session.closing);
  stores_ = true;
  forgets = true;
  ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  ExpectStored(server, PatternBytes(1'000));
  EXPECT_EQ(server.CountOf("Create-Session"), 2);
}

TEST_F(UploadTest, ASourceThatChangesBeforeTheCloseIsNotStored) {
  WriteSource(PatternBytes(1'000));
  BitsOptions options;
  options.delivers_at_close = true;
  BitsServer server(options);
  stores_ = false;
  const Upload upload = UploadTo(server.Url());
  transfers().Start(upload);
  WaitForWait(upload, 1);
  transfers().GoOn(upload.id);
  WaitForWait(upload, 2);
  WriteFile(SourcePath(), PatternBytes(1'001));
  transfers().GoOn(upload.id);
  const auto end = events().WaitForEnd(upload.id);
  ASSERT_TRUE(end);
  EXPECT_EQ(ExpectFailed(*end).error.code, HResult::kLocalFileChanged);
  EXPECT_THAT(server.Delivered(), IsEmpty());
  EXPECT_EQ(server.CountOf("Cancel-Session"), 1);
}

TEST_F(UploadTest, TheReplyIsFetchedBeforeTheSessionIsClosed) {
  WriteSource(PatternBytes(200'000));
  BitsOptions options;
  options.reply = PatternBytes(100'000, 7);
  BitsServer server(options);
  const Upload upload = UploadReplyTo(server.Url());
  ExpectFinished(RunUpload(upload));
  ExpectStored(server, PatternBytes(200'000));
  EXPECT_TRUE(Reply() == options.reply);
  const UploadState state = StateAfter(upload);
  EXPECT_EQ(state.reply.offset, options.reply.size());
  EXPECT_THAT(state.reply.total, Optional(options.reply.size()));
  EXPECT_EQ(state.reply_url,
            server.Url("/uploads/BITS-Sessions/Replies/%7Bsession-1%7D/reply.bin"));
}

TEST_F(UploadTest, CancelEndsTheSession) {
  BitsServer server;
  CancelSession cancel{Of(server.Url()).id, server.Url(), {}};
  cancel.session.id = server.MakeSession("/uploads/file.bin", "abc", 5);
  EXPECT_FALSE(RunCancel(cancel).error);
  EXPECT_EQ(server.open_sessions(), 0u);
}

}  // namespace
}  // namespace engine::transfer
