#include "engine/transfer/fetch_plan.h"

#include <gmock/gmock.h>

namespace engine::transfer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const FileState kHalf{5, 10, {"\"a\"", ""}};

ReplyHead Whole(const std::string& length) {
  return ReplyHead{200, 1, {{"Content-Length", length}, {"ETag", "\"a\""}}, std::nullopt};
}

Download Plain() {
  return Download{TransferId{JobId::FromBytes({1}), 0, 1},
                  "http://origin.example/file",
                  LocalTarget{"/", {}, "file", false},
                  "BIT1.tmp",
                  {}};
}

Download With(const JobSettings& settings) {
  Download download = Plain();
  download.settings = std::make_shared<const JobSettings>(settings);
  return download;
}

TEST(FetchPlanTest, WithoutSettingsAFileIsFetchedWholeAndResumed) {
  FetchPlan plan(Plain());
  EXPECT_EQ(plan.method(), "GET");
  EXPECT_TRUE(plan.CanResume(kHalf));
  EXPECT_THAT(plan.Headers(kHalf), ElementsAre("Range: bytes=5-", "If-Range: \"a\""));
  EXPECT_TRUE(std::holds_alternative<TakeBody>(plan.Judge({}, Whole("10"))));
}

TEST(FetchPlanTest, AnotherMethodAsksForTheWholeFileEveryTime) {
  JobSettings settings;
  settings.http_method = "POST";
  FetchPlan plan(With(settings));
  EXPECT_EQ(plan.method(), "POST");
  EXPECT_FALSE(plan.CanResume(kHalf));
  EXPECT_FALSE(plan.CanContinue(kHalf));
  EXPECT_THAT(plan.Headers(kHalf), IsEmpty());
  // The length of the file is needed all the same.
  const ReplyHead endless{200, 1, {}, std::nullopt};
  const Decision decision = plan.Judge({}, endless);
  ASSERT_TRUE(std::holds_alternative<Refuse>(decision));
  EXPECT_EQ(std::get<Refuse>(decision).error.code, HResult::kMissingFileSize);
}

TEST(FetchPlanTest, DynamicContentNeedsNoLengthAndIsNeverResumed) {
  JobSettings settings;
  settings.dynamic_content = true;
  FetchPlan plan(With(settings));
  EXPECT_FALSE(plan.CanResume(kHalf));
  EXPECT_FALSE(plan.CanContinue(kHalf));
  EXPECT_THAT(plan.Headers(kHalf), IsEmpty());
  const Decision decision = plan.Judge({}, ReplyHead{200, 1, {}, std::nullopt});
  ASSERT_TRUE(std::holds_alternative<TakeBody>(decision));
  EXPECT_EQ(std::get<TakeBody>(decision).body_length, std::nullopt);
  EXPECT_TRUE(std::holds_alternative<Refuse>(plan.Judge({}, ReplyHead{206, 1, {}, std::nullopt})));
}

TEST(FetchPlanTest, HighPerformanceContinuesWithinAnAttemptAlone) {
  JobSettings settings;
  settings.high_performance = true;
  FetchPlan plan(With(settings));
  EXPECT_TRUE(plan.high_performance());
  EXPECT_FALSE(plan.CanResume(kHalf));
  EXPECT_TRUE(plan.CanContinue(kHalf));
}

TEST(FetchPlanTest, RangesAreAskedForAsTheyAre) {
  Download download = Plain();
  download.ranges =
      std::make_shared<const std::vector<FileRange>>(std::vector<FileRange>{{100, 5}, {0, 5}});
  FetchPlan plan(download);
  EXPECT_THAT(plan.Headers({}), ElementsAre("Range: bytes=100-104"));
  EXPECT_TRUE(plan.CanResume(kHalf));
  EXPECT_THAT(plan.Headers(kHalf), ElementsAre("Range: bytes=0-4", "If-Range: \"a\""));
}

TEST(FetchPlanTest, AFileMayBeAsLongAsTheJobMayFetchAndNoLonger) {
  Download download = Plain();
  download.most_bytes = 10;
  FetchPlan plan(download);
  EXPECT_TRUE(std::holds_alternative<TakeBody>(plan.Judge({}, Whole("9"))));
  EXPECT_TRUE(std::holds_alternative<TakeBody>(plan.Judge({}, Whole("10"))));
  const Decision decision = plan.Judge({}, Whole("11"));
  ASSERT_TRUE(std::holds_alternative<Refuse>(decision));
  EXPECT_EQ(std::get<Refuse>(decision).error.code, HResult::kMaxDownloadSizeReached);
  EXPECT_FALSE(std::get<Refuse>(decision).recoverable);
  EXPECT_FALSE(plan.IsTooLong(10));
  EXPECT_TRUE(plan.IsTooLong(11));
  EXPECT_FALSE(FetchPlan(Plain()).IsTooLong(kMaxFileBytes));
}

}  // namespace
}  // namespace engine::transfer
