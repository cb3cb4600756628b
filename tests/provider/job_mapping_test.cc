#include "provider/job_mapping.h"

#include <gmock/gmock.h>

#include <set>

#include "schema/bits_classes.h"
#include "tests/provider/job_for_test.h"

namespace provider {
namespace {

using schema::ValueOf;
using testing::Optional;

std::uint64_t NumberOf(const schema::Instance& instance, std::string_view property) {
  return std::get<std::uint64_t>(ValueOf(instance, property));
}

std::string TextOf(const schema::Instance& instance, std::string_view property) {
  return std::get<std::string>(ValueOf(instance, property));
}

TEST(JobMappingTest, EveryPropertyOfAJobHasItsValue) {
  const schema::Instance job = ToInstance(JobForTest());
  EXPECT_EQ(job.type, &schema::BitsClientJob());
  EXPECT_EQ(TextOf(job, "JobId"), "{327C1E84-ABC3-475D-A5D3-E7ED09806523}");
  EXPECT_EQ(TextOf(job, "DisplayName"), "TestJob");
  EXPECT_EQ(TextOf(job, "Description"), "two files");
  EXPECT_EQ(TextOf(job, "Owner"), "S-1-5-20");
  EXPECT_EQ(NumberOf(job, "Priority"), 3u);
  EXPECT_EQ(NumberOf(job, "MinimumRetryDelay"), 60u);
  EXPECT_EQ(NumberOf(job, "NoProgressTimeout"), 3600u);
  EXPECT_EQ(NumberOf(job, "JobCreationTime"), 133'444'736'000'000'000u);
  EXPECT_EQ(NumberOf(job, "JobLastModificationTime"), 133'444'736'600'000'000u);
  EXPECT_EQ(NumberOf(job, "JobCompletionTime"), 0u);
  EXPECT_EQ(NumberOf(job, "BytesTotal"), 150u);
  EXPECT_EQ(NumberOf(job, "BytesTransferred"), 120u);
  EXPECT_EQ(NumberOf(job, "FilesTotal"), 2u);
  EXPECT_EQ(NumberOf(job, "FilesTransferred"), 1u);
  EXPECT_EQ(NumberOf(job, "TransientErrorCount"), 4u);
  EXPECT_EQ(NumberOf(job, "State"), 2u);
  EXPECT_EQ(std::get<std::vector<schema::Instance>>(ValueOf(job, "Files")).size(), 2u);
}

TEST(JobMappingTest, NoPropertyIsLeftNull) {
  const schema::Instance job = ToInstance(JobForTest());
  ASSERT_EQ(job.values.size(), 17u);
  for (std::size_t i = 0; i < job.values.size(); ++i)
    EXPECT_FALSE(schema::IsNull(job.values[i])) << job.type->properties[i].name;
  const schema::Instance file = ToInstance(JobForTest().files[0]);
  ASSERT_EQ(file.values.size(), 5u);
  for (std::size_t i = 0; i < file.values.size(); ++i)
    EXPECT_FALSE(schema::IsNull(file.values[i])) << file.type->properties[i].name;
}

TEST(JobMappingTest, OnePropertyComesWithTheKeysAndNothingElse) {
  const engine::Job job = JobForTest();
  const schema::Instance whole = ToInstance(job);
  for (const schema::Property& property : whole.type->properties) {
    const schema::Instance part = ToInstance(job, property);
    ASSERT_EQ(part.values.size(), whole.values.size());
    for (std::size_t i = 0; i < part.values.size(); ++i) {
      const schema::Property& other = whole.type->properties[i];
      if (other.is_key || other.name == property.name)
        EXPECT_EQ(part.values[i], whole.values[i]) << property.name << " " << other.name;
      else
        EXPECT_TRUE(schema::IsNull(part.values[i])) << property.name << " " << other.name;
    }
  }
}

TEST(JobMappingTest, AFileIsCompletedOnceItHasTransferred) {
  const auto files =
      std::get<std::vector<schema::Instance>>(ValueOf(ToInstance(JobForTest()), "Files"));
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].type, &schema::BitsClientFile());
  EXPECT_EQ(TextOf(files[0], "RemoteUrl"), "http://s/a");
  EXPECT_EQ(TextOf(files[0], "LocalFile"), "C:\\a");
  EXPECT_EQ(NumberOf(files[0], "BytesTotal"), 100u);
  EXPECT_EQ(NumberOf(files[0], "BytesTransferred"), 100u);
  EXPECT_TRUE(std::get<bool>(ValueOf(files[0], "Completed")));
  EXPECT_FALSE(std::get<bool>(ValueOf(files[1], "Completed")));
}

TEST(JobMappingTest, UnknownSizesAreTheLargestNumber) {
  engine::Job job = JobForTest();
  engine::File file = job.files[1];
  file.bytes_total = std::nullopt;
  job.files.Replace(1, std::move(file));
  EXPECT_EQ(NumberOf(ToInstance(job), "BytesTotal"), 18'446'744'073'709'551'615u);
  EXPECT_EQ(NumberOf(ToInstance(job.files[1]), "BytesTotal"), 18'446'744'073'709'551'615u);
}

TEST(JobMappingTest, AnEmptyDescriptionIsNullAndAnEmptyNameIsNot) {
  engine::Job job = JobForTest();
  job.description = {};
  job.display_name = {};
  EXPECT_TRUE(schema::IsNull(ValueOf(ToInstance(job), "Description")));
  EXPECT_EQ(TextOf(ToInstance(job), "DisplayName"), "");
}

TEST(JobMappingTest, CompletionTimeIsWhenAllFilesHadTransferred) {
  engine::Job job = JobForTest();
  job.completed = At(0);
  EXPECT_EQ(NumberOf(ToInstance(job), "JobCompletionTime"), 116'444'736'000'000'000u);
}

TEST(JobMappingTest, EveryStateIsItsNumber) {
  engine::Job job = JobForTest();
  for (std::uint16_t state = 0; state <= 8; ++state) {
    job.state = static_cast<engine::JobState>(state);
    EXPECT_EQ(NumberOf(ToInstance(job), "State"), state);
  }
}

TEST(JobMappingTest, AJobWithoutFilesHasAnEmptyArray) {
  engine::Job job = JobForTest();
  job.files = {};
  const schema::Instance instance = ToInstance(job);
  EXPECT_TRUE(std::get<std::vector<schema::Instance>>(ValueOf(instance, "Files")).empty());
  EXPECT_EQ(NumberOf(instance, "BytesTotal"), 0u);
  EXPECT_EQ(NumberOf(instance, "FilesTotal"), 0u);
}

TEST(FiletimeTest, CountsHundredNanosecondsSince1601) {
  EXPECT_EQ(ToFiletime(At(0)), 116'444'736'000'000'000u);
  EXPECT_EQ(ToFiletime(At(0) + std::chrono::microseconds(1)), 116'444'736'000'000'010u);
}

TEST(FiletimeTest, TheEarliestInstantOfTheClockHasAFiletime) {
  EXPECT_GT(ToFiletime(engine::TimePoint::min()), 0u);
  EXPECT_LT(ToFiletime(engine::TimePoint::min()), ToFiletime(At(0)));
}

TEST(ServiceAccountTest, OnlyTheThreeAccountsHaveASid) {
  EXPECT_THAT(SidOfServiceAccount(0), Optional(std::string_view("S-1-5-18")));
  EXPECT_THAT(SidOfServiceAccount(1), Optional(std::string_view("S-1-5-19")));
  EXPECT_THAT(SidOfServiceAccount(2), Optional(std::string_view("S-1-5-20")));
  EXPECT_EQ(SidOfServiceAccount(3), std::nullopt);
}

}  // namespace
}  // namespace provider
