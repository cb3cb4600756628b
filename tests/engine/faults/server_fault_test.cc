// What a job makes of every fault a server can have, from the first byte and in
// the middle of a file: the right bytes, or the state, code and context of the
// table below. Never wrong bytes with success; and once the server is well
// again, Resume ends with the right bytes.
#include "tests/engine/faults/server_faults.h"

#include <atomic>

#include "tests/engine/faults/job_run.h"

namespace engine {
namespace {

using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;

// Serves the first half of a good file, then the fault, then a good file.
class Server {
 public:
  enum class Mood { kHalf, kFault, kGood };

  Server(const ServerFault& fault, Mood mood)
      : fault_(fault),
        mood_(mood),
        origin_(
            [this](const OriginRequest& request, OriginReply& reply) { Answer(request, reply); }) {}

  std::string Url() const { return origin_.Url("/file"); }
  void Become(Mood mood) { mood_ = mood; }
  // The version that is there from the fault on.
  const std::string& RightBytes() const { return RightFile().content; }

 private:
  const support::OriginFile& RightFile() const { return fault_.after(); }

  void Answer(const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/good") return support::ServeFile(RightFile(), request, reply);
    switch (mood_.load()) {
      case Mood::kHalf:
        return SendHalf(request, reply);
      case Mood::kFault:
        return fault_.answer(request, reply);
      case Mood::kGood:
        return support::ServeFile(RightFile(), request, reply);
    }
  }

  void SendHalf(const OriginRequest& request, OriginReply& reply) {
    support::OriginFile file = OldFile();
    if (fault_.before) file = fault_.before(file);
    const support::OriginAnswer answer = support::AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, kFaultFileBytes / 2));
    reply.CutWithFin();
  }

  const ServerFault& fault_;
  std::atomic<Mood> mood_;
  OriginServer origin_;
};

class ServerFaultTest : public JobRunTest, public testing::WithParamInterface<ServerFault> {
 protected:
  ServerFaultTest() {
    if (GetParam().fresh.code == HResult::kTimeout)
      options().transfers.stall_timeout = std::chrono::seconds(1);
  }

  void ExpectEnd(const Job& job, const FaultEnd& expected) {
    ASSERT_EQ(NameOf(job.state), NameOf(expected.state))
        << (job.error ? NameOf(job.error->code) + ": " + job.error->message : "no error");
    if (expected.state == JobState::kTransferred) {
      EXPECT_EQ(job.error, nullptr);
      return;
    }
    ASSERT_NE(job.error, nullptr);
    EXPECT_EQ(NameOf(job.error->code), NameOf(expected.code)) << job.error->message;
    EXPECT_EQ(NameOf(job.error->context), NameOf(expected.context)) << job.error->message;
    EXPECT_EQ(job.error->file, 0u);
    EXPECT_FALSE(job.error->message.empty());
  }

  // Whatever the job holds now belongs to one version.
  void ExpectNoMix(const Job& job, const Server& server) {
    const std::string held = HeldBytes(job);
    const bool right = held == server.RightBytes().substr(0, held.size());
    const bool old = held == OldFile().content.substr(0, held.size());
    EXPECT_TRUE(right || old) << held.size() << " bytes are held that no version has";
  }

  void EndWell(const JobId& id, Job job, Server& server) {
    server.Become(Server::Mood::kGood);
    if (job.state != JobState::kTransferred) {
      EXPECT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
      job = WaitForRest(id);
      ASSERT_EQ(NameOf(job.state), NameOf(JobState::kTransferred))
          << (job.error ? NameOf(job.error->code) + ": " + job.error->message : "no error");
    }
    EXPECT_TRUE(Complete(id, "file") == server.RightBytes()) << "the file has other bytes";
    EXPECT_THAT(NamesOnDrive(), testing::ElementsAre("file"));
  }
};

