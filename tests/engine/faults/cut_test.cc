// A reply that is cut after each of its first bytes, with FIN and with RST, many
// at a time: the job ends with the right bytes all the same.
//
// Every sixteenth byte; BITSD_CUTS=all takes every one.
#include <atomic>
#include <map>
#include <mutex>

#include "tests/engine/faults/job_run.h"

namespace engine {
namespace {

using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;

constexpr std::size_t kLastCut = 4'096;
constexpr std::size_t kAtOnce = 64;

std::size_t CutStep() {
  const char* which = std::getenv("BITSD_CUTS");
  return which != nullptr && std::string_view(which) == "all" ? 1 : 16;
}

// "/123" is cut after 123 bytes of the first reply and of the second, which is
// for the rest of the file.
class CuttingOrigin {
 public:
  explicit CuttingOrigin(bool reset)
      : reset_(reset), origin_([this](const OriginRequest& request, OriginReply& reply) {
          Answer(request, reply);
        }) {}

  std::string Url(std::size_t cut) const { return origin_.Url("/" + std::to_string(cut)); }
  const std::string& content() const { return file_.content; }

 private:
  void Answer(const OriginRequest& request, OriginReply& reply) {
    if (CountOf(request.target) > 2) return support::ServeFile(file_, request, reply);
    const support::OriginAnswer answer = support::AnswerFor(file_, request);
    std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " Cut\r\n";
    for (const std::string& line : answer.lines) bytes += line + "\r\n";
    bytes += "\r\n" + answer.body;
    reply.Send(std::string_view(bytes).substr(0, std::stoull(request.target.substr(1))));
    reset_ ? reply.CutWithReset() : reply.CutWithFin();
  }

  int CountOf(const std::string& target) {
    const std::lock_guard lock(mutex_);
    return ++requests_[target];
  }

  const bool reset_;
  const support::OriginFile file_{support::PatternBytes(6'000), "\"v\"", ""};
  std::mutex mutex_;
  std::map<std::string, int> requests_;  // guarded by mutex_
  OriginServer origin_;
};

class CutJobTest : public JobRunTest, public testing::WithParamInterface<bool> {
 protected:
  CutJobTest() { options().transfers.max_foreground = kAtOnce; }

  // Resumes until the job is there; a few tries are enough for two cuts.
  Job RunToTransferred(const JobId& id) {
    Job job = WaitForRest(id);
    for (int tries = 0; tries < 4 && job.state == JobState::kTransientError; ++tries) {
      EXPECT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
      job = WaitForRest(id);
    }
    return job;
  }
};

TEST_P(CutJobTest, ACutAtAnyByteEndsInTheRightFile) {
  CuttingOrigin origin(GetParam());
  std::size_t cuts = 0;
  for (std::size_t begin = 0; begin <= kLastCut; begin += kAtOnce * CutStep()) {
    std::map<std::size_t, JobId> jobs;
    for (std::size_t cut = begin; cut <= kLastCut && jobs.size() < kAtOnce; cut += CutStep())
      jobs.emplace(cut, Start(origin.Url(cut), std::to_string(cut)));
    for (const auto& [cut, id] : jobs) {
      const Job job = RunToTransferred(id);
      ASSERT_EQ(NameOf(job.state), NameOf(JobState::kTransferred)) << "cut after " << cut;
      ASSERT_TRUE(Complete(id, std::to_string(cut)) == origin.content()) << "cut after " << cut;
    }
    cuts += jobs.size();
  }
  std::cout << cuts << " places cut\n";
}

INSTANTIATE_TEST_SUITE_P(Ways, CutJobTest, testing::Bool(), [](const auto& info) {
  return info.param ? std::string("Reset") : std::string("Fin");
});

}  // namespace
}  // namespace engine
