// A file that changes on the server at a random byte of its transfer: what the
// job ends with is one version whole, never a mix.
//
// BITSD_CHANGES sets how many runs (default 50), BITSD_SEED the random sequence.
#include <atomic>
#include <iostream>
#include <map>
#include <mutex>
#include <random>

#include "tests/engine/faults/job_run.h"

namespace engine {
namespace {

using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;

// What tells the versions apart. A server that changes the bytes alone cannot
// be found out by anybody.
enum class Sign { kEtag, kDateOnly, kLengthOnly, kWeakEtag, kNothing };
constexpr std::array kSigns = {Sign::kEtag, Sign::kDateOnly, Sign::kLengthOnly, Sign::kWeakEtag,
                               Sign::kNothing};

OriginFile VersionOf(Sign sign, unsigned number, std::size_t bytes) {
  const std::string text = std::to_string(number);
  OriginFile file;
  file.content = support::PatternBytes(bytes, number);
  if (sign == Sign::kEtag) file.etag = "\"" + text + "\"";
  if (sign == Sign::kWeakEtag) file.etag = "W/\"" + text + "\"";
  if (sign == Sign::kDateOnly) file.last_modified = "Sun, 06 Nov 1994 08:49:1" + text + " GMT";
  if (sign == Sign::kLengthOnly) {
    file.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    file.content += std::string(number, 'x');
  }
  return file;
}

// Sends `until` bytes of the present version, goes over to the next one and ends
// the connection or, with the first version and when `waits`, leaves that to the
// client. The last version is sent whole.
class ChangingOrigin {
 public:
  ChangingOrigin(std::vector<OriginFile> versions, std::vector<std::size_t> until, bool waits)
      : versions_(std::move(versions)),
        until_(std::move(until)),
        waits_(waits),
        origin_(
            [this](const OriginRequest& request, OriginReply& reply) { Answer(request, reply); }) {}

  std::string Url() const { return origin_.Url("/file"); }
  bool Changed() const { return present_ > 0; }
  const std::string& last() const { return versions_.back().content; }

 private:
  void Answer(const OriginRequest& request, OriginReply& reply) {
    const std::size_t present = present_;
    if (present + 1 == versions_.size())
      return support::ServeFile(versions_.back(), request, reply);
    const support::OriginAnswer answer = support::AnswerFor(versions_[present], request);
    reply.Head(answer.status, answer.lines);
    reply.Send(std::string_view(answer.body).substr(0, until_[present]));
    ++present_;
    if (waits_ && present == 0) return reply.Stall();
    reply.CutWithFin();
  }

  const std::vector<OriginFile> versions_;
  const std::vector<std::size_t> until_;
  const bool waits_;
  std::atomic<std::size_t> present_ = 0;
  OriginServer origin_;
};

class ChangingFileTest : public JobRunTest {
 protected:
  ChangingFileTest() {
    options().transfers.checkpoint_interval = std::chrono::milliseconds(5);
    options().transfers.stall_timeout = std::chrono::seconds(1);
  }

  int seed() const { return seed_; }

  void RunOnce(int number) {
    const Sign sign = kSigns[static_cast<std::size_t>(number) % kSigns.size()];
    const std::size_t bytes = Pick(1'000, 300'000);
    const bool waits = Pick(0, 1) == 1;
    const std::size_t changes = Pick(1, 3);
    std::vector<OriginFile> versions;
    std::vector<std::size_t> until;
    for (unsigned i = 0; i <= changes; ++i) {
      versions.push_back(VersionOf(sign, i, bytes));
      until.push_back(Pick(0, bytes - 1));
    }
    ChangingOrigin origin(std::move(versions), std::move(until), waits);
    SCOPED_TRACE("run " + std::to_string(number) + ", " + std::to_string(changes) + " changes");
    const JobId id = Start(origin.Url(), "file");
    const Job job = waits ? SuspendAndResume(id, origin) : ResumeAfterFailures(id);
    ASSERT_EQ(NameOf(job.state), NameOf(JobState::kTransferred));
    ASSERT_TRUE(Complete(id, "file") == origin.last()) << "the file is a mix";
  }

 private:
  std::size_t Pick(std::size_t least, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(least, most)(random_);
  }

  Job ResumeAfterFailures(const JobId& id) {
    Job job = WaitForRest(id);
    for (int tries = 0; tries < 8 && job.state == JobState::kTransientError; ++tries) {
      EXPECT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
      job = WaitForRest(id);
    }
    return job;
  }

  // The owner stops the job while the server says nothing.
  Job SuspendAndResume(const JobId& id, const ChangingOrigin& origin) {
    WaitUntil(id, [&](const Job& job) {
      return (origin.Changed() && job.files[0].bytes_transferred > 0) ||
             job.state == JobState::kTransientError || job.state == JobState::kTransferred;
    });
    EXPECT_EQ(Call(id, JobMethod::kSuspend), HResult::kOk);
    EXPECT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
    return ResumeAfterFailures(id);
  }

  const int seed_ =
      NumberFromEnvironment("BITSD_SEED", static_cast<int>(std::random_device()() >> 2));
  std::mt19937_64 random_{static_cast<std::uint64_t>(seed_)};
};

TEST_F(ChangingFileTest, NoFileIsAMixOfVersions) {
  const int runs = NumberFromEnvironment("BITSD_CHANGES", 50);
  for (int number = 0; number < runs && !HasFatalFailure(); ++number) RunOnce(number);
  std::cout << runs << " runs, BITSD_SEED=" << seed() << "\n";
}

}  // namespace
}  // namespace engine
