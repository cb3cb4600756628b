#include "engine/transfer/ranged_file.h"

#include <gmock/gmock.h>

namespace engine::transfer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kLaterDate = "Sun, 06 Nov 1994 08:49:38 GMT";
constexpr std::uint64_t kToEnd = FileRange::kToEnd;

// Of a file of 5,000 bytes: 100 from its start, then 3,000 from 2,000 to the end.
std::vector<FileRange> StartAndRest() { return {{0, 100}, {2'000, kToEnd}}; }
std::vector<FileRange> TwoParts() { return {{2'000, 50}, {0, 100}}; }

ReplyHead PartHead(const std::string& range, std::uint64_t length,
                   std::vector<HeaderField> more = {{"ETag", "\"a\""}}) {
  std::vector<HeaderField> fields{{"Content-Range", "bytes " + range},
                                  {"Content-Length", std::to_string(length)}};
  fields.insert(fields.end(), more.begin(), more.end());
  return ReplyHead{206, 1, std::move(fields), std::nullopt};
}

template <class T>
T As(const Decision& decision) {
  const T* wanted = std::get_if<T>(&decision);
  if (wanted != nullptr) return *wanted;
  ADD_FAILURE() << "another decision: index " << decision.index();
  return T{};
}

void ExpectFatal(const Decision& decision, HResult code) {
  const auto refuse = As<Refuse>(decision);
  EXPECT_EQ(refuse.error.code, code) << refuse.error.message;
  EXPECT_EQ(refuse.error.context, ErrorContext::kRemoteFile);
  EXPECT_FALSE(refuse.recoverable);
}

// --- what is asked for ----------------------------------------------------------

TEST(RangedFileTest, TheFirstRangeIsAskedForWithoutCondition) {
  EXPECT_THAT(RangedFile(TwoParts()).Plan({}), Optional(ElementsAre("Range: bytes=2000-2049")));
  EXPECT_THAT(RangedFile({{7, kToEnd}}).Plan({}), Optional(ElementsAre("Range: bytes=7-")));
}

TEST(RangedFileTest, TheNextRangeIsTiedToTheVersionOfTheFirst) {
  const RangedFile file(TwoParts());
  EXPECT_THAT(file.Plan({50, 150, {"\"a\"", kDate}}),
              Optional(ElementsAre("Range: bytes=0-99", "If-Range: \"a\"")));
}

TEST(RangedFileTest, AResumeStartsInsideItsRange) {
  const RangedFile file(TwoParts());
  const Validators tag{"\"a\"", ""};
  const auto range_at = [&](std::uint64_t offset) {
    return file.Plan({offset, 150, tag}).value_or(std::vector<std::string>{""}).front();
  };
  EXPECT_EQ(range_at(49), "Range: bytes=2049-2049");
  EXPECT_EQ(range_at(50), "Range: bytes=0-99");
  EXPECT_EQ(range_at(51), "Range: bytes=1-99");
  EXPECT_EQ(range_at(149), "Range: bytes=99-99");
  EXPECT_EQ(file.Plan({150, 150, tag}), std::nullopt);
}

TEST(RangedFileTest, ARangeToTheEndMayComeFirst) {
  const RangedFile file({{2'000, kToEnd}, {0, 100}});
  const Validators tag{"\"a\"", ""};
  EXPECT_THAT(file.Plan({1'000, 3'100, tag}),
              Optional(ElementsAre("Range: bytes=3000-4999", "If-Range: \"a\"")));
  EXPECT_THAT(file.Plan({3'000, 3'100, tag}),
              Optional(ElementsAre("Range: bytes=0-99", "If-Range: \"a\"")));
}

TEST(RangedFileTest, WithoutProofThereIsNoNextRange) {
  const RangedFile file(TwoParts());
  EXPECT_EQ(file.Plan({50, 150, {}}), std::nullopt);
  EXPECT_EQ(file.Plan({50, 150, {"W/\"a\"", ""}}), std::nullopt);
  // A date proves something beside the length of the file only.
  EXPECT_EQ(file.Plan({50, 150, {"", kDate}}), std::nullopt);
}

TEST(RangedFileTest, ADateWithTheLengthOfTheFileIsAProof) {
  const std::string condition = std::string("If-Unmodified-Since: ") + kDate;
  // The length follows from the range to the end.
  EXPECT_THAT(RangedFile(StartAndRest()).Plan({100, 3'100, {"", kDate}}),
              Optional(ElementsAre("Range: bytes=2000-4999", condition)));
  RangedFile file(TwoParts());
  const auto take =
      As<TakeBody>(file.Judge({}, PartHead("2000-2049/5000", 50, {{"Last-Modified", kDate}})));
  EXPECT_THAT(file.Plan({50, take.state.total, take.state.validators}),
              Optional(ElementsAre("Range: bytes=0-99", condition)));
}

TEST(RangedFileTest, ARangeBeyondAllNumbersIsAskedForAsItIs) {
  EXPECT_THAT(RangedFile({{kToEnd - 5, 100}}).Plan({}),
              Optional(ElementsAre("Range: bytes=18446744073709551610-18446744073709551615")));
}

// --- what is taken --------------------------------------------------------------

TEST(RangedFileTest, TheTotalIsThatOfTheRanges) {
  RangedFile parts(TwoParts());
  auto take = As<TakeBody>(parts.Judge({}, PartHead("2000-2049/5000", 50)));
  EXPECT_EQ(take.offset, 0u);
  EXPECT_THAT(take.body_length, Optional(50u));
  EXPECT_THAT(take.state.total, Optional(150u));
  EXPECT_EQ(take.state.validators.etag, "\"a\"");

  RangedFile rest(StartAndRest());
  take = As<TakeBody>(rest.Judge({}, PartHead("0-99/5000", 100)));
  EXPECT_THAT(take.state.total, Optional(3'100u));
}

TEST(RangedFileTest, AShortPartIsTakenForWhatItIs) {
  RangedFile file(TwoParts());
  const auto take = As<TakeBody>(file.Judge({}, PartHead("2000-2019/5000", 20)));
  EXPECT_THAT(take.body_length, Optional(20u));
}

TEST(RangedFileTest, TheNextPartIsTakenBehindTheFirst) {
  RangedFile file(TwoParts());
  const FileState from{50, 150, {"\"a\"", ""}};
  const auto take = As<TakeBody>(file.Judge(from, PartHead("0-99/5000", 100)));
  EXPECT_EQ(take.offset, 50u);
  EXPECT_EQ(take.skip, 0u);
  EXPECT_THAT(take.body_length, Optional(100u));
}

TEST(RangedFileTest, ASingleRangeNeedsNoValidators) {
  RangedFile file({{5, 10}});
  EXPECT_THAT(As<TakeBody>(file.Judge({}, PartHead("5-14/100", 10, {}))).body_length,
              Optional(10u));
  RangedFile cut({{5, 10}});
  ExpectFatal(cut.Judge({}, PartHead("5-13/100", 9, {})), HResult::kInsufficientRangeSupport);
}

// --- ranges outside of the file -------------------------------------------------

TEST(RangedFileTest, ARangeMayEndWhereTheFileEndsAndNotBehindIt) {
  const auto judge = [](std::uint64_t offset, std::uint64_t length, const std::string& range,
                        std::uint64_t bytes) {
    RangedFile file({{offset, length}});
    return file.Judge({}, PartHead(range, bytes));
  };
  As<TakeBody>(judge(90, 9, "90-98/100", 9));
  As<TakeBody>(judge(90, 10, "90-99/100", 10));
  ExpectFatal(judge(90, 11, "90-99/100", 10), HResult::kInvalidRange);
  ExpectFatal(judge(90, kToEnd - 1, "90-99/100", 10), HResult::kInvalidRange);
}

TEST(RangedFileTest, ALaterRangeOutsideOfTheFileIsRefusedBeforeAByteIsTaken) {
  RangedFile file({{0, 10}, {100, 10}});
  const Decision decision = file.Judge({}, PartHead("0-9/100", 10));
  ExpectFatal(decision, HResult::kInvalidRange);
  EXPECT_THAT(As<Refuse>(decision).error.message, HasSubstr("the range at 100 of length 10"));
  RangedFile open({{0, 10}, {100, kToEnd}});
  ExpectFatal(open.Judge({}, PartHead("0-9/100", 10)), HResult::kInvalidRange);
}

TEST(RangedFileTest, AStatusOf416IsARangeOutsideOfTheFile) {
  RangedFile file({{500, kToEnd}});
  ExpectFatal(file.Judge({}, ReplyHead{416, 1, {{"Content-Range", "bytes */100"}}, std::nullopt}),
              HResult::kInvalidRange);
}

// --- servers that do otherwise ----------------------------------------------------

TEST(RangedFileTest, TheWholeFileIsNoRange) {
  RangedFile file(TwoParts());
  const ReplyHead whole{200, 1, {{"Content-Length", "5000"}, {"ETag", "\"a\""}}, std::nullopt};
  ExpectFatal(file.Judge({}, whole), HResult::kInsufficientRangeSupport);
}

TEST(RangedFileTest, AnotherPartIsAnInvalidResponse) {
  for (const auto& [range, length] :
       std::vector<std::pair<std::string, std::uint64_t>>{{"1999-2049/5000", 51},
                                                          {"2001-2049/5000", 49},
                                                          {"2000-2050/5000", 51},
                                                          {"0-99/5000", 100},
                                                          {"2000-2049/5000", 49}}) {
    RangedFile file(TwoParts());
    ExpectFatal(file.Judge({}, PartHead(range, length)), HResult::kInvalidServerResponse);
  }
}

TEST(RangedFileTest, AMergedReplyIsAnInvalidResponse) {
  RangedFile file(TwoParts());
  const ReplyHead merged{206,
                         1,
                         {{"Content-Type", "multipart/byteranges; boundary=x"},
                          {"Content-Length", "400"},
                          {"ETag", "\"a\""}},
                         std::nullopt};
  ExpectFatal(file.Judge({}, merged), HResult::kInvalidServerResponse);
}

TEST(RangedFileTest, ARangeToTheEndNeedsTheLengthOfTheFile) {
  RangedFile open({{0, kToEnd}});
  ExpectFatal(open.Judge({}, PartHead("0-9/*", 10)), HResult::kInvalidServerResponse);
  RangedFile bounded({{0, 10}});
  EXPECT_THAT(As<TakeBody>(bounded.Judge({}, PartHead("0-9/*", 10))).state.total, Optional(10u));
}

TEST(RangedFileTest, StatusesOfErrorsAreWhatTheyAlwaysAre) {
  RangedFile file(TwoParts());
  const auto missing = As<Refuse>(file.Judge({}, ReplyHead{404, 1, {}, std::nullopt}));
  EXPECT_EQ(missing.error.code, HttpError(404));
  EXPECT_TRUE(As<Refuse>(file.Judge({}, ReplyHead{503, 1, {}, std::nullopt})).recoverable);
}

TEST(RangedFileTest, CodedPartsAreRefused) {
  RangedFile file(TwoParts());
  ExpectFatal(file.Judge({}, PartHead("2000-2049/5000", 50,
                                      {{"ETag", "\"a\""}, {"Content-Encoding", "gzip"}})),
              HResult::kInsufficientHttpSupport);
}

// --- never a mix of two versions --------------------------------------------------

TEST(RangedFileTest, RangesThatNothingTiesTogetherAreRefused) {
  for (const std::vector<HeaderField>& fields :
       {std::vector<HeaderField>{}, {{"ETag", "W/\"a\""}}}) {
    RangedFile file(TwoParts());
    ExpectFatal(file.Judge({}, PartHead("2000-2049/5000", 50, fields)),
                HResult::kInsufficientRangeSupport);
  }
  RangedFile dated(TwoParts());
  ExpectFatal(dated.Judge({}, PartHead("2000-2049/*", 50, {{"Last-Modified", kDate}})),
              HResult::kInsufficientRangeSupport);
}

TEST(RangedFileTest, APartOfAnotherVersionStartsTheFileOver) {
  const FileState tagged{50, 150, {"\"a\"", kDate}};
  const auto judge = [](const FileState& from, const ReplyHead& head) {
    RangedFile file(TwoParts());
    return file.Judge(from, head);
  };
  As<StartOver>(judge(tagged, PartHead("0-99/5000", 100, {{"ETag", "\"b\""}})));
  As<StartOver>(judge(tagged, PartHead("0-99/5000", 100, {})));
  As<StartOver>(judge(
      tagged, PartHead("0-99/5000", 100, {{"ETag", "\"a\""}, {"Last-Modified", kLaterDate}})));
  As<StartOver>(judge(tagged, ReplyHead{200, 1, {{"Content-Length", "5000"}}, std::nullopt}));
  As<StartOver>(judge(tagged, ReplyHead{412, 1, {}, std::nullopt}));
  As<StartOver>(judge(tagged, ReplyHead{416, 1, {}, std::nullopt}));
}

TEST(RangedFileTest, APartOfAFileOfAnotherLengthStartsItOver) {
  RangedFile file(TwoParts());
  const auto first = As<TakeBody>(file.Judge({}, PartHead("2000-2049/5000", 50)));
  FileState from = first.state;
  from.offset = 50;
  As<StartOver>(file.Judge(from, PartHead("0-99/5001", 100)));
  // Also when the length comes from an earlier attempt.
  RangedFile later(StartAndRest());
  const FileState resumed{100, 3'100, {"\"a\"", ""}};
  As<StartOver>(later.Judge(resumed, PartHead("2000-5000/5001", 3'001)));
  As<TakeBody>(later.Judge(resumed, PartHead("2000-4999/5000", 3'000)));
}

TEST(RangedFileTest, ADatedPartWithoutTheLengthStartsTheFileOver) {
  RangedFile file(StartAndRest());
  const FileState dated{150, 3'100, {"", kDate}};
  const auto part = PartHead("2050-4999/*", 2'950, {{"Last-Modified", kDate}});
  As<TakeBody>(file.Judge(dated, PartHead("2050-4999/5000", 2'950, {{"Last-Modified", kDate}})));
  As<StartOver>(file.Judge(dated, part));
}

TEST(RangedFileTest, AStartOverForgetsTheLengthOfTheOldVersion) {
  RangedFile file(StartAndRest());
  As<TakeBody>(file.Judge({}, PartHead("0-99/5000", 100)));
  const auto anew = As<TakeBody>(file.Judge({}, PartHead("0-99/6000", 100, {{"ETag", "\"b\""}})));
  EXPECT_THAT(anew.state.total, Optional(4'100u));
}

}  // namespace
}  // namespace engine::transfer
