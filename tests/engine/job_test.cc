#include "engine/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/job_index.h"

namespace engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

constexpr std::string_view kGuid = "{327C1E84-ABC3-475D-A5D3-E7ED09806523}";

TEST(JobIdTest, TextGoesInAndComesOutInUpperCaseWithBraces) {
  EXPECT_EQ(JobId::Parse(kGuid)->ToString(), kGuid);
  EXPECT_EQ(JobId::Parse("327c1e84-abc3-475d-a5d3-e7ed09806523")->ToString(), kGuid);
}

TEST(JobIdTest, NothingButAGuidIsAccepted) {
  for (const std::string_view text :
       {"", "{}", "{327C1E84-ABC3-475D-A5D3-E7ED09806523", "327C1E84-ABC3-475D-A5D3-E7ED09806523}",
        "327C1E84ABC3475DA5D3E7ED09806523", "327C1E84-ABC3-475D-A5D3-E7ED0980652G",
        "327C1E84-ABC3-475D-A5D3_E7ED09806523", " 327C1E84-ABC3-475D-A5D3-E7ED09806523",
        "327C1E84-ABC3-475D-A5D3-E7ED098065231"})
    EXPECT_FALSE(JobId::Parse(text)) << text;
}

TEST(JobIdTest, RandomIdsAreVersion4AndDiffer) {
  const JobId id = JobId::Random();
  EXPECT_EQ(id.bytes()[6] >> 4, 4);
  EXPECT_EQ(id.bytes()[8] >> 6, 2);
  EXPECT_NE(id, JobId::Random());
  EXPECT_EQ(JobId::Parse(id.ToString()), id);
}

Job JobWith(FileList files) {
  Job job{.id = JobId::Random()};
  job.files = std::move(files);
  return job;
}

TEST(JobFactsTest, CountFilesAndThoseUnfinished) {
  File done;
  done.transferred = true;
  const JobFacts facts = FactsOf(JobWith({done, File{}, File{}}));
  EXPECT_EQ(facts.files, 3u);
  EXPECT_EQ(facts.unfinished_files, 2u);
}

JobSnapshot Snapshot(std::uint64_t sequence, std::string name) {
  Job job{.id = JobId::Random()};
  job.sequence = sequence;
  job.display_name = std::move(name);
  return std::make_shared<const Job>(std::move(job));
}

TEST(JobIndexTest, ListsInCreationOrderAndFindsById) {
  JobIndex index;
  const JobSnapshot second = Snapshot(2, "second");
  const JobSnapshot first = Snapshot(1, "first");
  index.Publish(second);
  index.Publish(first);
  EXPECT_THAT(index.List(), ElementsAre(first, second));
  EXPECT_EQ(index.Find(second->id), second);
  EXPECT_EQ(index.Find(JobId::Random()), nullptr);
}

TEST(JobIndexTest, PublishReplacesAndReadersKeepWhatTheyHold) {
  JobIndex index;
  const JobSnapshot before = Snapshot(1, "before");
  index.Publish(before);
  Job changed = *before;
  changed.display_name = "after";
  index.Publish(std::make_shared<const Job>(changed));
  EXPECT_EQ(index.Size(), 1u);
  EXPECT_EQ(index.Find(before->id)->display_name, "after");
  EXPECT_EQ(before->display_name, "before");
}

TEST(JobIndexTest, ARemovedJobIsGone) {
  JobIndex index;
  const JobSnapshot job = Snapshot(1, "job");
  index.Publish(job);
  index.Remove(job->id);
  index.Remove(job->id);
  EXPECT_EQ(index.Find(job->id), nullptr);
  EXPECT_THAT(index.List(), IsEmpty());
}

TEST(JobIndexTest, PagesFollowEachOtherAndLeaveOutWhatHasEnded) {
  JobIndex index;
  std::vector<JobSnapshot> jobs;
  for (std::uint64_t sequence = 1; sequence <= 9; ++sequence)
    index.Publish(jobs.emplace_back(Snapshot(sequence, "job")));
  EXPECT_THAT(index.List(0, 3), ElementsAre(jobs[0], jobs[1], jobs[2]));
  for (const std::size_t gone : {0, 2, 3, 4, 5, 7}) index.Remove(jobs[gone]->id);
  EXPECT_THAT(index.List(3, 3), ElementsAre(jobs[6], jobs[8]));
  EXPECT_THAT(index.List(9, 3), IsEmpty());
  EXPECT_THAT(index.List(), ElementsAre(jobs[1], jobs[6], jobs[8]));
}

}  // namespace
}  // namespace engine
