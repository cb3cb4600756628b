#include "provider/bits_client_job.h"

#include <gmock/gmock.h>

#include <memory>

#include "provider/job_mapping.h"
#include "provider/job_source.h"
#include "provider/method_call.h"
#include "schema/bits_classes.h"
#include "tests/provider/fake_jobs.h"
#include "tests/provider/job_for_test.h"
#include "tests/support/principal_for_test.h"

namespace provider {
namespace {

using engine::Error;
using engine::ErrorContext;
using engine::HResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;
using wsman::FaultCode;
using wsman::MethodResult;
using wsman::auth::PrincipalForTest;

constexpr char kJobId[] = "{327C1E84-ABC3-475D-A5D3-E7ED09806523}";
constexpr char kOtherId[] = "{00000000-0000-4000-8000-000000000001}";

class BitsClientJobTest : public testing::Test {
 protected:
  BitsClientJobTest() { jobs_.jobs = {std::make_shared<engine::Job>(JobForTest())}; }

  static wsman::MethodCall CallOf(std::string_view method, const NamedValues& arguments) {
    wsman::MethodCall call{schema::FindMethod(schema::BitsClientJob(), method), {}};
    call.arguments.resize(call.method->parameters.size());
    for (const auto& [name, value] : arguments) {
      const schema::Parameter* parameter = schema::FindParameter(*call.method, name);
      call.arguments[static_cast<std::size_t>(parameter - call.method->parameters.data())] = value;
    }
    return call;
  }

  wsman::Result<MethodResult> Invoke(std::string_view method, const NamedValues& arguments,
                                     const wsman::Keys& keys = {{"JobId", kJobId}}) {
    std::optional<wsman::Result<MethodResult>> answer;
    handler_.Invoke(caller_, keys, CallOf(method, arguments),
                    [&](wsman::Result<MethodResult> result) { answer = std::move(result); });
    return answer.value();
  }

  wsman::Result<MethodResult> CreateJob(NamedValues more = {}) {
    NamedValues arguments = {{"DisplayName", std::string("TestJob")},
                             {"RemoteUrl", std::string("https://s/f")},
                             {"LocalFile", std::string("C:\\d\\f")}};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Invoke("CreateJob", arguments, {});
  }

  wsman::Result<schema::Instance> Put(
      std::vector<std::pair<std::string_view, schema::Value>> values,
      const wsman::Keys& keys = {{"JobId", kJobId}}) {
    wsman::PropertyChanges changes;
    for (auto& [name, value] : values)
      changes.push_back({schema::FindProperty(schema::BitsClientJob(), name), std::move(value)});
    std::optional<wsman::Result<schema::Instance>> answer;
    handler_.Put(caller_, keys, std::move(changes),
                 [&](wsman::Result<schema::Instance> result) { answer = std::move(result); });
    return answer.value();
  }

  wsman::Result<std::monostate> Delete(const wsman::Keys& keys = {{"JobId", kJobId}}) {
    std::optional<wsman::Result<std::monostate>> answer;
    handler_.Delete(caller_, keys,
                    [&](wsman::Result<std::monostate> result) { answer = std::move(result); });
    return answer.value();
  }

  static schema::Value OutputOf(const MethodResult& result, std::string_view method,
                                std::string_view name) {
    const schema::Method* row = schema::FindMethod(schema::BitsClientJob(), method);
    const schema::Parameter* parameter = schema::FindParameter(*row, name);
    return result.outputs.at(static_cast<std::size_t>(parameter - row->parameters.data()));
  }

  void FailJob(engine::JobState state, engine::JobError error) {
    engine::Job job = JobForTest();
    job.state = state;
    job.error = std::make_shared<const engine::JobError>(std::move(error));
    jobs_.jobs = {std::make_shared<engine::Job>(std::move(job))};
  }

  static std::uint32_t Code(HResult code) { return static_cast<std::uint32_t>(code); }

