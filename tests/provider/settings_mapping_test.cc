#include "provider/settings_mapping.h"

#include <gmock/gmock.h>

#include <memory>

#include "engine/upload.h"
#include "schema/bitsd_classes.h"
#include "tests/provider/job_for_test.h"

namespace provider {
namespace {

using schema::Value;
using testing::HasSubstr;
using testing::Optional;

constexpr std::uint64_t kOne = 1;

engine::Job JobWith(engine::JobSettings settings) {
  engine::Job job = JobForTest();
  job.settings = std::make_shared<const engine::JobSettings>(std::move(settings));
  return job;
}

wsman::PropertyChanges Changes(std::vector<std::pair<std::string_view, Value>> values) {
  wsman::PropertyChanges changes;
  for (auto& [name, value] : values)
    changes.push_back({schema::FindProperty(schema::BitsdJobSettings(), name), std::move(value)});
  return changes;
}

TEST(SettingsMappingTest, AJobWithoutSettingsHasTheDefaultsOfBits) {
  const schema::Instance settings = ToSettingsInstance(JobForTest());
  ASSERT_EQ(settings.values.size(), schema::BitsdJobSettings().properties.size());
  EXPECT_EQ(schema::ValueOf(settings, "JobId"),
            Value(std::string("{327C1E84-ABC3-475D-A5D3-E7ED09806523}")));
  EXPECT_EQ(schema::ValueOf(settings, "NotifyFlags"), Value(std::uint64_t{3}));
  EXPECT_TRUE(schema::IsNull(schema::ValueOf(settings, "CustomHeaders")));
  EXPECT_EQ(schema::ValueOf(settings, "CustomHeadersWriteOnly"), Value(false));
  EXPECT_EQ(schema::ValueOf(settings, "HttpMethod"), Value(std::string("GET")));
  EXPECT_EQ(schema::ValueOf(settings, "SecurityFlags"), Value(std::uint64_t{0}));
  EXPECT_EQ(schema::ValueOf(settings, "MaximumDownloadTime"), Value(std::uint64_t{7'776'000}));
  EXPECT_TRUE(schema::IsNull(schema::ValueOf(settings, "MaximumDownloadSize")));
  EXPECT_EQ(schema::ValueOf(settings, "DynamicContent"), Value(false));
  EXPECT_EQ(schema::ValueOf(settings, "HighPerformance"), Value(false));
  EXPECT_FALSE(schema::IsNull(schema::ValueOf(settings, "CostFlags")));
}

TEST(SettingsMappingTest, EveryPropertyReadsItsOwnSetting) {
  const schema::Instance settings =
      ToSettingsInstance(JobWith({.notify_flags = 9,
                                  .custom_headers = {1, 2, 3},
                                  .custom_headers_write_only = true,
                                  .http_method = "POST",
                                  .security_flags = 0x800,
                                  .maximum_download_time = std::chrono::seconds(60),
                                  .maximum_download_size = 1000,
                                  .dynamic_content = true,
                                  .high_performance = true,
                                  .cost_flags = 0x80000021}));
  EXPECT_EQ(schema::ValueOf(settings, "NotifyFlags"), Value(std::uint64_t{9}));
  EXPECT_TRUE(schema::IsNull(schema::ValueOf(settings, "CustomHeaders")));
  EXPECT_EQ(schema::ValueOf(settings, "CustomHeadersWriteOnly"), Value(true));
  EXPECT_EQ(schema::ValueOf(settings, "HttpMethod"), Value(std::string("POST")));
  EXPECT_EQ(schema::ValueOf(settings, "SecurityFlags"), Value(std::uint64_t{0x800}));
  EXPECT_EQ(schema::ValueOf(settings, "MaximumDownloadTime"), Value(std::uint64_t{60}));
  EXPECT_EQ(schema::ValueOf(settings, "MaximumDownloadSize"), Value(std::uint64_t{1000}));
  EXPECT_EQ(schema::ValueOf(settings, "DynamicContent"), Value(true));
  EXPECT_EQ(schema::ValueOf(settings, "HighPerformance"), Value(true));
  EXPECT_EQ(schema::ValueOf(settings, "CostFlags"), Value(std::uint64_t{0x80000021}));
}

TEST(SettingsMappingTest, TheReplyIsThatOfTheUpload) {
  engine::Job job = JobForTest();
  EXPECT_EQ(schema::ValueOf(ToSettingsInstance(job), "Type"), Value(std::uint64_t{0}));
  EXPECT_TRUE(schema::IsNull(schema::ValueOf(ToSettingsInstance(job), "ReplyFileName")));
  EXPECT_EQ(schema::ValueOf(ToSettingsInstance(job), "ReplyBytesTotal"), Value(std::uint64_t{0}));
  job.type = engine::JobType::kUploadReply;
  engine::Upload upload;
  upload.reply.local_name = "C:\\answer";
  upload.reply.bytes_transferred = 5;
  job.upload = std::make_shared<const engine::Upload>(upload);
  EXPECT_EQ(schema::ValueOf(ToSettingsInstance(job), "Type"), Value(std::uint64_t{2}));
  EXPECT_EQ(schema::ValueOf(ToSettingsInstance(job), "ReplyFileName"),
            Value(std::string("C:\\answer")));
  EXPECT_EQ(schema::ValueOf(ToSettingsInstance(job), "ReplyBytesTotal"), Value(~std::uint64_t{0}));
  EXPECT_EQ(schema::ValueOf(ToSettingsInstance(job), "ReplyBytesTransferred"),
            Value(std::uint64_t{5}));
  upload.reply.bytes_total = 9;
  job.upload = std::make_shared<const engine::Upload>(upload);
  EXPECT_EQ(schema::ValueOf(ToSettingsInstance(job), "ReplyBytesTotal"), Value(std::uint64_t{9}));
}

TEST(SettingsMappingTest, HeadersAreAddedWhereTheyMayBeRead) {
  const schema::Instance settings =
      WithCustomHeaders(ToSettingsInstance(JobForTest()), engine::SecretText("A: b\r\n"));
  EXPECT_EQ(schema::ValueOf(settings, "CustomHeaders"), Value(std::string("A: b\r\n")));
}

TEST(SettingsMappingTest, EveryWritablePropertyIsPassedOn) {
  const auto changes = ToSettingsChanges(Changes({{"NotifyFlags", kOne},
                                                  {"CustomHeaders", std::string("A: b")},
                                                  {"CustomHeadersWriteOnly", true},
                                                  {"HttpMethod", std::string("POST")},
                                                  {"SecurityFlags", std::uint64_t{4294967295u}},
                                                  {"MaximumDownloadTime", std::uint64_t{5}},
                                                  {"MaximumDownloadSize", std::uint64_t{1} << 40},
                                                  {"DynamicContent", true},
                                                  {"HighPerformance", false},
                                                  {"CostFlags", std::uint64_t{0}}}));
  ASSERT_TRUE(changes);
  EXPECT_THAT(changes->notify_flags, Optional(1u));
  ASSERT_TRUE(changes->custom_headers);
  EXPECT_EQ(changes->custom_headers->text(), "A: b\r\n");
  EXPECT_THAT(changes->custom_headers_write_only, Optional(true));
  EXPECT_THAT(changes->http_method, Optional(std::string("POST")));
  EXPECT_THAT(changes->security_flags, Optional(4294967295u));
  EXPECT_THAT(changes->maximum_download_time, Optional(5u));
  EXPECT_THAT(changes->maximum_download_size, Optional(std::uint64_t{1} << 40));
  EXPECT_THAT(changes->dynamic_content, Optional(true));
  EXPECT_THAT(changes->high_performance, Optional(false));
  EXPECT_THAT(changes->cost_flags, Optional(0u));
}

TEST(SettingsMappingTest, WhatIsNotNamedIsLeftAlone) {
  const auto changes = ToSettingsChanges(Changes({{"NotifyFlags", kOne}}));
  ASSERT_TRUE(changes);
  EXPECT_FALSE(changes->custom_headers);
  EXPECT_FALSE(changes->custom_headers_write_only);
  EXPECT_FALSE(changes->http_method);
  EXPECT_FALSE(changes->security_flags);
  EXPECT_FALSE(changes->maximum_download_time);
  EXPECT_FALSE(changes->maximum_download_size);
  EXPECT_FALSE(changes->dynamic_content);
  EXPECT_FALSE(changes->high_performance);
  EXPECT_FALSE(changes->cost_flags);
}

TEST(SettingsMappingTest, NilIsNoValue) {
  const auto changes = ToSettingsChanges(Changes({{"MaximumDownloadSize", Value()}}));
  ASSERT_FALSE(changes);
  EXPECT_EQ(changes.error().code, wsman::FaultCode::kRepresentationInvalidValues);
  EXPECT_THAT(changes.error().text, HasSubstr("MaximumDownloadSize"));
}

TEST(SettingsMappingTest, HeaderLinesEndAsHttpHasIt) {
  EXPECT_EQ(ToHeaderLines(""), "");
  EXPECT_EQ(ToHeaderLines("A: b"), "A: b\r\n");
  EXPECT_EQ(ToHeaderLines("A: b\n"), "A: b\r\n");
  EXPECT_EQ(ToHeaderLines("A: b\r\n"), "A: b\r\n");
  EXPECT_EQ(ToHeaderLines("A: b\nC: d\r\nE: f"), "A: b\r\nC: d\r\nE: f\r\n");
  // A stray return is for the engine to refuse.
  EXPECT_EQ(ToHeaderLines("A: b\rC: d\n"), "A: b\rC: d\r\n");
}

}  // namespace
}  // namespace provider