TEST_P(ServerFaultTest, FromTheFirstByteEndsAsTheTableSays) {
  Server server(GetParam(), Server::Mood::kFault);
  const JobId id = Start(server.Url(), "file");
  const Job job = WaitForRest(id);
  ExpectEnd(job, GetParam().fresh);
  ExpectNoMix(job, server);
  EndWell(id, job, server);
}

TEST_P(ServerFaultTest, InTheMiddleOfAFileEndsAsTheTableSays) {
  Server server(GetParam(), Server::Mood::kHalf);
  const JobId id = Start(server.Url(), "file");
  const Job half = WaitForRest(id);
  ASSERT_EQ(NameOf(half.state), NameOf(JobState::kTransientError));
  ASSERT_EQ(half.files[0].bytes_transferred, kFaultFileBytes / 2);
  server.Become(Server::Mood::kFault);
  EXPECT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
  const Job job = WaitForRest(id);
  ExpectEnd(job, GetParam().resumed);
  ExpectNoMix(job, server);
  EndWell(id, job, server);
}

INSTANTIATE_TEST_SUITE_P(Table, ServerFaultTest, testing::ValuesIn(ServerFaults()),
                         [](const auto& info) { return std::string(info.param.name); });

// A chunked reply need not say how long the file is; the job goes on for as
// long as its owner lets it.
TEST_F(JobRunTest, AnEndlessFileOfUnknownLengthEndsWithTheOwnersCancel) {
  OriginServer origin([](const OriginRequest&, OriginReply& reply) {
    reply.Head(200, {"Transfer-Encoding: chunked"});
    while (reply.alive()) {
      reply.Send("a\r\n0123456789\r\n");
      reply.Pause(std::chrono::milliseconds(1));
    }
  });
  const JobId id = Start(origin.Url("/file"), "file");
  WaitUntil(id, [](const Job& job) { return job.state == JobState::kTransferring; });
  EXPECT_EQ(Call(id, JobMethod::kCancel), HResult::kOk);
  EXPECT_THAT(NamesOnDrive(), testing::IsEmpty());
}

// A second reply hides where one of two lengths says that the first has ended.
TEST_F(JobRunTest, BytesBehindAReplyOfTwoLengthsAnswerNoOtherRequest) {
  const std::string hidden = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"old\"\r\n\r\nwrong";
  for (const char* status : {"200 OK", "302 Found\r\nLocation: /good", "404 Not Found"}) {
    std::atomic<bool> first = true;
    OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
      if (!first.exchange(false)) return support::ServeFile(OldFile(), request, reply);
      reply.Send("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " +
                 std::to_string(5 + hidden.size()) + "\r\nContent-Length: 5\r\n\r\nhello");
      reply.Pause(std::chrono::milliseconds(5));
      reply.Send(hidden);
    });
    const JobId id = Start(origin.Url("/file"), "file");
    const Job job = WaitForRest(id);
    if (job.state != JobState::kTransferred) {
      EXPECT_EQ(Call(id, JobMethod::kResume), HResult::kOk);
      EXPECT_EQ(NameOf(WaitForRest(id).state), NameOf(JobState::kTransferred)) << status;
    }
    EXPECT_TRUE(Complete(id, "file") == OldFile().content) << status;
    EXPECT_GE(origin.connections(), 2) << status;
  }
}

TEST_F(JobRunTest, ABurstOfServerErrorsNeverShows) {
  options().retry.quick_tries = 3;
  std::atomic<int> left = 2;
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    if (left-- > 0) return reply.Head(503, {"Content-Length: 0", "Retry-After: 0"});
    support::ServeFile(OldFile(), request, reply);
  });
  const JobId id = Start(origin.Url("/file"), "file");
  EXPECT_EQ(NameOf(WaitForRest(id).state), NameOf(JobState::kTransferred));
  EXPECT_EQ(Complete(id, "file"), OldFile().content);
}

}  // namespace
}  // namespace engine