  FakeJobs jobs_;
  Roles roles_{{.administrators = {*ParseRoleEntry("user:root")},
                .operators = {*ParseRoleEntry("user:alice")},
                .viewers = {}}};
  BitsClientJob handler_{{}, jobs_, roles_};
  wsman::Caller caller_{PrincipalForTest::Make("alice")};
};

using CreateJobTest = BitsClientJobTest;
using AddFileTest = BitsClientJobTest;
using SetJobStateTest = BitsClientJobTest;
using GetErrorTest = BitsClientJobTest;
using PutTest = BitsClientJobTest;
using DeleteTest = BitsClientJobTest;

TEST_F(BitsClientJobTest, GetReadsTheJobOfTheSelector) {
  const auto job = handler_.Get(caller_, {{"JobId", kJobId}});
  ASSERT_TRUE(job);
  EXPECT_EQ(std::get<std::string>(schema::ValueOf(*job, "JobId")), kJobId);
}

TEST_F(BitsClientJobTest, TheSelectorMayBeLowerCaseAndWithoutBraces) {
  EXPECT_TRUE(handler_.Get(caller_, {{"JobId", "327c1e84-abc3-475d-a5d3-e7ed09806523"}}));
}

TEST_F(BitsClientJobTest, ASelectorThatIsNotAGuidIsInvalid) {
  for (const char* text :
       {"", "1", "{327C1E84}", "System.Xml.XmlElement", "{327C1E84-ABC3-475D-A5D3-E7ED0980652}"}) {
    const wsman::Keys keys = {{"JobId", text}};
    EXPECT_EQ(handler_.Get(caller_, keys).error().code, FaultCode::kSelectorInvalidValue) << text;
    EXPECT_EQ(Put({}, keys).error().code, FaultCode::kSelectorInvalidValue);
    EXPECT_EQ(Delete(keys).error().code, FaultCode::kSelectorInvalidValue);
    EXPECT_EQ(Invoke("SetJobState", {{"JobState", std::uint64_t{2}}}, keys).error().code,
              FaultCode::kSelectorInvalidValue);
  }
}

TEST_F(BitsClientJobTest, AMissingJobIsUnreachableForEveryOperation) {
  const wsman::Keys keys = {{"JobId", kOtherId}};
  std::vector<wsman::Fault> faults = {
      handler_.Get(caller_, keys).error(),
      Put({{"Priority", std::uint64_t{0}}}, keys).error(),
      Delete(keys).error(),
      Invoke("SetJobState", {{"JobState", std::uint64_t{2}}}, keys).error(),
      Invoke("GetError", {{"LanguageId", std::uint64_t{1033}}}, keys).error(),
      Invoke("AddFile",
             {{"remoteUrl", std::string("http://s/f")}, {"localFile", std::string("C:\\f")}}, keys)
          .error()};
  for (const wsman::Fault& fault : faults) {
    EXPECT_EQ(fault.code, FaultCode::kDestinationUnreachable);
    EXPECT_EQ(fault.wsman_code, 2150858752u);
    EXPECT_EQ(fault.text, faults.front().text);
    EXPECT_THAT(fault.text, Not(HasSubstr(kOtherId)));
  }
}

TEST_F(BitsClientJobTest, EnumerateGivesEveryJobOnceInOrder) {
  engine::Job second = JobForTest();
  second.id = *engine::JobId::Parse(kOtherId);
  ++second.sequence;
  jobs_.jobs.push_back(std::make_shared<engine::Job>(second));
  const auto source = handler_.Enumerate(caller_);
  EXPECT_EQ(source->Remaining(), 2u);
  EXPECT_EQ(std::get<std::string>(schema::ValueOf(*source->Next(), "JobId")), kJobId);
  EXPECT_EQ(source->Remaining(), 1u);
  EXPECT_EQ(std::get<std::string>(schema::ValueOf(*source->Next(), "JobId")), kOtherId);
  EXPECT_EQ(source->Next(), std::nullopt);
  EXPECT_EQ(source->Remaining(), 0u);
}

TEST_F(BitsClientJobTest, AnEnumerationGoesOnFromPageToPage) {
  constexpr std::size_t kJobs = 2 * JobSource::kPage + 1;
  jobs_.jobs.clear();
  for (std::size_t i = 1; i <= kJobs; ++i) {
    engine::Job job = JobForTest();
    job.id = engine::JobId::Random();
    job.sequence = i;
    jobs_.jobs.push_back(std::make_shared<engine::Job>(std::move(job)));
  }
  const auto source = handler_.Enumerate(caller_);
  EXPECT_EQ(source->Remaining(), kJobs);
  for (const engine::JobSnapshot& job : jobs_.jobs)
    EXPECT_EQ(std::get<std::string>(schema::ValueOf(*source->Next(), "JobId")), job->id.ToString());
  EXPECT_EQ(source->Next(), std::nullopt);
}

TEST_F(BitsClientJobTest, AJobThatEndsBeforeItsTurnIsLeftOut) {
  const auto source = handler_.Enumerate(caller_);
  jobs_.jobs.clear();
  EXPECT_EQ(source->Next(), std::nullopt);
  EXPECT_EQ(source->Remaining(), 0u);
}

TEST_F(BitsClientJobTest, EveryMethodOfTheClassIsOffered) {
  for (const schema::Method& method : schema::BitsClientJob().methods) {
    const auto result = Invoke(method.name, {});
    const bool refused = !result && result.error().code == FaultCode::kActionNotSupported;
    EXPECT_FALSE(refused) << method.name;
  }
}

TEST_F(CreateJobTest, AnswersWithTheJobIdAndZero) {
  const auto result = CreateJob();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->return_value, 0u);
  EXPECT_EQ(OutputOf(*result, "CreateJob", "JobId"),
            schema::Value(std::string("{11111111-2222-3333-4444-555555555555}")));
}

TEST_F(CreateJobTest, MakesASuspendedDownloadOfNetworkServiceByDefault) {
  ASSERT_TRUE(CreateJob());
  const engine::NewJob& job = jobs_.created.at(0);
  EXPECT_EQ(job.display_name, "TestJob");
  EXPECT_EQ(job.file.remote_url, "https://s/f");
  EXPECT_EQ(job.file.local_name, "C:\\d\\f");
  EXPECT_EQ(job.description, "");
  EXPECT_EQ(job.owner, "S-1-5-20");
  EXPECT_EQ(job.type, engine::JobType::kDownload);
  EXPECT_FALSE(job.start);
}

TEST_F(CreateJobTest, SuspendDecidesWhetherTheJobStarts) {
  ASSERT_TRUE(CreateJob({{"Suspend", true}}));
  ASSERT_TRUE(CreateJob({{"Suspend", false}}));
  EXPECT_FALSE(jobs_.created.at(0).start);
  EXPECT_TRUE(jobs_.created.at(1).start);
}

TEST_F(CreateJobTest, TheSettingChangesTheAbsentCaseOnly) {
  BitsClientJob handler({.start_on_create = true}, jobs_, roles_);
  const NamedValues required = {{"DisplayName", std::string("n")},
                                {"RemoteUrl", std::string("http://s/f")},
                                {"LocalFile", std::string("C:\\f")}};
  const auto create = [&](const NamedValues& more) {
    NamedValues arguments = required;
    arguments.insert(arguments.end(), more.begin(), more.end());
    handler.Invoke(caller_, {}, CallOf("CreateJob", arguments),
                   [](const wsman::Result<MethodResult>& result) { EXPECT_TRUE(result); });
    return jobs_.created.back().start;
  };
  EXPECT_TRUE(create({}));
  EXPECT_FALSE(create({{"Suspend", true}}));
  EXPECT_TRUE(create({{"Suspend", false}}));
}

TEST_F(CreateJobTest, ServiceAccountChoosesTheOwner) {
  const std::vector<std::string> sids = {"S-1-5-18", "S-1-5-19", "S-1-5-20"};
  for (std::uint64_t account = 0; account < 3; ++account) {
    ASSERT_TRUE(CreateJob({{"ServiceAccount", account}}));
    EXPECT_EQ(jobs_.created.back().owner, sids[account]);
  }
  const auto refused = CreateJob({{"ServiceAccount", std::uint64_t{3}}});
  EXPECT_EQ(refused.error().code, FaultCode::kInvalidParameter);
  EXPECT_EQ(refused.error().wsman_code, Code(HResult::kInvalidArgument));
}

TEST_F(CreateJobTest, OnlyDownloadsAreOffered) {
  EXPECT_TRUE(CreateJob({{"Type", std::uint64_t{0}}}));
  for (const std::uint64_t type : {1u, 2u, 3u, 65535u}) {
    const auto refused = CreateJob({{"Type", type}});
    EXPECT_EQ(refused.error().code, FaultCode::kInvalidParameter);
    EXPECT_EQ(refused.error().wsman_code, Code(HResult::kNotImplemented));
  }
  EXPECT_THAT(CreateJob({{"Type", std::uint64_t{1}}}).error().text, HasSubstr("Upload"));
  EXPECT_EQ(jobs_.created.size(), 1u);
}

TEST_F(CreateJobTest, TheDescriptionIsTakenAsItIs) {
  ASSERT_TRUE(CreateJob({{"Description", std::string(" nightly ")}}));
  EXPECT_EQ(jobs_.created.at(0).description, " nightly ");
}

TEST_F(CreateJobTest, ARepeatedRequestIsKnownByItsMessageIdAndArguments) {
  constexpr char kUuid[] = "3F2504E0-4F89-41D3-9A0C-0305E82C3301";
  const auto request_of = [this](const std::string& message_id, const std::string& name) {
    wsman::MethodCall call = CallOf("CreateJob", {{"DisplayName", name},
                                                  {"RemoteUrl", std::string("https://s/f")},
                                                  {"LocalFile", std::string("C:\\d\\f")}});
    call.message_id = message_id;
    handler_.Invoke(caller_, {}, call, [](const wsman::Result<MethodResult>&) {});
    return jobs_.created.back().request;
  };
  for (const char* prefix : {"", "uuid:", "urn:uuid:", "URN:UUID:"}) {
    const std::string id = std::string(prefix) + kUuid;
    EXPECT_THAT(request_of(id, "n"), HasSubstr(id));
    EXPECT_EQ(request_of(id, "n"), request_of(id, "n"));
    EXPECT_NE(request_of(id, "n"), request_of(id, "m"));
  }
  EXPECT_NE(request_of(std::string("uuid:") + kUuid, "n"), request_of(kUuid, "n"));
  for (const char* counted : {"", "0", "17", "uuid:1", "http://host/1"})
    EXPECT_EQ(request_of(counted, "n"), "") << counted;
}

TEST_F(CreateJobTest, MissingParametersAreNamedAndNothingIsCreated) {
  const NamedValues all = {{"DisplayName", std::string("n")},
                           {"RemoteUrl", std::string("http://s/f")},
                           {"LocalFile", std::string("C:\\f")}};
  for (std::size_t missing = 0; missing < all.size(); ++missing) {
    NamedValues arguments = all;
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(missing));
    const auto result = Invoke("CreateJob", arguments, {});
    EXPECT_EQ(result.error().code, FaultCode::kInvalidParameter);
    EXPECT_THAT(result.error().text, HasSubstr(std::string(all[missing].first)));
  }
  EXPECT_THAT(jobs_.created, IsEmpty());
}

