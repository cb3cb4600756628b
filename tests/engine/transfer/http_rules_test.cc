#include "engine/transfer/http_rules.h"

#include <gmock/gmock.h>

#include "engine/transfer/http_fields.h"

namespace engine::transfer {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kLaterDate = "Sun, 06 Nov 1994 08:49:38 GMT";

ReplyHead Head(int status, std::vector<HeaderField> fields) {
  return ReplyHead{status, 1, std::move(fields), std::nullopt};
}

// Five of ten bytes of version "a" are here.
FileState Tagged() { return {5, 10, {"\"a\"", ""}}; }
FileState Dated() { return {5, 10, {"", kDate}}; }

template <class T>
T As(const Decision& decision) {
  const T* wanted = std::get_if<T>(&decision);
  if (wanted != nullptr) return *wanted;
  ADD_FAILURE() << "another decision: index " << decision.index();
  return T{};
}

Error RefusalOf(const Decision& decision) { return As<Refuse>(decision).error; }

// --- the request --------------------------------------------------------------

TEST(PlanRequestTest, AStartAsksForEverythingWithoutConditions) {
  EXPECT_THAT(PlanRequest({0, 10, {"\"a\"", kDate}}).headers, IsEmpty());
}

TEST(PlanRequestTest, AStrongEtagIsSentInIfRange) {
  const RangeRequest request = PlanRequest({5, 10, {"\"a\"", kDate}});
  EXPECT_EQ(request.offset, 5u);
  EXPECT_THAT(request.headers, ElementsAre("Range: bytes=5-", "If-Range: \"a\""));
}

TEST(PlanRequestTest, ADateIsSentInIfUnmodifiedSinceAndAWeakEtagNever) {
  const RangeRequest request = PlanRequest({5, 10, {"W/\"a\"", kDate}});
  EXPECT_EQ(request.offset, 5u);
  EXPECT_THAT(request.headers,
              ElementsAre("Range: bytes=5-", std::string("If-Unmodified-Since: ") + kDate));
}

TEST(PlanRequestTest, WithoutProofTheFileStartsAtZero) {
  for (const FileState& state :
       {FileState{5, 10, {}}, FileState{5, 10, {"W/\"a\"", ""}}, FileState{5, 10, {"a", "soon"}},
        FileState{5, std::nullopt, {"", kDate}}}) {
    EXPECT_EQ(PlanRequest(state).offset, 0u);
    EXPECT_THAT(PlanRequest(state).headers, IsEmpty());
  }
}

TEST(PlanRequestTest, ValidatorsThatWouldBreakTheRequestAreNotSent) {
  EXPECT_THAT(PlanRequest({5, 10, {"\"a\"\r\nX: y", ""}}).headers, IsEmpty());
  EXPECT_THAT(PlanRequest({5, 10, {"\"a\r\nX: y\"", ""}}).headers, IsEmpty());
}

// --- 200 ----------------------------------------------------------------------

TEST(JudgeTest, AWholeBodyIsTakenFromZero) {
  const auto take = As<TakeBody>(Judge(
      {}, Head(200, {{"content-length", "10"}, {"ETag", "\"a\""}, {"Last-Modified", kDate}})));
  EXPECT_EQ(take.offset, 0u);
  EXPECT_EQ(take.skip, 0u);
  EXPECT_THAT(take.body_length, Optional(10u));
  EXPECT_THAT(take.state.total, Optional(10u));
  EXPECT_EQ(take.state.validators, (Validators{"\"a\"", kDate}));
  EXPECT_FALSE(take.restarted);
}

TEST(JudgeTest, AnEmptyFileIsAFile) {
  EXPECT_THAT(As<TakeBody>(Judge({}, Head(200, {{"Content-Length", "0"}}))).body_length,
              Optional(0u));
}

TEST(JudgeTest, AWholeBodyOnAResumeRestartsTheFileWhateverItsVersion) {
  for (const char* etag : {"\"a\"", "\"b\""}) {
    const auto take =
        As<TakeBody>(Judge(Tagged(), Head(200, {{"Content-Length", "10"}, {"ETag", etag}})));
    EXPECT_EQ(take.offset, 0u);
    EXPECT_EQ(take.state.offset, 0u);
    EXPECT_EQ(take.state.validators.etag, etag);
    EXPECT_TRUE(take.restarted);
  }
}

TEST(JudgeTest, EarlierBytesWithoutProofAreReplaced) {
  const FileState unprovable{5, 10, {}};
  EXPECT_TRUE(As<TakeBody>(Judge(unprovable, Head(200, {{"Content-Length", "10"}}))).restarted);
}

TEST(JudgeTest, ChunksNeedNoLength) {
  const auto take = As<TakeBody>(Judge({}, Head(200, {{"Transfer-Encoding", "Chunked"}})));
  EXPECT_TRUE(take.chunked);
  EXPECT_THAT(take.body_length, Eq(std::nullopt));
  EXPECT_THAT(take.state.total, Eq(std::nullopt));
}

TEST(JudgeTest, ChunksWinOverAContentLength) {
  const auto take = As<TakeBody>(
      Judge({}, Head(200, {{"Transfer-Encoding", "chunked"}, {"Content-Length", "7"}})));
  EXPECT_TRUE(take.chunked);
  EXPECT_THAT(take.state.total, Eq(std::nullopt));
}

TEST(JudgeTest, AnotherTransferCodingIsRefused) {
  for (const char* coding : {"gzip", "gzip, chunked", "chunked, chunked", "identity", ""}) {
    EXPECT_EQ(RefusalOf(Judge({}, Head(200, {{"Transfer-Encoding", coding}}))).code,
              HResult::kInvalidServerReply)
        << coding;
  }
  ReplyHead old = Head(200, {{"Transfer-Encoding", "chunked"}});
  old.http_minor = 0;
  EXPECT_EQ(RefusalOf(Judge({}, old)).code, HResult::kInvalidServerReply);
}

TEST(JudgeTest, AMissingLengthIsRefusedForGood) {
  const auto refuse = As<Refuse>(Judge({}, Head(200, {})));
  EXPECT_EQ(refuse.error.code, HResult::kMissingFileSize);
  EXPECT_FALSE(refuse.recoverable);
}

TEST(JudgeTest, Http10WithALengthIsTaken) {
  ReplyHead old = Head(200, {{"Content-Length", "3"}});
  old.http_minor = 0;
  EXPECT_THAT(As<TakeBody>(Judge({}, old)).body_length, Optional(3u));
}

TEST(JudgeTest, ContentLengthIsOneNumber) {
  for (const char* bad :
       {"-1", "+1", "1,2", "", "9223372036854775808", "18446744073709551616", "1 2", "0x1"}) {
    const auto refuse = As<Refuse>(Judge({}, Head(200, {{"Content-Length", bad}})));
    EXPECT_EQ(refuse.error.code, HResult::kInvalidServerReply) << bad;
    EXPECT_TRUE(refuse.recoverable) << bad;
  }
  EXPECT_THAT(
      RefusalOf(Judge({}, Head(200, {{"Content-Length", "5"}, {"Content-Length", "6"}}))).message,
      HasSubstr("two different"));
  EXPECT_THAT(As<TakeBody>(Judge({}, Head(200, {{"Content-Length", "5, 5"}}))).body_length,
              Optional(5u));
}

TEST(JudgeTest, AnUnaskedContentEncodingIsRefused) {
  const auto refuse =
      As<Refuse>(Judge({}, Head(200, {{"Content-Length", "5"}, {"Content-Encoding", "gzip"}})));
  EXPECT_EQ(refuse.error.code, HResult::kInsufficientHttpSupport);
  EXPECT_FALSE(refuse.recoverable);
  As<TakeBody>(Judge({}, Head(200, {{"Content-Length", "5"}, {"Content-Encoding", "Identity"}})));
}

TEST(JudgeTest, ValidatorsThatProveNothingAreNotKept) {
  const auto validators = [](std::vector<HeaderField> fields) {
    fields.push_back({"Content-Length", "10"});
    return As<TakeBody>(Judge({}, Head(200, std::move(fields)))).state.validators;
  };
  EXPECT_EQ(validators({{"ETag", "unquoted"}, {"Last-Modified", "soon"}}), Validators{});
  EXPECT_EQ(validators({{"ETag", "\"a\""}, {"ETag", "\"b\""}}), Validators{});
  // The file may change again within the second in which it was sent.
  EXPECT_EQ(validators({{"Last-Modified", kDate}, {"Date", kDate}}), Validators{});
  EXPECT_EQ(validators({{"Last-Modified", kLaterDate}, {"Date", kDate}}), Validators{});
  EXPECT_EQ(validators({{"Last-Modified", kDate}, {"Date", kLaterDate}}), (Validators{"", kDate}));
  EXPECT_EQ(validators({{"ETag", "\"a\""}, {"Last-Modified", kDate}, {"Date", kDate}}),
            (Validators{"\"a\"", kDate}));
}

// --- 206 ----------------------------------------------------------------------

std::vector<HeaderField> Part(const char* range, std::vector<HeaderField> more = {}) {
  more.push_back({"Content-Range", range});
  more.push_back({"ETag", "\"a\""});
  return more;
}

TEST(JudgeTest, TheMissingPartOfTheSameVersionContinuesTheFile) {
  const auto take =
      As<TakeBody>(Judge(Tagged(), Head(206, Part("bytes 5-9/10", {{"Content-Length", "5"}}))));
  EXPECT_EQ(take.offset, 5u);
  EXPECT_EQ(take.skip, 0u);
  EXPECT_THAT(take.body_length, Optional(5u));
  EXPECT_THAT(take.state.total, Optional(10u));
  EXPECT_FALSE(take.restarted);
}

TEST(JudgeTest, ADateProvesTheVersionTogetherWithTheLength) {
  const auto reply = [](const char* range, const char* date) {
    return Head(206, {{"Content-Range", range}, {"Last-Modified", date}});
  };
  EXPECT_EQ(As<TakeBody>(Judge(Dated(), reply("bytes 5-9/10", kDate))).offset, 5u);
  As<StartOver>(Judge(Dated(), reply("bytes 5-9/10", kLaterDate)));
  As<StartOver>(Judge(Dated(), reply("bytes 5-9/10", "")));
  As<StartOver>(Judge(Dated(), reply("bytes 5-9/*", kDate)));
  As<StartOver>(Judge(Dated(), reply("bytes 5-9/11", kDate)));
}

TEST(JudgeTest, APartThatStartsEarlyLosesTheOverlap) {
  const auto take = As<TakeBody>(Judge(Tagged(), Head(206, Part("bytes 2-9/10"))));
  EXPECT_EQ(take.offset, 5u);
  EXPECT_EQ(take.skip, 3u);
  EXPECT_THAT(take.body_length, Optional(8u));
}

TEST(JudgeTest, AShortPartIsTakenAndLeavesTheRest) {
  const auto take = As<TakeBody>(Judge(Tagged(), Head(206, Part("bytes 5-7/10"))));
  EXPECT_THAT(take.body_length, Optional(3u));
  EXPECT_THAT(take.state.total, Optional(10u));
}

TEST(JudgeTest, APartOfUnknownTotalNeedsAStrongEtagAndAKnownTotal) {
  EXPECT_THAT(As<TakeBody>(Judge(Tagged(), Head(206, Part("bytes 5-9/*")))).state.total,
              Optional(10u));
  const FileState unknown{5, std::nullopt, {"\"a\"", ""}};
  As<StartOver>(Judge(unknown, Head(206, Part("bytes 5-9/*"))));
  EXPECT_THAT(As<TakeBody>(Judge(unknown, Head(206, Part("bytes 5-9/10")))).state.total,
              Optional(10u));
}

TEST(JudgeTest, APartThatDoesNotFitStartsTheFileOver) {
  for (const char* range : {"bytes 6-9/10", "bytes 0-4/10", "bytes */10", "bytes 5-9/11",
                            "bytes 5-8/9", "bytes 5-10/*", "bytes 9-5/10", "nonsense", ""}) {
    EXPECT_FALSE(As<StartOver>(Judge(Tagged(), Head(206, Part(range)))).reason.empty()) << range;
  }
  As<StartOver>(Judge(Tagged(), Head(206, {{"ETag", "\"a\""}})));
  As<StartOver>(Judge(Tagged(), Head(206, Part("bytes 5-9/10", {{"Content-Length", "4"}}))));
  As<StartOver>(Judge(
      Tagged(), Head(206, Part("bytes 5-9/10", {{"Content-Type", "Multipart/byteranges; b=x"}}))));
  As<StartOver>(
      Judge(Tagged(), Head(206, Part("bytes 5-9/10", {{"Content-Range", "bytes 0-4/10"}}))));
}

TEST(JudgeTest, APartOfAnotherVersionStartsTheFileOver) {
  const auto reply = [](std::vector<HeaderField> fields) {
    fields.push_back({"Content-Range", "bytes 5-9/10"});
    return Head(206, std::move(fields));
  };
  As<StartOver>(Judge(Tagged(), reply({{"ETag", "\"b\""}})));
  As<StartOver>(Judge(Tagged(), reply({{"ETag", "W/\"a\""}})));
  As<StartOver>(Judge(Tagged(), reply({})));
  const FileState both{5, 10, {"\"a\"", kDate}};
  As<StartOver>(Judge(both, reply({{"ETag", "\"a\""}, {"Last-Modified", kLaterDate}})));
  As<TakeBody>(Judge(both, reply({{"ETag", "\"a\""}})));
  const FileState weak{5, 10, {"W/\"a\"", kDate}};
  As<StartOver>(Judge(weak, reply({{"ETag", "W/\"b\""}, {"Last-Modified", kDate}})));
}

TEST(JudgeTest, A200WithAContentRangeIsAPart) {
  EXPECT_EQ(As<TakeBody>(Judge(Tagged(), Head(200, Part("bytes 5-9/10")))).offset, 5u);
  As<StartOver>(Judge(Tagged(), Head(200, Part("bytes 0-4/10"))));
  As<Refuse>(Judge({}, Head(200, Part("bytes 5-9/10"))));
}

TEST(JudgeTest, AnUnaskedPartIsTakenOnlyFromTheStartOfTheFile) {
  EXPECT_THAT(As<TakeBody>(Judge({}, Head(206, Part("bytes 0-9/10")))).body_length, Optional(10u));
  EXPECT_THAT(As<TakeBody>(Judge({}, Head(206, Part("bytes 0-4/10")))).state.total, Optional(10u));
  for (const char* range : {"bytes 1-9/10", "bytes 0-9/*", "bytes */10", ""}) {
    EXPECT_EQ(RefusalOf(Judge({}, Head(206, Part(range)))).code, HResult::kInvalidServerReply);
  }
  EXPECT_EQ(RefusalOf(Judge({}, Head(206, {{"Content-Range", "bytes 0-4/10"}}))).code,
            HResult::kInsufficientRangeSupport);
}

// --- 412, 416 -----------------------------------------------------------------

TEST(JudgeTest, AFailedConditionStartsTheFileOver) {
  As<StartOver>(Judge(Dated(), Head(412, {})));
  EXPECT_EQ(RefusalOf(Judge({}, Head(412, {}))).code, HttpError(412));
}

TEST(JudgeTest, NothingMissingIsCompleteOnlyWithTheSameTotal) {
  const FileState all{10, 10, {"\"a\"", ""}};
  As<AlreadyComplete>(Judge(all, Head(416, {{"Content-Range", "bytes */10"}})));
  As<StartOver>(Judge(all, Head(416, {{"Content-Range", "bytes */9"}})));
  As<StartOver>(Judge(all, Head(416, {})));
  As<StartOver>(Judge(Tagged(), Head(416, {{"Content-Range", "bytes */10"}})));
  As<StartOver>(
      Judge({5, std::nullopt, {"\"a\"", ""}}, Head(416, {{"Content-Range", "bytes */5"}})));
  EXPECT_EQ(RefusalOf(Judge({}, Head(416, {}))).code, HttpError(416));
}

// --- errors -------------------------------------------------------------------

TEST(JudgeTest, AnErrorStatusBecomesItsHresultInTheContextOfTheRemoteFile) {
  const auto refuse = As<Refuse>(Judge(Tagged(), Head(404, {{"Content-Length", "5"}})));
  EXPECT_EQ(static_cast<std::uint32_t>(refuse.error.code), 0x80190194u);
  EXPECT_EQ(refuse.error.context, ErrorContext::kRemoteFile);
  EXPECT_FALSE(refuse.recoverable);
}

TEST(IsRecoverableTest, FollowsTheTableOfBits) {
  for (int status :
       {300, 301, 302, 303, 304, 305, 307, 400, 401, 403, 404, 407, 410, 416, 499, 501, 505}) {
    EXPECT_FALSE(IsRecoverable(status)) << status;
  }
  for (int status :
       {201, 204, 299, 306, 308, 399, 408, 409, 425, 429, 500, 502, 503, 504, 520, 599}) {
    EXPECT_TRUE(IsRecoverable(status)) << status;
  }
}

TEST(RetryAfterTest, SecondsAreCutAtAnHour) {
  const auto after = [](const char* value) {
    return As<Refuse>(Judge({}, Head(503, {{"Retry-After", value}}))).retry_after;
  };
  EXPECT_THAT(after("0"), Optional(seconds(0)));
  EXPECT_THAT(after("3599"), Optional(seconds(3599)));
  EXPECT_THAT(after("3600"), Optional(seconds(3600)));
  EXPECT_THAT(after("3601"), Optional(seconds(3600)));
  EXPECT_THAT(after("99999999999999999999"), Optional(seconds(3600)));
  EXPECT_THAT(after("-5"), Eq(std::nullopt));
  EXPECT_THAT(after("later"), Eq(std::nullopt));
}

TEST(RetryAfterTest, ADateCountsFromTheServersClock) {
  ReplyHead head = Head(503, {{"Retry-After", kLaterDate}, {"Date", kDate}});
  EXPECT_THAT(RetryAfterOf(head), Optional(seconds(1)));
  head = Head(503, {{"Retry-After", kDate}, {"Date", kLaterDate}});
  EXPECT_THAT(RetryAfterOf(head), Optional(seconds(0)));
  head = Head(503, {{"Retry-After", kLaterDate}});
  EXPECT_THAT(RetryAfterOf(head), Eq(std::nullopt));
  head.received = ParseHttpDate(kDate);
  EXPECT_THAT(RetryAfterOf(head), Optional(seconds(1)));
}

// --- where a reply ends -------------------------------------------------------

TEST(SoundFramingTest, OneLengthOrChunksTellTheEndWhateverTheStatus) {
  for (const int status : {200, 206, 302, 404}) {
    EXPECT_TRUE(HasSoundFraming(Head(status, {})));
    EXPECT_TRUE(HasSoundFraming(Head(status, {{"Content-Length", "5"}})));
    EXPECT_TRUE(HasSoundFraming(Head(status, {{"Content-Length", "5"}, {"content-length", "5"}})));
    EXPECT_TRUE(HasSoundFraming(Head(status, {{"Transfer-Encoding", "chunked"}})));
    EXPECT_FALSE(HasSoundFraming(Head(status, {{"Content-Length", "5"}, {"content-length", "6"}})));
    EXPECT_FALSE(HasSoundFraming(Head(status, {{"Content-Length", "5, 6"}})));
    EXPECT_FALSE(HasSoundFraming(Head(status, {{"Content-Length", "five"}})));
    EXPECT_FALSE(HasSoundFraming(Head(status, {{"Transfer-Encoding", "gzip"}})));
  }
}

}  // namespace
}  // namespace engine::transfer
