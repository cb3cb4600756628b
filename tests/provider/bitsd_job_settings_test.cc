#include "provider/bitsd_job_settings.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>

#include "provider/method_call.h"
#include "provider/settings_mapping.h"
#include "schema/bitsd_classes.h"
#include "tests/provider/fake_jobs.h"
#include "tests/provider/job_for_test.h"
#include "tests/support/principal_for_test.h"

namespace provider {
namespace {

using engine::HResult;
using schema::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using wsman::FaultCode;
using wsman::MethodResult;
using wsman::auth::PrincipalForTest;

constexpr char kJobId[] = "{327C1E84-ABC3-475D-A5D3-E7ED09806523}";
constexpr char kOtherId[] = "{00000000-0000-4000-8000-000000000001}";
constexpr std::uint64_t kOne = 1;

// root's job unless a test says otherwise; root is the administrator who calls.
class BitsdJobSettingsTest : public testing::Test {
 protected:
  BitsdJobSettingsTest() { SetJob("root", {}); }

  void SetJob(const std::string& creator, engine::JobSettings settings) {
    engine::Job job = JobForTest();
    job.creator = creator;
    job.settings = std::make_shared<const engine::JobSettings>(std::move(settings));
    jobs_.jobs = {std::make_shared<engine::Job>(std::move(job))};
  }

  wsman::Result<schema::Instance> Read(const wsman::Keys& keys = {{"JobId", kJobId}}) {
    std::optional<wsman::Result<schema::Instance>> answer;
    handler_.Read(caller_, keys, nullptr,
                  [&](wsman::Result<schema::Instance> result) { answer = std::move(result); });
    return answer.value();
  }

  wsman::Result<schema::Instance> Put(std::vector<std::pair<std::string_view, Value>> values,
                                      const wsman::Keys& keys = {{"JobId", kJobId}}) {
    wsman::PropertyChanges changes;
    for (auto& [name, value] : values)
      changes.push_back({schema::FindProperty(schema::BitsdJobSettings(), name), std::move(value)});
    std::optional<wsman::Result<schema::Instance>> answer;
    handler_.Put(caller_, keys, std::move(changes),
                 [&](wsman::Result<schema::Instance> result) { answer = std::move(result); });
    return answer.value();
  }

  wsman::Result<MethodResult> Invoke(std::string_view method, const NamedValues& arguments,
                                     const wsman::Keys& keys = {{"JobId", kJobId}}) {
    wsman::MethodCall call{schema::FindMethod(schema::BitsdJobSettings(), method), {}};
    call.arguments.resize(call.method->parameters.size());
    for (const auto& [name, value] : arguments) {
      const schema::Parameter* parameter = schema::FindParameter(*call.method, name);
      call.arguments[static_cast<std::size_t>(parameter - call.method->parameters.data())] = value;
    }
    std::optional<wsman::Result<MethodResult>> answer;
    handler_.Invoke(caller_, keys, call,
                    [&](wsman::Result<MethodResult> result) { answer = std::move(result); });
    return answer.value();
  }

  wsman::Result<std::monostate> Delete(const wsman::Keys& keys = {{"JobId", kJobId}}) {
    std::optional<wsman::Result<std::monostate>> answer;
    handler_.Delete(caller_, keys,
                    [&](wsman::Result<std::monostate> result) { answer = std::move(result); });
    return answer.value();
  }

  // One fault of each operation on a job.
  std::vector<wsman::Fault> Faults(const char* id) {
    const wsman::Keys keys = {{"JobId", id}};
    return {handler_.Get(caller_, keys).error(),
            Read(keys).error(),
            Put({{"NotifyFlags", kOne}}, keys).error(),
            Delete(keys).error(),
            Invoke("SetRemoteName", {{"FileIndex", kOne}, {"RemoteUrl", std::string("http://s/")}},
                   keys)
                .error(),
            Invoke("AddFileWithRanges",
                   {{"RemoteUrl", std::string("http://s/f")},
                    {"LocalFile", std::string("C:\\f")},
                    {"Ranges", std::string("0:1")}},
                   keys)
                .error()};
  }

  bool NothingWasAsked() const {
    return jobs_.settings_changes.empty() && jobs_.file_changes.empty() && jobs_.added.empty();
  }

  static std::uint32_t Code(HResult code) { return static_cast<std::uint32_t>(code); }

