// A machine that loses its network, and gets it back.
#include "queue_fixture.h"

namespace engine {
namespace {

using std::chrono::seconds;

class QueueNetworkTest : public QueueTest {
 protected:
  void SetNetwork(bool has_network) {
    queue_->OnNetwork(has_network);
    Settle();
  }
  // Of a server on this machine.
  JobId CreateLocal(const std::string& name) {
    NewJob job = Spec(name, /*start=*/true);
    job.file.remote_url = "http://localhost:8080/" + name;
    return *TryCreate(job);
  }
};

TEST_F(QueueNetworkTest, JobsWaitForTheNetworkAndGoOnAtOnce) {
  const JobId running = Create("a", /*start=*/true);
  const JobId waiting = Create("b", /*start=*/true);
  const transfer::Download first = Connect();
  Report(transfer::Progressed{first.id, At(40)});
  SetNetwork(false);
  EXPECT_EQ(transfers_->TakeStop(), first.id);
  Report(transfer::Stopped{first.id, At(50)});
  for (const JobId& id : {running, waiting}) {
    const Job job = Get(id);
    EXPECT_EQ(job.state, JobState::kTransientError);
    ASSERT_TRUE(job.error);
    EXPECT_EQ(job.error->code, HResult::kNetworkDisconnected);
    EXPECT_EQ(job.error->file, std::nullopt);
    EXPECT_EQ(job.error_count, 0U);
  }
  // Neither the retry delay nor the no-progress timeout counts meanwhile.
  Advance(seconds(2'000'000));
  EXPECT_EQ(StateOf(running), JobState::kTransientError);
  EXPECT_EQ(transfers_->starts(), 0U);
  SetNetwork(true);
  const transfer::Download again = transfers_->TakeStart();
  const bool of_first = again.id.job == running;
  EXPECT_EQ(again.resume.offset, of_first ? 50U : 0U);
  EXPECT_EQ(StateOf(of_first ? waiting : running), JobState::kQueued);
}

TEST_F(QueueNetworkTest, JobsOfThisMachineAreNotDisturbed) {
  const JobId running = CreateLocal("a");
  const JobId waiting = CreateLocal("b");
  const JobId suspended = Create("c");
  const transfer::Download first = Connect();
  SetNetwork(false);
  EXPECT_EQ(transfers_->stops(), 0U);
  EXPECT_EQ(StateOf(running), JobState::kTransferring);
  EXPECT_EQ(StateOf(waiting), JobState::kQueued);
  EXPECT_EQ(StateOf(suspended), JobState::kSuspended);
  Finish(first);
  EXPECT_EQ(transfers_->TakeStart().id.job, waiting);
}

TEST_F(QueueNetworkTest, WhoeverWaitsForARetryIsTriedWhenTheNetworkIsBack) {
  options_.retry.quick_tries = 0;
  const JobId id = Create("a", /*start=*/true);
  const transfer::Download first = transfers_->TakeStart();
  SetNetwork(false);
  EXPECT_EQ(StateOf(id), JobState::kConnecting);  // its failure will show
  FailTransfer(first);
  ASSERT_EQ(StateOf(id), JobState::kTransientError);
  SetNetwork(true);
  EXPECT_EQ(transfers_->TakeStart().id.job, id);
}

TEST_F(QueueNetworkTest, ANetworkThatComesAfterTheStartIsTriedAtOnce) {
  StopQueue();
  options_.retry.quick_tries = 0;
  StartQueue();
  const JobId id = Create("a", /*start=*/true);
  FailTransfer(transfers_->TakeStart());
  ASSERT_EQ(StateOf(id), JobState::kTransientError);
  SetNetwork(true);
  EXPECT_EQ(transfers_->TakeStart().id.job, id);
}

TEST_F(QueueNetworkTest, TheNetworkMayBeBackBeforeTheTransfersHaveStopped) {
  const JobId id = Create("a", /*start=*/true);
  const transfer::Download first = Connect();
  SetNetwork(false);
  SetNetwork(true);
  Report(transfer::Stopped{first.id, At(50)});
  Advance(seconds(60));
  EXPECT_EQ(transfers_->TakeStart().resume.offset, 50U);
  EXPECT_EQ(Get(id).error, nullptr);
}

TEST_F(QueueNetworkTest, ARestartWithTheNetworkBackGoesOnAtOnce) {
  const JobId running = Create("a", /*start=*/true);
  const JobId waiting = Create("b", /*start=*/true);
  const transfer::Download first = Connect();
  SetNetwork(false);
  Report(transfer::Stopped{first.id, At(50)});
  ASSERT_EQ(StateOf(waiting), JobState::kTransientError);
  CrashAndRestart();
  EXPECT_EQ(transfers_->TakeStart().id.job, running);
  EXPECT_EQ(StateOf(waiting), JobState::kQueued);
  CrashAndRestart();
  SetNetwork(false);
  EXPECT_EQ(StateOf(waiting), JobState::kTransientError);
}

// More than are told at once, by far.
TEST_F(QueueNetworkTest, AllOfManyJobsAreToldAndStoredWhereverAChangeInterruptsAnother) {
  options_.limits.jobs_per_user = options_.limits.jobs_per_machine = 1'000;
  std::vector<JobId> ids;
  for (int i = 0; i < 1'000; ++i) ids.push_back(Create("f" + std::to_string(i), /*start=*/true));
  const transfer::Download first = transfers_->TakeStart();
  const auto expect_all = [&](JobState state) {
    for (const JobId& id : ids) {
      if (id == first.id.job) continue;
      ASSERT_EQ(StateOf(id), state);
      // One that is to wait for a slot is the same whether it ran or not.
      ASSERT_EQ(store_.Find(id)->state, state);
    }
  };
  store_.Hold(true);
  queue_->OnNetwork(false);
  queue_->OnNetwork(true);
  queue_->OnNetwork(false);
  SettleEngine();
  EXPECT_EQ(transfers_->starts(), 0U);
  store_.Hold(false);
  FailTransfer(first);
  Settle();
  expect_all(JobState::kTransientError);
  EXPECT_EQ(transfers_->starts(), 0U) << "nothing starts without a network";
  queue_->OnNetwork(true);
  queue_->OnNetwork(false);
  Settle();
  expect_all(JobState::kTransientError);
}

TEST_F(QueueNetworkTest, TheJobsGoOnInTheirOrder) {
  options_.limits.jobs_per_user = options_.limits.jobs_per_machine = 1'000;
  std::vector<JobId> ids;
  for (int i = 0; i < 600; ++i) ids.push_back(Create("f" + std::to_string(i), /*start=*/true));
  const transfer::Download first = Connect();
  SetNetwork(false);
  Report(transfer::Stopped{first.id, At(0)});
  SetNetwork(true);
  for (std::size_t i = 0; i < 5; ++i) {
    const transfer::Download next = transfers_->TakeStart();
    ASSERT_EQ(next.id.job, ids[i]) << i;
    Report(transfer::Finished{next.id, At(100)});
  }
}

TEST_F(QueueNetworkTest, ResumeTriesWithoutNetworkToo) {
  const JobId id = Create("a", /*start=*/true);
  const transfer::Download first = Connect();
  SetNetwork(false);
  Report(transfer::Stopped{first.id, At(50)});
  ASSERT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  EXPECT_EQ(transfers_->TakeStart().id.job, id);
}

}  // namespace
}  // namespace engine
