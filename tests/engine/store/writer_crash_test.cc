// kill -9 at random moments: what was acknowledged is there, and what is there
// is the result of a whole number of submissions.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <map>
#include <random>
#include <semaphore>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/store/writer.h"
#include "tests/engine/store/store_for_test.h"

namespace engine::store {
namespace {

constexpr int kRounds = 20;
constexpr std::uint64_t kMaxAcknowledged = 1'500;
constexpr std::ptrdiff_t kOutstanding = 64;
constexpr unsigned kChildSeconds = 60;
constexpr std::uint64_t kLifeInSteps = 90;

// The job that holds the number of the last step.
Job Counter(std::uint64_t step) {
  Job job = JobForTest(0);
  job.description = std::to_string(step);
  return job;
}

Job Updated(std::uint64_t number) {
  Job job = FullJobForTest(number);
  job.files = {job.files[0], job.files[1]};
  job.request = {};  // only the first row of a job says it
  return job;
}

// Step by step jobs come, change and go; every step also moves the counter.
std::vector<Change> ChangesOf(std::uint64_t step) {
  std::vector<Change> changes;
  if (step % 3 == 0) changes = PutWithFiles(JobForTest(1 + step));
  if (step % 3 == 1) changes = PutWithFiles(Updated(step));
  if (step % 3 == 2 && step > kLifeInSteps) {
    changes = {DeleteJob{IdForTest(step - 1 - kLifeInSteps)}};
  }
  changes.emplace_back(Put(Counter(step)));
  return changes;
}

std::string StateAfter(std::uint64_t last) {
  std::map<std::uint64_t, Job> jobs;
  for (std::uint64_t step = 0; step <= last; ++step) {
    if (step % 3 == 0) jobs.insert_or_assign(1 + step, JobForTest(1 + step));
    if (step % 3 == 1) jobs.insert_or_assign(step, Updated(step));
    if (step % 3 == 2 && step > kLifeInSteps) jobs.erase(step - 1 - kLifeInSteps);
  }
  std::string text = Describe(Counter(last));
  for (const auto& [number, job] : jobs) text += Describe(job);
  return text;
}

// Submits until it is killed and writes the number of each committed step.
[[noreturn]] void RunChild(const std::filesystem::path& file, int pipe) {
  alarm(kChildSeconds);
  std::counting_semaphore<kOutstanding> room(kOutstanding);
  Writer writer(OpenForTest(file), [](const Error&) { _exit(1); });
  for (std::uint64_t step = 0;; ++step) {
    room.acquire();
    writer.Submit(ChangesOf(step), [&room, step, pipe](const Status& status) {
      if (!status || write(pipe, &step, sizeof step) != sizeof step) _exit(1);
      room.release();
    });
  }
}

// Kills a fresh child after `count` acknowledgements; the last number that came.
std::uint64_t RunAndKill(const std::filesystem::path& file, std::uint64_t count) {
  int ends[2];
  if (pipe(ends) != 0) return 0;
  const pid_t child = fork();
  if (child == 0) RunChild(file, ends[1]);
  close(ends[1]);
  std::uint64_t last = 0;
  std::uint64_t step = 0;
  while (read(ends[0], &step, sizeof step) == sizeof step) {
    last = step;
    if (step == count) kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  return last;
}

TEST(WriterCrashTest, AcknowledgedChangesSurviveKill9AndNoneIsTorn) {
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < kRounds; ++round) {
    const TemporaryDirectory directory;
    const auto file = directory / "bitsd.db";
    const std::uint64_t acknowledged = RunAndKill(file, random() % kMaxAcknowledged);
    const auto jobs = LoadForTest(file);
    ASSERT_FALSE(jobs.empty());
    const std::uint64_t counter = std::stoull(jobs[0].description.ToString());
    EXPECT_GE(counter, acknowledged);
    EXPECT_LE(counter, acknowledged + kOutstanding);
    EXPECT_EQ(Describe(jobs), StateAfter(counter));
  }
}

}  // namespace
}  // namespace engine::store