TEST_F(CreateJobTest, EveryFailureIsAFault) {
  for (const HResult code :
       {HResult::kInvalidArgument, HResult::kStringTooLong, HResult::kTooManyJobsPerUser,
        HResult::kInvalidState, HResult::kUnexpected}) {
    jobs_.create_answer = engine::Fail(code, "no");
    const auto result = CreateJob();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().wsman_code, Code(code));
  }
}

TEST_F(CreateJobTest, OnlyAdministratorsAreExemptFromLimits) {
  ASSERT_TRUE(CreateJob());
  caller_.principal = PrincipalForTest::Make("root");
  ASSERT_TRUE(CreateJob());
  EXPECT_EQ(jobs_.actors.at(0).name, "alice");
  EXPECT_FALSE(jobs_.actors.at(0).exempt_from_limits);
  EXPECT_EQ(jobs_.actors.at(1).name, "root");
  EXPECT_TRUE(jobs_.actors.at(1).exempt_from_limits);
}

TEST_F(AddFileTest, AddsTheFileAndAnswersZero) {
  const auto result = Invoke("AddFile", {{"remoteUrl", std::string("http://s/f?a=1&b=2")},
                                         {"localFile", std::string("C:\\f")}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->return_value, 0u);
  EXPECT_EQ(jobs_.added.at(0).remote_url, "http://s/f?a=1&b=2");
  EXPECT_EQ(jobs_.added.at(0).local_name, "C:\\f");
}

TEST_F(AddFileTest, AStateThatRefusesFilesIsAReturnValueAndTheRestAreFaults) {
  const NamedValues file = {{"remoteUrl", std::string("http://s/f")},
                            {"localFile", std::string("C:\\f")}};
  jobs_.add_answer = engine::Fail(HResult::kInvalidState, "the job has ended");
  EXPECT_EQ(Invoke("AddFile", file)->return_value, Code(HResult::kInvalidState));
  jobs_.add_answer = engine::Fail(HResult::kTooManyFilesInJob, "200 files");
  EXPECT_EQ(Invoke("AddFile", file).error().code, FaultCode::kQuotaLimit);
  jobs_.add_answer = engine::Fail(HResult::kInvalidArgument, "ftp is not offered");
  EXPECT_EQ(Invoke("AddFile", file).error().code, FaultCode::kInvalidParameter);
  jobs_.add_answer = engine::Fail(HResult::kNotFound, "gone meanwhile");
  EXPECT_EQ(Invoke("AddFile", file).error().code, FaultCode::kDestinationUnreachable);
}

TEST_F(SetJobStateTest, TheFourNumbersAreTheFourMethods) {
  for (std::uint64_t state = 0; state < 4; ++state)
    EXPECT_EQ(Invoke("SetJobState", {{"JobState", state}})->return_value, 0u);
  EXPECT_THAT(jobs_.called, ElementsAre(engine::JobMethod::kCancel, engine::JobMethod::kComplete,
                                        engine::JobMethod::kResume, engine::JobMethod::kSuspend));
}

TEST_F(SetJobStateTest, OtherNumbersAreRefusedAndNothingIsCalled) {
  for (const std::uint64_t state : {4u, 65535u}) {
    const auto result = Invoke("SetJobState", {{"JobState", state}});
    EXPECT_EQ(result.error().code, FaultCode::kInvalidParameter);
    EXPECT_EQ(result.error().wsman_code, Code(HResult::kInvalidArgument));
  }
  EXPECT_EQ(Invoke("SetJobState", {}).error().code, FaultCode::kInvalidParameter);
  EXPECT_THAT(jobs_.called, IsEmpty());
}

TEST_F(SetJobStateTest, WhatBitsAnswersIsTheReturnValue) {
  for (const HResult code :
       {HResult::kEmpty, HResult::kInvalidState, HResult::kPartialComplete,
        HResult::kUnableToDeleteFiles, HResult::kAccessDenied, HResult::kPathNotFound}) {
    jobs_.call_answer = code;
    EXPECT_EQ(Invoke("SetJobState", {{"JobState", std::uint64_t{1}}})->return_value, Code(code));
  }
}

TEST_F(SetJobStateTest, FailuresOfTheEngineAreFaults) {
  jobs_.call_answer = engine::Fail(HResult::kNotFound, "");
  EXPECT_EQ(Invoke("SetJobState", {{"JobState", std::uint64_t{1}}}).error().code,
            FaultCode::kDestinationUnreachable);
  jobs_.call_answer = engine::Fail(HResult::kUnexpected, "disk on fire");
  EXPECT_EQ(Invoke("SetJobState", {{"JobState", std::uint64_t{1}}}).error().code,
            FaultCode::kInternalError);
}

TEST_F(GetErrorTest, TellsCodeContextAndTexts) {
  for (const auto state : {engine::JobState::kError, engine::JobState::kTransientError}) {
    FailJob(state, {engine::HttpError(403), ErrorContext::kRemoteFile, 0, "secret"});
    const auto result = Invoke("GetError", {{"LanguageId", std::uint64_t{1033}}});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->return_value, 0u);
    EXPECT_EQ(OutputOf(*result, "GetError", "ErrorCode"), schema::Value(std::uint64_t{0x80190193}));
    EXPECT_EQ(OutputOf(*result, "GetError", "ErrorContext"), schema::Value(std::uint64_t{5}));
    EXPECT_EQ(OutputOf(*result, "GetError", "ErrorDescription"),
              schema::Value(engine::TextOf(engine::HttpError(403))));
    EXPECT_EQ(OutputOf(*result, "GetError", "ContextDescription"),
              schema::Value(std::string(engine::TextOf(ErrorContext::kRemoteFile))));
  }
}

