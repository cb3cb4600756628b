// What a job's settings change about its downloads.
#include <sys/stat.h>

#include <atomic>
#include <random>
#include <sstream>

#include "engine/custom_headers.h"
#include "engine/job_settings.h"
#include "engine/proxy_list.h"
#include "engine/transfer/buffer_pool.h"
#include "engine/transfer/http_fields.h"
#include "tests/engine/transfer/transfer_fixture.h"

namespace engine::transfer {
namespace {

using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using support::PatternBytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

OriginFile FileOf(std::size_t size, unsigned version = 0) {
  return {PatternBytes(size, version), "\"v" + std::to_string(version) + "\"", kDate};
}

support::OriginHandler Serving(const OriginFile& file) {
  return [&file](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  };
}

class SettingsDownloadTest : public TransferTest {
 protected:
  Download With(const JobSettings& settings, const std::string& url, FileState resume = {}) {
    Download download = Of(url, "file", std::move(resume));
    download.settings = std::make_shared<const JobSettings>(settings);
    return download;
  }

  Download WithFlags(std::uint32_t flags, const std::string& url) {
    JobSettings settings;
    settings.security_flags = flags;
    return With(settings, url);
  }

  Download WithHeaders(const std::string& lines, const std::string& url) {
    Download download = Of(url);
    Reach reach;
    reach.custom_headers = SecretText(lines);
    download.reach = std::make_shared<const Reach>(std::move(reach));
    return download;
  }

  std::vector<std::string> ReportedBy(const Download& download) {
    std::vector<std::string> urls;
    for (const Event& event : events().Of(download.id)) {
      if (const auto* redirected = std::get_if<Redirected>(&event)) urls.push_back(redirected->url);
    }
    return urls;
  }
};

// --- custom headers -------------------------------------------------------------

TEST_F(SettingsDownloadTest, CustomHeadersGoWithEveryRequestToTheJobsOrigin) {
  const OriginFile file = FileOf(100);
  OriginServer origin([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/moved") {
      return reply.Head(302, {"Location: /file", "Content-Length: 0"});
    }
    support::ServeFile(file, request, reply);
  });
  RunToFinish(
      WithHeaders("X-Secret: hunter2\r\nX-Empty:\r\nAccept: text/plain\r\n"
                  "User-Agent: mine\r\nAuthorization: Bearer b\r\n",
                  origin.Url("/moved")));
  ASSERT_EQ(origin.requests().size(), 2u);
  for (const OriginRequest& request : origin.requests()) {
    EXPECT_EQ(request.Header("x-secret"), "hunter2");
    EXPECT_EQ(request.headers.count("x-empty"), 1u);
    EXPECT_EQ(request.Header("x-empty"), "");
    EXPECT_EQ(request.Header("accept"), "text/plain");
    EXPECT_EQ(request.Header("user-agent"), "mine");
    EXPECT_EQ(request.Header("authorization"), "Bearer b");
    EXPECT_EQ(request.Header("accept-encoding"), "identity");
  }
}

TEST_F(SettingsDownloadTest, CustomHeadersNeverGoToAnotherOrigin) {
  const OriginFile file = FileOf(100);
  OriginServer home([&](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  });
  OriginServer elsewhere([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(307, {"Location: " + home.Url("/file"), "Content-Length: 0"});
  });
  OriginServer start([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(307, {"Location: " + elsewhere.Url("/moved"), "Content-Length: 0"});
  });
  const Download download =
      WithHeaders("X-Secret: hunter2\r\nCookie: a=b\r\n", start.Url("/start"));
  RunToFinish(download);
  EXPECT_EQ(start.requests().front().Header("x-secret"), "hunter2");
  for (const OriginServer* other : {&elsewhere, &home}) {
    ASSERT_EQ(other->requests().size(), 1u);
    EXPECT_EQ(other->requests().front().headers.count("x-secret"), 0u);
    EXPECT_EQ(other->requests().front().headers.count("cookie"), 0u);
  }
}

TEST_F(SettingsDownloadTest, CustomHeadersComeBackWithTheJobsOrigin) {
  const OriginFile file = FileOf(100);
  std::string back;
  OriginServer elsewhere([&](const OriginRequest&, OriginReply& reply) {
    reply.Head(307, {"Location: " + back, "Content-Length: 0"});
  });
  OriginServer start([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "/file") return support::ServeFile(file, request, reply);
    reply.Head(307, {"Location: " + elsewhere.Url("/moved"), "Content-Length: 0"});
  });
  back = start.Url("/file");
  RunToFinish(WithHeaders("X-Secret: hunter2\r\n", start.Url("/start")));
  EXPECT_EQ(start.requests().back().Header("x-secret"), "hunter2");
}

// Names and values of any bytes, mostly such that much of them is right.
std::string GeneratedHeader(std::mt19937& random) {
  const auto below = [&random](std::size_t n) { return random() % n; };
  constexpr std::string_view kName = "abcXYZ019-_.!#$%&'*+^`|~";
  constexpr std::string_view kOdd("\r\n\0 :\t\x7f\xff\x1b", 9);
  const auto text = [&](std::size_t length, bool name) {
    std::string made;
    for (std::size_t i = 0; i < length; ++i) {
      if (below(200) == 0)
        made += kOdd[below(kOdd.size())];
      else if (name)
        made += kName[below(kName.size())];
      else
        made += static_cast<char>(' ' + below(95));
    }
    return made;
  };
  // "H": none of those that libcurl or the transfer writes.
  std::string name = "H" + text(1 + below(12), true);
  std::string value = text(below(60), false);
  if (below(10) == 0) value = std::string(below(4), " \t;:"[below(4)]);
  return std::move(name) + (below(4) == 0 ? ":" : ": ") + std::move(value);
}

