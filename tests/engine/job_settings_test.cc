#include "engine/job_settings.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/job.h"
#include "engine/upload.h"

namespace engine {
namespace {

const LimitOptions kLimits;

HResult CodeOf(const Status& status) { return status ? HResult::kOk : status.error().code; }
HResult Check(const SettingsChanges& changes) { return CodeOf(CheckSettings(changes, kLimits)); }

Job NewJobOf(std::size_t files = 1) {
  Job job{.id = *JobId::Parse("{11111111-2222-3333-4444-555555555555}")};
  for (std::size_t i = 0; i < files; ++i) job.files.Add({});
  return job;
}

Job JobWith(const SettingsChanges& changes, Job job = NewJobOf()) {
  job.settings = std::make_shared<const JobSettings>(ApplySettings(changes, SettingsOf(job)));
  return job;
}

HResult Check(const Job& job, const SettingsChanges& changes) {
  return CodeOf(CheckSettingsOf(job, changes));
}

HResult Ranges(const std::vector<FileRange>& ranges, bool exempt = false) {
  return CodeOf(CheckRanges(ranges, kLimits, exempt));
}

TEST(JobSettingsTest, TheDefaultsAreThoseOfBits) {
  const JobSettings& settings = SettingsOf(NewJobOf());
  EXPECT_EQ(settings.notify_flags, 3U);
  EXPECT_EQ(settings.http_method, "GET");
  EXPECT_EQ(settings.security_flags, 0U);
  EXPECT_EQ(settings.maximum_download_time.count(), 7'776'000);
  EXPECT_FALSE(settings.maximum_download_size);
  EXPECT_TRUE(MayResume(settings));
}

TEST(JobSettingsTest, FlagsThatDoNotExistAreNotImplemented) {
  EXPECT_EQ(Check({.notify_flags = 0x3F}), HResult::kOk);
  EXPECT_EQ(Check({.notify_flags = 0x40}), HResult::kNotImplemented);
  for (const std::uint32_t flags : {0x0U, 0x1FU, 0x100U, 0x200U, 0x800U, 0xA1FU})
    EXPECT_EQ(Check({.security_flags = flags}), HResult::kOk) << flags;
  for (const std::uint32_t flags : {0x20U, 0x80U, 0x300U, 0x400U, 0x700U, 0x1000U, 0x80000000U})
    EXPECT_EQ(Check({.security_flags = flags}), HResult::kNotImplemented) << flags;
  EXPECT_EQ(Check({.cost_flags = 0x80000021}), HResult::kOk);
  EXPECT_EQ(Check({.cost_flags = 0x100}), HResult::kNotImplemented);
}

TEST(JobSettingsTest, FlagsThatWeakenTlsWantAPolicyThatAllowsThem) {
  const auto check = [](const Job& job, std::uint32_t flags, bool allowed) {
    TransferOptions policy;
    policy.allow_weakened_tls = allowed;
    return CodeOf(CheckPolicies(job, {.security_flags = flags}, policy));
  };
  for (const std::uint32_t flags : {0x2U, 0x4U, 0x8U, 0x10U, 0x800U, 0xF1FU}) {
    EXPECT_EQ(check(NewJobOf(), flags, false), HResult::kAccessDenied) << flags;
    EXPECT_EQ(check(NewJobOf(), flags, true), HResult::kOk) << flags;
  }
  for (const std::uint32_t flags : {0x0U, 0x1U, 0x100U, 0x200U, 0x201U})
    EXPECT_EQ(check(NewJobOf(), flags, false), HResult::kOk) << flags;
  // What the job has from another time may stay, and be taken away.
  const Job weak = JobWith({.security_flags = 0x6});
  EXPECT_EQ(check(weak, 0x106, false), HResult::kOk);
  EXPECT_EQ(check(weak, 0x4, false), HResult::kOk);
  EXPECT_EQ(check(weak, 0xE, false), HResult::kAccessDenied);
}

TEST(JobSettingsTest, FlagsThatWeakenTlsAreInForceOnlyWhereThePolicyAllowsThem) {
  TransferOptions policy;
  EXPECT_EQ(PermittedFlags(0xF1F, policy), 0x701U);
  policy.allow_weakened_tls = true;
  EXPECT_EQ(PermittedFlags(0xF1F, policy), 0xF1FU);
}

TEST(JobSettingsTest, AMethodIsAWordThatGetsContent) {
  for (const auto* const method : {"GET", "POST", "PUT", "get", "M-SEARCH"})
    EXPECT_EQ(Check({.http_method = method}), HResult::kOk) << method;
  for (const auto* const method : {"", "GET /", "G\r\nT", "HEAD", "CONNECT", "M\xC3\xBC"})
    EXPECT_EQ(Check({.http_method = method}), HResult::kInvalidArgument) << method;
  const std::size_t most = kLimits.http_method_characters;
  EXPECT_EQ(Check({.http_method = std::string(most - 1, 'A')}), HResult::kOk);
  EXPECT_EQ(Check({.http_method = std::string(most, 'A')}), HResult::kOk);
  EXPECT_EQ(Check({.http_method = std::string(most + 1, 'A')}), HResult::kStringTooLong);
}

TEST(JobSettingsTest, ASizeLimitIsOneByteAtLeastAndCanBeRemoved) {
  constexpr std::uint64_t kMost = (1ull << 63) - 1;
  EXPECT_EQ(Check({.maximum_download_size = 0}), HResult::kMaxDownloadSizeInvalid);
  EXPECT_EQ(Check({.maximum_download_size = 1}), HResult::kOk);
  EXPECT_EQ(Check({.maximum_download_size = kMost}), HResult::kOk);
  EXPECT_EQ(Check({.maximum_download_size = kMost + 1}), HResult::kMaxDownloadSizeInvalid);
  const JobSettings limited = ApplySettings({.maximum_download_size = 5}, {});
  EXPECT_EQ(limited.maximum_download_size, 5U);
  EXPECT_EQ(ApplySettings({.maximum_download_size = kNoSizeLimit}, limited), JobSettings());
}

TEST(JobSettingsTest, SomeAreReadOnlyAfterTheFirstResume) {
  Job job = NewJobOf();
  const SettingsChanges each[] = {{.http_method = "POST"},
                                  {.maximum_download_size = 5},
                                  {.dynamic_content = true},
                                  {.high_performance = true}};
  for (const SettingsChanges& changes : each) {
    EXPECT_EQ(Check(NewJobOf(), changes), HResult::kOk);
    Job resumed = NewJobOf();
    resumed.resumed = true;
    EXPECT_EQ(Check(resumed, changes), HResult::kReadOnlyAfterResume);
    // What is set already may be set again.
    EXPECT_EQ(Check(JobWith(changes, resumed), changes), HResult::kOk);
  }
  job.resumed = true;
  EXPECT_EQ(Check(job, {.notify_flags = 4, .security_flags = 1, .maximum_download_time = 0}),
            HResult::kOk);
}

TEST(JobSettingsTest, HighPerformanceIsReadOnlyAfterFilesWereAdded) {
  EXPECT_EQ(Check(NewJobOf(1), {.high_performance = true}), HResult::kOk);
  EXPECT_EQ(Check(NewJobOf(2), {.high_performance = true}), HResult::kReadOnlyAfterAddFile);
}

TEST(JobSettingsTest, AMethodExcludesDynamicContentAndRanges) {
  constexpr auto kRefused = HResult::kNotSupportedWithCustomHttpMethod;
  EXPECT_EQ(Check(NewJobOf(), {.http_method = "POST", .dynamic_content = true}), kRefused);
  EXPECT_EQ(Check(JobWith({.http_method = "POST"}), {.dynamic_content = true}), kRefused);
  Job parts = NewJobOf();
  File file;
  file.ranges = std::make_shared<const std::vector<FileRange>>(1);
  parts.files.Add(file);
  EXPECT_EQ(Check(parts, {.http_method = "POST"}), kRefused);
  EXPECT_EQ(Check(parts, {.dynamic_content = true}), HResult::kUnsupportedJobConfiguration);
  const std::vector<FileRange> ranges{{0, 1}};
  EXPECT_EQ(CodeOf(CheckRangesFor(SettingsOf(JobWith({.http_method = "POST"})), ranges)), kRefused);
  EXPECT_EQ(CodeOf(CheckRangesFor(SettingsOf(JobWith({.dynamic_content = true})), ranges)),
            HResult::kUnsupportedJobConfiguration);
  EXPECT_EQ(CodeOf(CheckRangesFor(SettingsOf(JobWith({.dynamic_content = true})), {})),
            HResult::kOk);
}

TEST(JobSettingsTest, WriteOnlyHeadersStaySo) {
  EXPECT_EQ(Check(NewJobOf(), {.custom_headers_write_only = false}), HResult::kOk);
  const Job job = JobWith({.custom_headers_write_only = true});
  EXPECT_EQ(Check(job, {.custom_headers_write_only = true}), HResult::kOk);
  EXPECT_EQ(Check(job, {.custom_headers_write_only = false}), HResult::kReadOnlyProperty);
}

TEST(JobSettingsTest, UploadsHaveNoneThatChangeHowFilesAreFetched) {
  Job job = NewJobOf();
  job.type = JobType::kUpload;
  for (const SettingsChanges& changes :
       {SettingsChanges{.http_method = "POST"}, SettingsChanges{.maximum_download_size = 1},
        SettingsChanges{.dynamic_content = true}, SettingsChanges{.high_performance = true},
        SettingsChanges{.security_flags = security_flags::kRedirectAndReport},
        SettingsChanges{.security_flags = security_flags::kAllowHttpsToHttp}})
    EXPECT_EQ(Check(job, changes), HResult::kDownloadJobsOnly);
  EXPECT_EQ(Check(job, {}), HResult::kOk);
  EXPECT_EQ(Check(job, {.notify_flags = 1, .security_flags = 0x1F, .maximum_download_time = 5}),
            HResult::kOk);
}

TEST(JobSettingsTest, OnlyRepliesThatHaveNotBegunGetAName) {
  const SettingsChanges name{.reply_file_name = "C:\\a"};
  Job job = NewJobOf();
  EXPECT_EQ(Check(job, name), HResult::kNotImplemented);
  job.type = JobType::kUpload;
  Upload upload;
  job.upload = std::make_shared<const Upload>(upload);
  EXPECT_EQ(Check(job, name), HResult::kNotImplemented);
  job.type = JobType::kUploadReply;
  EXPECT_EQ(Check(job, name), HResult::kOk);
  upload.reply.remote_url = "http://h/reply";
  job.upload = std::make_shared<const Upload>(upload);
  EXPECT_EQ(Check(job, name), HResult::kInvalidState);
}

TEST(JobSettingsTest, RangesDoNotOverlapInWhateverOrder) {
  constexpr std::uint64_t kEnd = FileRange::kToEnd;
  EXPECT_EQ(Ranges({}), HResult::kOk);
  EXPECT_EQ(Ranges({{100, 5}, {0, 100}, {105, kEnd}}), HResult::kOk);
  EXPECT_EQ(Ranges({{100, 5}, {0, 101}}), HResult::kOverlappingRanges);
  EXPECT_EQ(Ranges({{7, 1}, {7, 1}}), HResult::kOverlappingRanges);
  EXPECT_EQ(Ranges({{0, kEnd}, {5, 1}}), HResult::kOverlappingRanges);
  EXPECT_EQ(Ranges({{5, kEnd}, {9, kEnd}}), HResult::kOverlappingRanges);
}

TEST(JobSettingsTest, RangesLieWithinWhatAFileCanBe) {
  constexpr std::uint64_t kLast = (1ull << 63) - 1;
  EXPECT_EQ(Ranges({{FileRange::kToEnd, 1}}), HResult::kInvalidRange);
  EXPECT_EQ(Ranges({{0, 0}}), HResult::kInvalidRange);
  EXPECT_EQ(Ranges({{kLast - 1, 1}}), HResult::kOk);
  EXPECT_EQ(Ranges({{kLast, 1}}), HResult::kInvalidRange);
  EXPECT_EQ(Ranges({{1, FileRange::kToEnd - 1}}), HResult::kInvalidRange);
  EXPECT_EQ(Ranges({{kLast + 1, FileRange::kToEnd}}), HResult::kInvalidRange);
}

TEST(JobSettingsTest, AFileHasAsManyRangesAsTheLimitAllows) {
  std::vector<FileRange> ranges;
  for (std::uint64_t i = 0; i + 1 < kLimits.ranges_per_file; ++i) ranges.push_back({2 * i, 1});
  EXPECT_EQ(Ranges(ranges), HResult::kOk);
  ranges.push_back({10'000, 1});
  EXPECT_EQ(Ranges(ranges), HResult::kOk);
  ranges.push_back({20'000, 1});
  EXPECT_EQ(Ranges(ranges), HResult::kTooManyRangesInFile);
  EXPECT_EQ(Ranges(ranges, /*exempt=*/true), HResult::kOk);
}

TEST(JobSettingsTest, TheBytesOfRangesAreKnownOnceTheirEndsAre) {
  constexpr std::uint64_t kEnd = FileRange::kToEnd;
  EXPECT_EQ(BytesIn({{0, 5}, {10, 5}}, std::nullopt), 10U);
  EXPECT_EQ(BytesIn({{0, 5}, {10, kEnd}}, std::nullopt), std::nullopt);
  EXPECT_EQ(BytesIn({{0, 5}, {10, kEnd}}, 100), 95U);
  EXPECT_EQ(BytesIn({{0, 100}}, 100), 100U);
  EXPECT_EQ(BytesIn({{0, 101}}, 100), std::nullopt);
  EXPECT_EQ(BytesIn({{100, kEnd}}, 100), std::nullopt);
}

}  // namespace
}  // namespace engine