TEST_F(GetErrorTest, WithoutAnErrorTheReturnValueSaysSoAndOutputsAreNil) {
  const auto result = Invoke("GetError", {{"LanguageId", std::uint64_t{1033}}});
  EXPECT_EQ(result->return_value, Code(HResult::kErrorInformationUnavailable));
  for (const char* output : {"ErrorCode", "ErrorContext", "ErrorDescription", "ContextDescription"})
    EXPECT_TRUE(schema::IsNull(OutputOf(*result, "GetError", output)));
}

TEST_F(GetErrorTest, TheDefaultLanguageAndEveryEnglishAreAnswered) {
  FailJob(engine::JobState::kError, {engine::HttpError(404), ErrorContext::kRemoteFile, 0, ""});
  for (const std::uint64_t language : {0x0u, 0x400u, 0x800u, 0x9u, 0x409u, 0x809u, 0xC09u})
    EXPECT_EQ(Invoke("GetError", {{"LanguageId", language}})->return_value, 0u) << language;
}

TEST_F(GetErrorTest, OtherLanguagesAreNotFound) {
  FailJob(engine::JobState::kError, {engine::HttpError(404), ErrorContext::kRemoteFile, 0, ""});
  for (const std::uint64_t language : {0x407u, 0x40Cu, 0x411u, 0x10409u, 4294967295u}) {
    const auto result = Invoke("GetError", {{"LanguageId", language}});
    EXPECT_EQ(result->return_value, 0x80070717u) << language;
    EXPECT_TRUE(schema::IsNull(OutputOf(*result, "GetError", "ErrorDescription")));
  }
}

