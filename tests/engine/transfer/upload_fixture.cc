#include "tests/engine/transfer/upload_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <future>

namespace engine::transfer {
namespace {

constexpr int kMostTries = 10;

JobId UploadJob() { return JobId::FromBytes({4, 5, 6}); }

}  // namespace

void UploadTest::WriteSource(const std::string& content, const std::string& name) {
  WriteFile(SourcePath(name), content);
  const timespec times[2] = {{0, UTIME_OMIT}, {1'700'000'000, 0}};
  ::utimensat(AT_FDCWD, SourcePath(name).c_str(), times, 0);
}

std::filesystem::path UploadTest::SourcePath(const std::string& name) const {
  return directory_.path() / name;
}

SourceVersion UploadTest::VersionOfSource(const std::string& name) {
  std::promise<Result<SourceVersion>> found;
  disk().CheckSource(Target(name), std::nullopt, [&found](Result<SourceVersion> version) {
    found.set_value(std::move(version));
  });
  return found.get_future().get().value_or(SourceVersion());
}

Upload UploadTest::UploadTo(const std::string& url, UploadState resume) {
  TransferId id = Of(url).id;
  id.job = UploadJob();
  return Upload{id, url, Target("source"), std::move(resume)};
}

Upload UploadTest::UploadReplyTo(const std::string& url, UploadState resume) {
  Upload upload = UploadTo(url, std::move(resume));
  upload.reply = ReplyTarget{Target("reply"), "BITreply.tmp"};
  return upload;
}

Event UploadTest::RunUpload(const Upload& upload) {
  transfers().Start(upload);
  const auto end = events().WaitForEnd(upload.id);
  if (end) return *end;
  ADD_FAILURE() << "the attempt did not end";
  return Stopped{upload.id, {}};
}

void UploadTest::ExpectFinished(const Event& end) {
  if (std::holds_alternative<Finished>(end)) return;
  const auto* failed = std::get_if<Failed>(&end);
  ADD_FAILURE() << "not finished: " << (failed != nullptr ? failed->error.message : "stopped");
}

Failed UploadTest::ExpectFailed(const Event& end) {
  if (const auto* failed = std::get_if<Failed>(&end)) return *failed;
  ADD_FAILURE() << "not failed: index " << end.index();
  return Failed{IdOf(end), {}, {}, true, std::nullopt};
}

UploadState UploadTest::StateAfter(const Upload& upload) {
  UploadState state = upload.resume;
  for (const Event& event : events().Of(upload.id)) {
    if (const auto* advanced = std::get_if<UploadAdvanced>(&event)) state = advanced->state;
  }
  return state;
}

UploadState UploadTest::WaitForWait(const Upload& upload, int n) {
  UploadState state;
  EXPECT_TRUE(events().WaitUntil(upload.id, [&state, n](const std::vector<Event>& all) {
    int seen = 0;
    for (const Event& event : all) {
      const auto* advanced = std::get_if<UploadAdvanced>(&event);
      if (advanced == nullptr || !advanced->waits) continue;
      state = advanced->state;
      ++seen;
    }
    return seen >= n;
  }));
  return state;
}

Event UploadTest::RunToEnd(Upload upload) {
  for (int tries = 1;; ++tries) {
    const Event end = RunUpload(upload);
    const auto* failed = std::get_if<Failed>(&end);
    if (failed == nullptr || !failed->recoverable || tries == kMostTries) return end;
    upload.resume = StateAfter(upload);
    ++upload.id.attempt;
    Of(upload.url);  // the number is taken
  }
}

SessionCancelled UploadTest::RunCancel(const CancelSession& cancel) {
  transfers().Cancel(cancel);
  const bool answered = events().WaitUntil(cancel.id, [](const auto& all) { return !all.empty(); });
  EXPECT_TRUE(answered);
  if (!answered) return {cancel.id, std::nullopt, false};
  return std::get<SessionCancelled>(events().Of(cancel.id).front());
}

void UploadTest::ExpectStored(const BitsServer& server, const std::string& content) {
  const std::vector<std::string> delivered = server.Delivered();
  ASSERT_EQ(delivered.size(), 1u);
  EXPECT_TRUE(delivered.front() == content) << "other bytes, " << delivered.front().size();
  EXPECT_THAT(server.complaints(), ::testing::IsEmpty());
  EXPECT_EQ(server.open_sessions(), 0u);
}

}  // namespace engine::transfer
