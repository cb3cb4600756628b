#include "engine/events.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/job_index.h"

namespace engine {
namespace {

JobSnapshot JobWith(JobState state) {
  Job job{.id = *JobId::Parse("{11111111-2222-3333-4444-555555555555}")};
  job.state = state;
  return std::make_shared<const Job>(std::move(job));
}

TEST(JobEventsTest, CreationChangeAndRemovalAreToldInOrderAfterReadersSeeThem) {
  JobIndex index;
  std::vector<JobNotice> seen;
  std::vector<JobSnapshot> readable;
  const auto watch = index.events().Subscribe([&](const JobNotice& notice) {
    seen.push_back(notice);
    readable.push_back(index.Find((notice.current ? notice.current : notice.previous)->id));
  });
  const JobSnapshot first = JobWith(JobState::kSuspended);
  const JobSnapshot second = JobWith(JobState::kQueued);
  index.Publish(first);
  index.Publish(second);
  index.Remove(first->id);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].previous, nullptr);
  EXPECT_EQ(seen[0].current, first);
  EXPECT_EQ(seen[1].previous, first);
  EXPECT_EQ(seen[1].current, second);
  EXPECT_EQ(seen[2].previous, second);
  EXPECT_EQ(seen[2].current, nullptr);
  EXPECT_EQ(readable, (std::vector<JobSnapshot>{first, second, nullptr}));
}

JobSnapshot JobWith(JobState state, std::uint32_t flags) {
  Job job = *JobWith(state);
  JobSettings settings;
  settings.notify_flags = flags;
  job.settings = std::make_shared<const JobSettings>(settings);
  return std::make_shared<const Job>(std::move(job));
}

bool IsTold(JobState before, JobState after, std::uint32_t flags) {
  return IsTold(JobNotice{JobWith(before), JobWith(after, flags)});
}

TEST(JobEventsTest, TheFlagsOfAJobSayWhichOfItsChangesAreTold) {
  constexpr auto kRuns = JobState::kTransferring;
  struct Row {
    std::uint32_t flags;
    bool progress, transferred, error;
  };
  for (const Row& row :
       {Row{0, false, false, false}, Row{1, true, true, false}, Row{2, true, false, true},
        Row{3, true, true, true}, Row{4, false, false, false}, Row{8, true, true, true},
        Row{0xF, false, false, false}, Row{0x30, false, false, false}}) {
    EXPECT_EQ(IsTold(kRuns, kRuns, row.flags), row.progress) << row.flags;
    EXPECT_EQ(IsTold(kRuns, JobState::kTransferred, row.flags), row.transferred) << row.flags;
    EXPECT_EQ(IsTold(kRuns, JobState::kError, row.flags), row.error) << row.flags;
  }
}

TEST(JobEventsTest, ThatAJobCameAndWentIsToldWhateverItsFlags) {
  JobIndex index;
  int told = 0;
  const auto watch = index.events().Subscribe([&told](const JobNotice&) { ++told; });
  const JobSnapshot job = JobWith(JobState::kQueued, notify_flags::kDisable);
  index.Publish(job);
  index.Publish(JobWith(JobState::kTransferring, notify_flags::kDisable));
  EXPECT_EQ(told, 1);
  index.Remove(job->id);
  EXPECT_EQ(told, 2);
}

TEST(JobEventsTest, AJobThatIsNotThereIsNotToldToBeRemoved) {
  JobIndex index;
  int told = 0;
  const auto watch = index.events().Subscribe([&told](const JobNotice&) { ++told; });
  index.Remove(JobWith(JobState::kQueued)->id);
  EXPECT_EQ(told, 0);
}

TEST(JobEventsTest, EveryListenerIsToldUntilItsWatchEnds) {
  JobEvents events;
  int first = 0;
  int second = 0;
  auto watch = events.Subscribe([&first](const JobNotice&) { ++first; });
  const auto other = events.Subscribe([&second](const JobNotice&) { ++second; });
  events.Tell({nullptr, JobWith(JobState::kQueued)});
  watch.reset();
  events.Tell({nullptr, JobWith(JobState::kQueued)});
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

TEST(JobEventsTest, AWatchMayOutliveTheEvents) {
  // Held by the listener: its count shows whether the listener still exists.
  const auto heard = std::make_shared<int>(0);
  std::unique_ptr<JobWatch> watch;
  {
    JobEvents events;
    watch = events.Subscribe([heard](const JobNotice&) { ++*heard; });
    events.Tell({nullptr, JobWith(JobState::kQueued)});
  }
  ASSERT_NE(watch, nullptr);
  EXPECT_EQ(*heard, 1);
  watch.reset();
  EXPECT_EQ(heard.use_count(), 1) << "the listener is gone with its watch";
}

TEST(JobEventsTest, AListenerNeverRunsOnceItsWatchHasEnded) {
  JobEvents events;
  std::atomic<bool> stop{false};
  std::thread teller([&events, &stop] {
    const JobSnapshot job = JobWith(JobState::kQueued);
    while (!stop) events.Tell({job, job});
  });
  std::atomic<int> late{0};
  for (int i = 0; i < 500; ++i) {
    std::atomic<bool> ended{false};
    auto watch = events.Subscribe([&ended, &late](const JobNotice&) {
      if (ended) ++late;
    });
    watch.reset();
    ended = true;
  }
  stop = true;
  teller.join();
  EXPECT_EQ(late, 0);
}

}  // namespace
}  // namespace engine