// As a header line may be written on the wire: blanks around the value do not count.
std::string Normal(std::string_view line) {
  const std::size_t colon = line.find(':');
  return std::string(line.substr(0, colon)) + ": " +
         std::string(TrimBlanks(line.substr(colon + 1)));
}

std::vector<std::string> HeadersOnTheWire(const OriginRequest& request) {
  std::vector<std::string> lines;
  std::istringstream head(request.head);
  for (std::string line; std::getline(head, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.starts_with('H') && !line.starts_with("Host:")) lines.push_back(Normal(line));
  }
  return lines;
}

TEST_F(SettingsDownloadTest, OfTenThousandGeneratedHeadersTheWireHasWhatWasAcceptedAndNothingElse) {
  constexpr int kRequests = 100;
  constexpr int kHeaders = 100;
  const OriginFile file = FileOf(10);
  OriginServer origin(Serving(file));
  std::mt19937 random(20'240'229);
  int refused = 0;
  for (int request = 0; request < kRequests; ++request) {
    std::string text;
    std::vector<std::string> expected;
    for (int i = 0; i < kHeaders; ++i) {
      const std::string line = GeneratedHeader(random);
      const bool accepted = CheckCustomHeaders(line, LimitOptions()).has_value() &&
                            CheckHeaderPolicy(line, options()).has_value();
      if (!accepted) ++refused;
      if (!accepted || line.find('\r') != line.npos) continue;
      text += line + "\r\n";
      expected.push_back(Normal(line));
    }
    RunToFinish(WithHeaders(text, origin.Url("/file")));
    ASSERT_EQ(HeadersOnTheWire(origin.requests().back()), expected);
    ASSERT_EQ(origin.requests().size(), static_cast<std::size_t>(request + 1));
  }
  EXPECT_GT(refused, kRequests);
  EXPECT_LT(refused, kRequests * kHeaders / 2);
}

TEST_F(SettingsDownloadTest, ARefusalSaysNothingOfTheHeaders) {
  OriginServer origin(
      [&](const OriginRequest&, OriginReply& reply) { reply.Head(403, {"Content-Length: 0"}); });
  const Failed failed = RunToFailure(WithHeaders("X-Secret: hunter2\r\n", origin.Url("/file")));
  EXPECT_THAT(failed.error.message, Not(HasSubstr("hunter2")));
}

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

// --- hosts that are denied --------------------------------------------------------

TEST_F(SettingsDownloadTest, AProxyIsNotAskedForADeniedHost) {
  const OriginFile file = FileOf(10);
  OriginServer proxy([&](const OriginRequest& request, OriginReply& reply) {
    if (request.target == "http://elsewhere.example/moved")
      return reply.Head(302, {"Location: http://0xA9FEA9FE/latest", "Content-Length: 0"});
    support::ServeFile(file, request, reply);
  });
  const auto by_proxy = [&](const std::string& url) {
    Download download = Of(url);
    Reach reach;
    reach.proxies = *ProxyRules::Parse("127.0.0.1:" + std::to_string(proxy.port()), "");
    download.reach = std::make_shared<const Reach>(std::move(reach));
    return download;
  };
  RunToFinish(by_proxy("http://elsewhere.example/file"));
  for (const auto* const url :
       {"http://169.254.169.254/latest", "https://169.254.169.254/latest", "http://[fe80::1]/",
        "http://metadata.google.internal/computeMetadata", "http://elsewhere.example/moved"}) {
    const Failed failed = RunToFailure(by_proxy(url));
    EXPECT_EQ(failed.error.code, HResult::kAccessDenied) << url;
    EXPECT_FALSE(failed.recoverable);
    EXPECT_THAT(failed.error.message, HasSubstr("transfers.denied_"));
  }
  EXPECT_EQ(proxy.requests().size(), 2u);
}

// --- addresses that are denied ------------------------------------------------------

class DeniedAddressTest : public SettingsDownloadTest {
 protected:
  DeniedAddressTest() { options().denied_addresses = {"127.0.0.0/8", "::1"}; }

  void ExpectDenied(const std::string& url) {
    const Failed failed = RunToFailure(Of(url));
    EXPECT_EQ(failed.error.code, HResult::kAccessDenied) << url << ": " << failed.error.message;
    EXPECT_THAT(failed.error.message, HasSubstr("transfers.denied_addresses"));
    EXPECT_FALSE(failed.recoverable);
  }

  OriginServer origin_{
      [](const OriginRequest&, OriginReply& reply) { reply.Head(200, {"Content-Length: 0"}); }};
};

TEST_F(DeniedAddressTest, NoSpellingOfItGetsAConnection) {
  const std::string port = ":" + std::to_string(origin_.port()) + "/file";
  for (const char* host :
       {"127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "127.0.0.2", "localhost",
        "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:7f00:1]"})
    ExpectDenied("http://" + (host + port));
  EXPECT_EQ(origin_.connections(), 0);
}

TEST_F(DeniedAddressTest, NoRedirectLeadsThere) {
  options().denied_addresses = {"127.0.0.2/32"};
  OriginServer start([](const OriginRequest&, OriginReply& reply) {
    reply.Head(302, {"Location: http://127.0.0.2/file", "Content-Length: 0"});
  });
  ExpectDenied(start.Url("/start"));
}

TEST_F(DeniedAddressTest, AListThatCannotBeReadDeniesEverything) {
  options().denied_addresses = {"nonsense"};
  ExpectDenied(origin_.Url("/file"));
  EXPECT_EQ(origin_.connections(), 0);
}

}  // namespace
}  // namespace engine::transfer
