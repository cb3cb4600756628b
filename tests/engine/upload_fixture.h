// Uploads of a queue between fakes: what servers say of them.
#pragma once

#include "engine/upload.h"
#include "queue_fixture.h"

namespace engine {

class QueueUploadTest : public QueueTest {
 protected:
  static constexpr std::uint64_t kSize = 100;

  QueueUploadTest() { files_.SetSource(Source()); }

  static SourceVersion Source() { return {kSize, 7, 8, 9}; }

  static NewJob UploadSpec(const std::string& name, bool start = true,
                           JobType type = JobType::kUpload) {
    NewJob spec = Spec(name, start);
    spec.type = type;
    return spec;
  }
  JobId CreateUpload(const std::string& name, bool start = true, JobType type = JobType::kUpload) {
    const Result<JobId> id = TryCreate(UploadSpec(name, start, type));
    EXPECT_TRUE(id) << id.error().message;
    return id.value_or(JobId::Random());
  }
  JobId CreateUploadReply(const std::string& name, bool start = true) {
    return CreateUpload(name, start, JobType::kUploadReply);
  }

  // A session in which the server has `offset` bytes.
  static transfer::UploadState InSession(std::uint64_t offset, const std::string& id = "{1}") {
    transfer::UploadState state;
    state.session.id = id;
    state.session.source = Source();
    state.offset = offset;
    return state;
  }
  static transfer::UploadState Closed() {
    transfer::UploadState state = InSession(kSize);
    state.session.closed = true;
    return state;
  }

  // The next upload's life up to `offset` bytes in a session.
  transfer::Upload ConnectUpload(std::uint64_t offset = 0) {
    transfer::Upload upload = transfers_->TakeUpload();
    Report(transfer::UploadAdvanced{upload.id, InSession(offset)});
    Report(transfer::Connected{upload.id, {offset, kSize, {}}});
    return upload;
  }
  void FinishUpload(const transfer::Upload& upload) {
    Report(transfer::UploadAdvanced{upload.id, Closed()});
    Report(transfer::Finished{upload.id, {kSize, kSize, {}}});
  }
  void FailUpload(const transfer::Upload& upload, HResult code, bool recoverable) {
    Report(transfer::Failed{upload.id,
                            {0, kSize, {}},
                            Error{code, ErrorContext::kLocalFile, "failed"},
                            recoverable,
                            std::nullopt});
  }
  // A reply of 10 bytes, `offset` of them durable.
  static transfer::UploadState WithReply(std::uint64_t offset) {
    transfer::UploadState state = InSession(kSize);
    state.reply_url = "http://server/reply";
    state.reply = {offset, 10, {"\"r1\"", "Sun, 06 Nov 1994 08:49:37 GMT"}};
    return state;
  }
  // Cancels a job whose upload runs.
  Result<HResult> CancelRunning(const JobId& id) {
    std::future<Result<HResult>> cancelled = BeginCall(id, JobMethod::kCancel);
    const transfer::TransferId running = transfers_->TakeStop();
    Report(transfer::Stopped{running, {0, kSize, {}}});
    return QueueTest::Get(cancelled);
  }
};

}  // namespace engine