TEST_F(PutTest, PassesEveryWritablePropertyOn) {
  ASSERT_TRUE(Put({{"DisplayName", std::string("n")},
                   {"Description", std::string("d")},
                   {"Priority", std::uint64_t{0}},
                   {"MinimumRetryDelay", std::uint64_t{7}},
                   {"NoProgressTimeout", std::uint64_t{4294967295u}}}));
  const engine::JobChanges& changes = jobs_.changes.at(0);
  EXPECT_THAT(changes.display_name, Optional(std::string("n")));
  EXPECT_THAT(changes.description, Optional(std::string("d")));
  EXPECT_THAT(changes.priority, Optional(0u));
  EXPECT_THAT(changes.minimum_retry_delay, Optional(7u));
  EXPECT_THAT(changes.no_progress_timeout, Optional(4294967295u));
}

TEST_F(PutTest, LeavesWhatIsNotNamedAlone) {
  ASSERT_TRUE(Put({{"Priority", std::uint64_t{1}}}));
  const engine::JobChanges& changes = jobs_.changes.at(0);
  EXPECT_EQ(changes.display_name, std::nullopt);
  EXPECT_EQ(changes.description, std::nullopt);
  EXPECT_EQ(changes.minimum_retry_delay, std::nullopt);
  EXPECT_EQ(changes.no_progress_timeout, std::nullopt);
}

