// What a job's settings change about its downloads.
#include <sys/stat.h>

#include <atomic>

#include "engine/transfer/buffer_pool.h"
#include "tests/engine/transfer/settings_download_fixture.h"

namespace engine::transfer {
namespace {

using support::AnswerFor;
using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using support::PatternBytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

// --- the method -----------------------------------------------------------------

TEST_F(SettingsDownloadTest, AnotherMethodIsSentWithoutABodyAndOnAConnectionOfItsOwn) {
  const OriginFile file = FileOf(100);
  OriginServer origin(Serving(file));
  JobSettings settings;
  settings.http_method = "POST";
  RunToFinish(Of(origin.Url("/before")));
  RunToFinish(With(settings, origin.Url("/file")));
  ASSERT_EQ(origin.requests().size(), 2u);
  const OriginRequest request = origin.requests().back();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.Header("content-length"), "0");
  EXPECT_EQ(request.connection, 2);
  settings.http_method = "REPORT";
  RunToFinish(With(settings, origin.Url("/file")));
  EXPECT_EQ(origin.requests().back().method, "REPORT");
  EXPECT_EQ(origin.requests().back().headers.count("content-length"), 0u);
}

TEST_F(SettingsDownloadTest, AFileOfAnotherMethodIsNeverResumed) {
  const OriginFile file = FileOf(100);
  OriginServer origin(Serving(file));
  JobSettings settings;
  settings.http_method = "POST";
  const Download begun =
      With(settings, origin.Url("/file"), FileState{40, 100, {file.etag, kDate}});
  WriteFile(TemporaryPath(begun), file.content.substr(0, 40));
  EXPECT_TRUE(std::holds_alternative<Restarted>(Run(begun)));
  EXPECT_THAT(origin.requests(), IsEmpty());
}

TEST_F(SettingsDownloadTest, ARedirectedPostBecomesAGet) {
  const OriginFile file = FileOf(100);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/file") return support::ServeFile(file, request, reply);
    reply.Head(std::stoi(request.target.substr(1)), {"Location: /file", "Content-Length: 0"});
  });
  JobSettings settings;
  settings.http_method = "POST";
  RunToFinish(With(settings, origin.Url("/302")));
  EXPECT_EQ(origin.requests().back().method, "GET");
  RunToFinish(With(settings, origin.Url("/307")));
  EXPECT_EQ(origin.requests().back().method, "POST");
}

TEST_F(SettingsDownloadTest, AHeadHasNoBodyToWaitFor) {
  const OriginFile file = FileOf(100);
  OriginServer origin(Serving(file));
  JobSettings settings;
  settings.http_method = "HEAD";
  const Failed failed = RunToFailure(With(settings, origin.Url("/file")));
  EXPECT_THAT(failed.error.message, HasSubstr("shorter"));
}

// --- redirects ------------------------------------------------------------------

class RedirectDownloadTest : public SettingsDownloadTest {
 protected:
  const OriginFile file_ = FileOf(100);
  OriginServer origin_{[this](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/start") {
      return reply.Head(302, {"Location: /next", "Content-Length: 0"});
    }
    if (request.target == "/next") {
      return reply.Head(301, {"Location: /file", "Content-Length: 0"});
    }
    if (request.target == "/bad") {
      return reply.Head(302, {"Location: ftp://x/", "Content-Length: 0"});
    }
    support::ServeFile(file_, request, reply);
  }};
};

TEST_F(RedirectDownloadTest, BySilentPolicyNobodyIsToldWhereTheyLed) {
  const Download download = WithFlags(0, origin_.Url("/start"));
  RunToFinish(download);
  EXPECT_THAT(ReportedBy(download), IsEmpty());
}

TEST_F(RedirectDownloadTest, WhereTheyLedIsToldOnceTheFileIsHere) {
  const Download download = WithFlags(security_flags::kRedirectAndReport, origin_.Url("/start"));
  RunToFinish(download);
  EXPECT_THAT(ReportedBy(download), ElementsAre(origin_.Url("/file")));
  const auto all = events().Of(download.id);
  ASSERT_GE(all.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<Redirected>(all[all.size() - 2]));
  ExpectFile(download, file_.content);

  const Download direct = WithFlags(security_flags::kRedirectAndReport, origin_.Url("/file"));
  RunToFinish(direct);
  EXPECT_THAT(ReportedBy(direct), IsEmpty());
}

