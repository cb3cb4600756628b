#include <gmock/gmock.h>

#include "tests/provider/bits_client_job_fixture.h"

namespace provider {
namespace {

using engine::Error;
using engine::ErrorContext;
using engine::HResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using wsman::FaultCode;

using PutTest = BitsClientJobTest;
using DeleteTest = BitsClientJobTest;

TEST_F(PutTest, PassesEveryWritablePropertyOn) {
  ASSERT_TRUE(Put({{"DisplayName", std::string("n")},
                   {"Description", std::string("d")},
                   {"Priority", std::uint64_t{0}},
                   {"MinimumRetryDelay", std::uint64_t{7}},
                   {"NoProgressTimeout", std::uint64_t{4294967295u}}}));
  const engine::JobChanges& changes = jobs_.changes.at(0);
  EXPECT_THAT(changes.display_name, Optional(std::string("n")));
  EXPECT_THAT(changes.description, Optional(std::string("d")));
  EXPECT_THAT(changes.priority, Optional(0u));
  EXPECT_THAT(changes.minimum_retry_delay, Optional(7u));
  EXPECT_THAT(changes.no_progress_timeout, Optional(4294967295u));
}

TEST_F(PutTest, LeavesWhatIsNotNamedAlone) {
  ASSERT_TRUE(Put({{"Priority", std::uint64_t{1}}}));
  const engine::JobChanges& changes = jobs_.changes.at(0);
  EXPECT_EQ(changes.display_name, std::nullopt);
  EXPECT_EQ(changes.description, std::nullopt);
  EXPECT_EQ(changes.minimum_retry_delay, std::nullopt);
  EXPECT_EQ(changes.no_progress_timeout, std::nullopt);
}

TEST_F(PutTest, AnswersWithTheJobAfterTheChange) {
  engine::Job changed = JobForTest();
  changed.minimum_retry_delay = std::chrono::seconds(5);
  jobs_.changed = std::make_shared<engine::Job>(changed);
  const auto answer = Put({{"MinimumRetryDelay", std::uint64_t{1}}});
  EXPECT_EQ(schema::ValueOf(*answer, "MinimumRetryDelay"), schema::Value(std::uint64_t{5}));
}

TEST_F(PutTest, WithoutAChangeReadsTheJob) {
  EXPECT_EQ(schema::ValueOf(*Put({}), "DisplayName"), schema::Value(std::string("TestJob")));
  EXPECT_THAT(jobs_.changes, IsEmpty());
}

TEST_F(PutTest, NilEmptiesTheDescriptionAndNothingElse) {
  ASSERT_TRUE(Put({{"Description", schema::Value()}}));
  EXPECT_THAT(jobs_.changes.at(0).description, Optional(std::string()));
  for (const char* name : {"DisplayName", "Priority", "MinimumRetryDelay", "NoProgressTimeout"}) {
    const auto refused = Put({{name, schema::Value()}});
    EXPECT_EQ(refused.error().code, FaultCode::kRepresentationInvalidValues);
    EXPECT_THAT(refused.error().text, HasSubstr(name));
  }
  EXPECT_EQ(jobs_.changes.size(), 1u);
}

TEST_F(PutTest, RefusedValuesAreAnInvalidRepresentation) {
  jobs_.change_error = Error{HResult::kNotImplemented, ErrorContext::kNone, "Priority is 0 to 3."};
  const auto refused = Put({{"Priority", std::uint64_t{9}}});
  EXPECT_EQ(refused.error().code, FaultCode::kRepresentationInvalidValues);
  EXPECT_EQ(refused.error().text, "Priority is 0 to 3.");
}

TEST_F(DeleteTest, CancelsTheJob) {
  EXPECT_TRUE(Delete());
  EXPECT_THAT(jobs_.called, ElementsAre(engine::JobMethod::kCancel));
}

TEST_F(DeleteTest, FilesLeftBehindAreNoFailureAndRefusalsAre) {
  jobs_.call_answer = HResult::kUnableToDeleteFiles;
  EXPECT_TRUE(Delete());
  jobs_.call_answer = HResult::kInvalidState;
  EXPECT_EQ(Delete().error().wsman_code, Code(HResult::kInvalidState));
  jobs_.call_answer = engine::Fail(HResult::kNotFound, "");
  EXPECT_EQ(Delete().error().code, FaultCode::kDestinationUnreachable);
}

}  // namespace
}  // namespace provider