  FakeJobs jobs_;
  Roles roles_{{.administrators = {*ParseRoleEntry("user:root"), *ParseRoleEntry("user:eve")},
                .operators = {*ParseRoleEntry("user:alice")},
                .viewers = {*ParseRoleEntry("user:victor")}}};
  BitsdJobSettings handler_{ViewersSee::kAll, jobs_, roles_};
  wsman::Caller caller_{PrincipalForTest::Make("root")};
};

TEST_F(BitsdJobSettingsTest, EachJobHasItsSettings) {
  SetJob("root", {.http_method = "POST"});
  EXPECT_EQ(schema::ValueOf(*Read(), "HttpMethod"), Value(std::string("POST")));
  const auto source = handler_.Enumerate(caller_);
  EXPECT_EQ(source->Remaining(), 1u);
  EXPECT_EQ(schema::ValueOf(*source->Next(), "JobId"), Value(std::string(kJobId)));
  EXPECT_FALSE(source->Next());
}

TEST_F(BitsdJobSettingsTest, AJobThatDoesNotExistIsUnreachable) {
  for (const wsman::Fault& fault : Faults(kOtherId))
    EXPECT_EQ(fault.code, FaultCode::kDestinationUnreachable);
  for (const wsman::Fault& fault : Faults("1"))
    EXPECT_EQ(fault.code, FaultCode::kSelectorInvalidValue);
  EXPECT_TRUE(NothingWasAsked());
}

TEST_F(BitsdJobSettingsTest, OverTheNetworkOnlyAdministratorsHaveThem) {
  for (const char* name : {"alice", "victor"}) {
    SetJob(name, {});
    caller_ = {PrincipalForTest::Make(name)};
    const auto faults = Faults(kJobId);
    const auto faults_of_no_job = Faults(kOtherId);
    for (std::size_t i = 0; i < faults.size(); ++i) {
      EXPECT_EQ(faults[i].code, FaultCode::kAccessDenied);
      EXPECT_EQ(faults[i].text, faults_of_no_job[i].text);
    }
    EXPECT_EQ(handler_.Enumerate(caller_)->Remaining(), 0u);
    EXPECT_FALSE(handler_.Enumerate(caller_)->Next());
  }
  EXPECT_TRUE(NothingWasAsked());
}

TEST_F(BitsdJobSettingsTest, OnTheHostItselfRolesHoldAsForJobs) {
  SetJob("alice", {.custom_headers = {1}});
  jobs_.headers_answer = engine::SecretText("A: b\r\n");
  caller_ = {PrincipalForTest::MakeLocal("alice")};
  EXPECT_EQ(schema::ValueOf(*Read(), "CustomHeaders"), Value(std::string("A: b\r\n")));
  EXPECT_TRUE(Put({{"NotifyFlags", kOne}}));
  EXPECT_EQ(handler_.Enumerate(caller_)->Remaining(), 1u);
  caller_ = {PrincipalForTest::MakeLocal("victor")};
  EXPECT_TRUE(schema::IsNull(schema::ValueOf(*Read(), "CustomHeaders")));
  EXPECT_EQ(Put({{"NotifyFlags", kOne}}).error().code, FaultCode::kDestinationUnreachable);
  SetJob("bob", {});
  caller_ = {PrincipalForTest::MakeLocal("alice")};
  for (const wsman::Fault& fault : Faults(kJobId))
    EXPECT_EQ(fault.code, FaultCode::kDestinationUnreachable);
  EXPECT_EQ(handler_.Enumerate(caller_)->Remaining(), 0u);
  caller_ = {PrincipalForTest::MakeLocal("nobody")};
  for (const wsman::Fault& fault : Faults(kJobId)) EXPECT_EQ(fault.code, FaultCode::kAccessDenied);
}

TEST_F(BitsdJobSettingsTest, TheCreatorReadsTheHeadersAndNobodyElse) {
  SetJob("root", {.custom_headers = {1, 2, 3}});
  jobs_.headers_answer = engine::SecretText("X-Key: secret\r\n");
  EXPECT_EQ(schema::ValueOf(*Read(), "CustomHeaders"), Value(std::string("X-Key: secret\r\n")));
  EXPECT_TRUE(schema::IsNull(
      schema::ValueOf(*handler_.Get(caller_, {{"JobId", kJobId}}), "CustomHeaders")));
  EXPECT_TRUE(
      schema::IsNull(schema::ValueOf(*handler_.Enumerate(caller_)->Next(), "CustomHeaders")));
  caller_ = {PrincipalForTest::Make("eve")};
  EXPECT_TRUE(schema::IsNull(schema::ValueOf(*Read(), "CustomHeaders")));
  EXPECT_EQ(jobs_.headers_read, 1);
}

TEST_F(BitsdJobSettingsTest, NobodyReadsWriteOnlyHeaders) {
  SetJob("root", {.custom_headers = {1, 2, 3}, .custom_headers_write_only = true});
  jobs_.headers_answer = engine::SecretText("X-Key: secret\r\n");
  EXPECT_TRUE(schema::IsNull(schema::ValueOf(*Read(), "CustomHeaders")));
  EXPECT_EQ(jobs_.headers_read, 0);
}

TEST_F(BitsdJobSettingsTest, TheRestCanBeReadWithoutTheKeyOfTheHeaders) {
  SetJob("root", {.custom_headers = {1, 2, 3}, .http_method = "POST"});
  jobs_.headers_answer = engine::Fail(HResult::kInvalidCredentials, "the key is missing");
  const auto settings = Read();
  ASSERT_TRUE(settings);
  EXPECT_TRUE(schema::IsNull(schema::ValueOf(*settings, "CustomHeaders")));
  EXPECT_EQ(schema::ValueOf(*settings, "HttpMethod"), Value(std::string("POST")));
}

TEST_F(BitsdJobSettingsTest, PutPassesChangesOnAndShowsTheJobAfterwards) {
  engine::Job changed = JobForTest();
  changed.creator = "root";
  changed.settings = std::make_shared<const engine::JobSettings>(
      engine::JobSettings{.notify_flags = 1, .custom_headers = {1}});
  jobs_.changed = std::make_shared<engine::Job>(changed);
  jobs_.headers_answer = engine::SecretText("A: b\r\n");
  const auto settings = Put({{"NotifyFlags", kOne}, {"CustomHeaders", std::string("A: b")}});
  ASSERT_TRUE(settings);
  EXPECT_EQ(schema::ValueOf(*settings, "NotifyFlags"), Value(kOne));
  EXPECT_EQ(schema::ValueOf(*settings, "CustomHeaders"), Value(std::string("A: b\r\n")));
  ASSERT_THAT(jobs_.settings_changes, SizeIs(1));
  EXPECT_EQ(jobs_.settings_changes.front().custom_headers->text(), "A: b\r\n");
}

TEST_F(BitsdJobSettingsTest, ARefusedPutCarriesTheNumberOfBits) {
  jobs_.change_error = {HResult::kNotImplemented, engine::ErrorContext::kNone, "unknown bits"};
  const auto unknown = Put({{"NotifyFlags", std::uint64_t{64}}});
  EXPECT_EQ(unknown.error().code, FaultCode::kRepresentationInvalidValues);
  EXPECT_EQ(unknown.error().wsman_code, Code(HResult::kNotImplemented));
  EXPECT_EQ(unknown.error().text, "unknown bits");
  for (const HResult code :
       {HResult::kReadOnlyAfterResume, HResult::kReadOnlyAfterAddFile, HResult::kReadOnlyProperty,
        HResult::kUnsupportedJobConfiguration, HResult::kNotSupportedWithCustomHttpMethod}) {
    jobs_.change_error = {code, engine::ErrorContext::kNone, "too late"};
    const auto late = Put({{"HttpMethod", std::string("POST")}});
    EXPECT_EQ(late.error().code, FaultCode::kInvalidParameter);
    EXPECT_EQ(late.error().wsman_code, Code(code));
  }
}

TEST_F(BitsdJobSettingsTest, NilOfANumberIsRefusedBeforeTheEngineIsAsked) {
  EXPECT_EQ(Put({{"SecurityFlags", Value()}}).error().code,
            FaultCode::kRepresentationInvalidValues);
  EXPECT_TRUE(NothingWasAsked());
}

TEST_F(BitsdJobSettingsTest, SettingsCannotBeDeletedWithoutTheirJob) {
  const auto deleted = Delete();
  EXPECT_EQ(deleted.error().code, FaultCode::kActionNotSupported);
  EXPECT_THAT(deleted.error().text, HasSubstr("BitsClientJob"));
  EXPECT_THAT(jobs_.called, IsEmpty());
}

TEST_F(BitsdJobSettingsTest, EveryMethodOfTheClassIsOffered) {
  for (const schema::Method& method : schema::BitsdJobSettings().methods) {
    const auto result = Invoke(method.name, {});
    ASSERT_FALSE(result) << method.name;
    EXPECT_EQ(result.error().code, FaultCode::kInvalidParameter) << method.name;
    EXPECT_THAT(result.error().text, HasSubstr("is missing")) << method.name;
  }
}

TEST_F(BitsdJobSettingsTest, AddFileWithRangesReadsTheRanges) {
  const NamedValues arguments = {{"RemoteUrl", std::string("http://s/f")},
                                 {"LocalFile", std::string("C:\\f")},
                                 {"Ranges", std::string("0:100,2000:eof")}};
  EXPECT_EQ(Invoke("AddFileWithRanges", arguments)->return_value, 0u);
  ASSERT_THAT(jobs_.added, SizeIs(1));
  EXPECT_EQ(jobs_.added.front().remote_url, "http://s/f");
  EXPECT_EQ(jobs_.added.front().local_name, "C:\\f");
  ASSERT_THAT(jobs_.added.front().ranges, SizeIs(2));
  EXPECT_EQ(jobs_.added.front().ranges.back().offset, 2000u);
  EXPECT_EQ(jobs_.added.front().ranges.back().length, engine::FileRange::kToEnd);
  EXPECT_EQ(jobs_.actors.front().name, "root");
  EXPECT_TRUE(jobs_.actors.front().exempt_from_limits);
}

TEST_F(BitsdJobSettingsTest, RangesThatAreNoneAreAFault) {
  for (const char* text : {"", "all", "0-100"}) {
    const auto result = Invoke("AddFileWithRanges", {{"RemoteUrl", std::string("http://s/f")},
                                                     {"LocalFile", std::string("C:\\f")},
                                                     {"Ranges", std::string(text)}});
    EXPECT_EQ(result.error().code, FaultCode::kInvalidParameter);
    EXPECT_EQ(result.error().wsman_code, Code(HResult::kInvalidArgument));
    EXPECT_THAT(result.error().text, HasSubstr("0:100,2000:eof"));
  }
  jobs_.add_answer = engine::Fail(HResult::kOverlappingRanges, "twice");
  const auto result = Invoke("AddFileWithRanges", {{"RemoteUrl", std::string("http://s/f")},
                                                   {"LocalFile", std::string("C:\\f")},
                                                   {"Ranges", std::string("0:2,1:2")}});
  EXPECT_EQ(result.error().code, FaultCode::kInvalidParameter);
  EXPECT_EQ(result.error().wsman_code, Code(HResult::kOverlappingRanges));
}

TEST_F(BitsdJobSettingsTest, ChangesOfFilesReachTheEngineAsTheyAre) {
  EXPECT_TRUE(Invoke("ReplaceRemotePrefix", {{"OldPrefix", std::string("http://a/")},
                                             {"NewPrefix", std::string("http://b/")}}));
  EXPECT_TRUE(Invoke("SetRemoteName",
                     {{"FileIndex", std::uint64_t{7}}, {"RemoteUrl", std::string("http://c/")}}));
  EXPECT_TRUE(Invoke("SetValidationState", {{"FileIndex", kOne}, {"Valid", false}}));
  ASSERT_THAT(jobs_.file_changes, SizeIs(3));
  const auto& prefix = std::get<engine::ReplaceRemotePrefix>(jobs_.file_changes[0]);
  EXPECT_EQ(prefix.old_prefix + " " + prefix.new_prefix, "http://a/ http://b/");
  const auto& name = std::get<engine::SetRemoteName>(jobs_.file_changes[1]);
  EXPECT_EQ(name.file, 7u);
  EXPECT_EQ(name.remote_url, "http://c/");
  const auto& state = std::get<engine::SetValidationState>(jobs_.file_changes[2]);
  EXPECT_EQ(state.file, 1u);
  EXPECT_FALSE(state.valid);
}

TEST_F(BitsdJobSettingsTest, WhatBitsAnswersIsTheReturnValue) {
  const NamedValues arguments = {{"FileIndex", kOne}, {"Valid", true}};
  jobs_.files_answer = HResult::kFalse;
  EXPECT_EQ(Invoke("SetValidationState", arguments)->return_value, 1u);
  for (const HResult code : {HResult::kPending, HResult::kInvalidState}) {
    jobs_.files_answer = engine::Fail(code, "not yet");
    EXPECT_EQ(Invoke("SetValidationState", arguments)->return_value, Code(code));
  }
  jobs_.files_answer = engine::Fail(HResult::kInvalidArgument, "there is no file 1");
  EXPECT_EQ(Invoke("SetValidationState", arguments).error().text, "there is no file 1");
}

TEST_F(BitsdJobSettingsTest, ClientsCannotSubscribe) { EXPECT_EQ(handler_.Events(), nullptr); }

TEST_F(BitsdJobSettingsTest, TheReplyIsReadInPartsAsBase64) {
  jobs_.reply_answer = std::string("thanks\0\xFF", 8);
  const auto read = Invoke("GetReplyData", {{"Offset", std::uint64_t{131'072}}});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->return_value, 0u);
  EXPECT_EQ(read->outputs.back(), Value(std::string("dGhhbmtzAP8=")));
  EXPECT_THAT(jobs_.reply_offsets, ElementsAre(131'072u));
  jobs_.reply_answer = engine::Fail(HResult::kTooLarge, "");
  EXPECT_EQ(Invoke("GetReplyData", {{"Offset", kOne}})->return_value, Code(HResult::kTooLarge));
  EXPECT_EQ(Invoke("GetReplyData", {}).error().code, FaultCode::kInvalidParameter);
}

}  // namespace
}  // namespace provider