TEST_F(RedirectDownloadTest, ARefusedRedirectIsFatalAndTold) {
  const Download download = WithFlags(security_flags::kRefuseRedirects, origin_.Url("/start"));
  const Failed failed = RunToFailure(download);
  EXPECT_EQ(failed.error.code, HttpError(302));
  EXPECT_EQ(failed.error.context, ErrorContext::kRemoteFile);
  EXPECT_FALSE(failed.recoverable);
  EXPECT_THAT(ReportedBy(download), ElementsAre(origin_.Url("/next")));
  EXPECT_EQ(origin_.requests().size(), 1u);

  const Download bad = WithFlags(security_flags::kRefuseRedirects, origin_.Url("/bad"));
  EXPECT_EQ(RunToFailure(bad).error.code, HttpError(302));
  EXPECT_THAT(ReportedBy(bad), IsEmpty());
}

// --- dynamic content --------------------------------------------------------------

class DynamicDownloadTest : public SettingsDownloadTest {
 protected:
  Download Dynamic(const std::string& url, FileState resume = {}) {
    JobSettings settings;
    settings.dynamic_content = true;
    return With(settings, url, std::move(resume));
  }
};

TEST_F(DynamicDownloadTest, ABodyMayEndWithTheConnection) {
  const std::string content = PatternBytes(300'000);
  OriginServer origin([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(200, {"Connection: close"});
    reply.Send(content);
    reply.CutWithFin();
  });
  const Download download = Dynamic(origin.Url("/file"));
  const Finished finished = RunToFinish(download);
  EXPECT_EQ(finished.state.offset, content.size());
  EXPECT_THAT(finished.state.total, Optional(content.size()));
  ExpectFile(download, content);
  // And nothing but dynamic content may.
  EXPECT_EQ(RunToFailure(Of(origin.Url("/file"))).error.code, HResult::kMissingFileSize);
}

TEST_F(DynamicDownloadTest, ALengthThatIsToldIsChecked) {
  OriginServer origin([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(200, {"Content-Length: 100"});
    reply.Send(std::string(99, 'x'));
    reply.CutWithFin();
  });
  EXPECT_TRUE(RunToFailure(Dynamic(origin.Url("/file"))).recoverable);
}

TEST_F(DynamicDownloadTest, NothingIsEverResumed) {
  const OriginFile file = FileOf(100);
  OriginServer origin(Serving(file));
  const Download begun = Dynamic(origin.Url("/file"), FileState{40, 100, {file.etag, kDate}});
  WriteFile(TemporaryPath(begun), file.content.substr(0, 40));
  EXPECT_TRUE(std::holds_alternative<Restarted>(Run(begun)));
  const Download anew = Dynamic(origin.Url("/file"));
  RunToFinish(anew);
  ExpectFile(anew, file.content);
  EXPECT_EQ(origin.requests().back().headers.count("range"), 0u);
}

// --- high performance -------------------------------------------------------------

class HighPerformanceTest : public SettingsDownloadTest {
 protected:
  Download Fast(const std::string& url, FileState resume = {}) {
    JobSettings settings;
    settings.high_performance = true;
    return With(settings, url, std::move(resume));
  }
  std::filesystem::path TargetPath() const { return directory_.path() / "file"; }
};

TEST_F(HighPerformanceTest, TheFileHasTheServersTime) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, 3 * kBufferBytes + 5}) {
    const OriginFile file = FileOf(size);
    OriginServer origin(Serving(file));
    const Download download = Fast(origin.Url("/file"));
    RunToFinish(download);
    EndThreads();
    struct stat found {};
    ASSERT_EQ(::stat(TargetPath().c_str(), &found), 0);
    EXPECT_EQ(found.st_mtime, 784'111'777) << size;  // kDate
  }
}