TEST_F(PutTest, AnswersWithTheJobAfterTheChange) {
  engine::Job changed = JobForTest();
  changed.minimum_retry_delay = std::chrono::seconds(5);
  jobs_.changed = std::make_shared<engine::Job>(changed);
  const auto answer = Put({{"MinimumRetryDelay", std::uint64_t{1}}});
  EXPECT_EQ(schema::ValueOf(*answer, "MinimumRetryDelay"), schema::Value(std::uint64_t{5}));
}

TEST_F(PutTest, WithoutAChangeReadsTheJob) {
  EXPECT_EQ(schema::ValueOf(*Put({}), "DisplayName"), schema::Value(std::string("TestJob")));
  EXPECT_THAT(jobs_.changes, IsEmpty());
}

TEST_F(PutTest, NilEmptiesTheDescriptionAndNothingElse) {
  ASSERT_TRUE(Put({{"Description", schema::Value()}}));
  EXPECT_THAT(jobs_.changes.at(0).description, Optional(std::string()));
  for (const char* name : {"DisplayName", "Priority", "MinimumRetryDelay", "NoProgressTimeout"}) {
    const auto refused = Put({{name, schema::Value()}});
    EXPECT_EQ(refused.error().code, FaultCode::kRepresentationInvalidValues);
    EXPECT_THAT(refused.error().text, HasSubstr(name));
  }
  EXPECT_EQ(jobs_.changes.size(), 1u);
}

