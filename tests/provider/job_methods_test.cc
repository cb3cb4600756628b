#include <gmock/gmock.h>

#include "tests/provider/bits_client_job_fixture.h"

namespace provider {
namespace {

using engine::ErrorContext;
using engine::HResult;
using testing::ElementsAre;
using testing::IsEmpty;
using wsman::FaultCode;

using AddFileTest = BitsClientJobTest;
using SetJobStateTest = BitsClientJobTest;
using GetErrorTest = BitsClientJobTest;

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

}  // namespace
}  // namespace provider