TEST_F(HighPerformanceTest, TheFileIsWrittenInPlace) {
  const OriginFile file = FileOf(3 * kBufferBytes + 5);
  OriginServer origin(Serving(file));
  WriteFile(TargetPath(), "older and longer than nothing");
  const Download download = Fast(origin.Url("/file"));
  const Finished finished = RunToFinish(download);
  EXPECT_EQ(finished.state.offset, file.content.size());
  EXPECT_FALSE(std::filesystem::exists(TemporaryPath(download)));
  EXPECT_TRUE(ReadFile(TargetPath()) == file.content);
  // Complete finds it done.
  std::optional<std::vector<Status>> done;
  disk().Finish({{download.target, download.temporary_name, true, std::nullopt}},
                [&](std::vector<Status> results) { done = std::move(results); });
  EndThreads();
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->front());
  EXPECT_TRUE(ReadFile(TargetPath()) == file.content);
}

TEST_F(HighPerformanceTest, WhatIsNoRegularFileIsNotWrittenTo) {
  const OriginFile file = FileOf(100);
  OriginServer origin(Serving(file));
  const ScratchDirectory elsewhere;
  std::filesystem::create_symlink(elsewhere.path() / "victim", TargetPath());
  const Failed failed = RunToFailure(Fast(origin.Url("/file")));
  EXPECT_EQ(failed.error.code, HResult::kAccessDenied);
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere.path()));
  EXPECT_TRUE(std::filesystem::is_symlink(TargetPath()));
}

TEST_F(HighPerformanceTest, ProgressIsToldAndNeverResumed) {
  const OriginFile file = FileOf(2 * kBufferBytes);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    const auto answer = support::AnswerFor(file, request);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body.substr(0, 1'000));
    reply.Stall();
  });
  options().checkpoint_interval = std::chrono::milliseconds(100);
  options().stall_timeout = std::chrono::seconds(20);
  const Download download = Fast(origin.Url("/file"));
  transfers().Start(download);
  EXPECT_TRUE(events().WaitUntil(download.id, [](const std::vector<Event>& all) {
    for (const Event& event : all) {
      const auto* progressed = std::get_if<Progressed>(&event);
      if (progressed != nullptr && progressed->state.offset == 1'000) return true;
    }
    return false;
  }));
  transfers().Stop(download.id);
  const auto end = events().WaitForEnd(download.id);
  ASSERT_TRUE(end && std::holds_alternative<Stopped>(*end));
  EXPECT_EQ(std::get<Stopped>(*end).state.offset, 0u);

  EXPECT_TRUE(std::holds_alternative<Restarted>(
      Run(Fast(origin.Url("/file"), FileState{1'000, 2 * kBufferBytes, {file.etag, kDate}}))));
}

// --- the size limit ---------------------------------------------------------------

TEST_F(SettingsDownloadTest, AFileMayBeAsLongAsTheJobMayFetchAndNoLonger) {
  const OriginFile file = FileOf(1'000);
  OriginServer origin(Serving(file));
  for (const std::uint64_t most : {999u, 1'000u, 1'001u}) {
    Download download = Of(origin.Url("/file"));
    download.most_bytes = most;
    if (most >= 1'000) {
      RunToFinish(download);
      ExpectFile(download, file.content);
      std::filesystem::remove(TemporaryPath(download));
      continue;
    }
    const Failed failed = RunToFailure(download);
    EXPECT_EQ(failed.error.code, HResult::kMaxDownloadSizeReached);
    EXPECT_FALSE(failed.recoverable);
    EXPECT_FALSE(std::filesystem::exists(TemporaryPath(download)));
  }
}

TEST_F(SettingsDownloadTest, ABodyOfUnknownLengthIsCutBeforeAByteTooMany) {
  OriginServer origin([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(200, {"Transfer-Encoding: chunked"});
    for (int i = 0; i < 4 && reply.alive(); ++i) {
      reply.Send("fa\r\n" + std::string(250, 'x') + "\r\n");
      reply.Pause(std::chrono::milliseconds(20));
    }
    reply.Send("0\r\n\r\n");
  });
  for (const std::uint64_t most : {999u, 1'000u}) {
    Download download = Of(origin.Url("/file"));
    download.most_bytes = most;
    if (most == 1'000) {
      RunToFinish(download);
      continue;
    }
    const Failed failed = RunToFailure(download);
    EXPECT_EQ(failed.error.code, HResult::kMaxDownloadSizeReached);
    EXPECT_LE(failed.state.offset, most);
    EXPECT_LE(std::filesystem::file_size(TemporaryPath(download)), most);
  }
}

}  // namespace
}  // namespace engine::transfer