TEST_F(PutTest, RefusedValuesAreAnInvalidRepresentation) {
  jobs_.change_error = Error{HResult::kNotImplemented, ErrorContext::kNone, "Priority is 0 to 3."};
  const auto refused = Put({{"Priority", std::uint64_t{9}}});
  EXPECT_EQ(refused.error().code, FaultCode::kRepresentationInvalidValues);
  EXPECT_EQ(refused.error().text, "Priority is 0 to 3.");
}

TEST_F(DeleteTest, CancelsTheJob) {
  EXPECT_TRUE(Delete());
  EXPECT_THAT(jobs_.called, ElementsAre(engine::JobMethod::kCancel));
}

TEST_F(DeleteTest, FilesLeftBehindAreNoFailureAndRefusalsAre) {
  jobs_.call_answer = HResult::kUnableToDeleteFiles;
  EXPECT_TRUE(Delete());
  jobs_.call_answer = HResult::kInvalidState;
  EXPECT_EQ(Delete().error().wsman_code, Code(HResult::kInvalidState));
  jobs_.call_answer = engine::Fail(HResult::kNotFound, "");
  EXPECT_EQ(Delete().error().code, FaultCode::kDestinationUnreachable);
}

TEST_F(BitsClientJobTest, JobsThatComeChangeAndGoAreEventsOfTheClass) {
  std::vector<std::shared_ptr<const wsman::InstanceEvent>> events;
  auto watch = handler_.Events()->Watch(
      [&events](std::shared_ptr<const wsman::InstanceEvent> event) { events.push_back(event); });
  engine::Job changed = JobForTest();
  changed.state = engine::JobState::kTransferred;
  const auto before = std::make_shared<const engine::Job>(JobForTest());
  const auto after = std::make_shared<const engine::Job>(changed);
  jobs_.events.Tell({nullptr, before});
  jobs_.events.Tell({before, after});
  jobs_.events.Tell({after, nullptr});
  watch.reset();
  jobs_.events.Tell({nullptr, before});
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0]->kind, wsman::EventKind::kCreation);
  EXPECT_EQ(events[0]->target(), ToInstance(*before));
  EXPECT_EQ(events[1]->kind, wsman::EventKind::kModification);
  EXPECT_EQ(events[1]->previous(), ToInstance(*before));
  EXPECT_EQ(events[1]->target(), ToInstance(*after));
  EXPECT_EQ(events[2]->kind, wsman::EventKind::kDeletion);
  EXPECT_EQ(events[2]->target(), ToInstance(*after));
}

}  // namespace
}  // namespace provider
