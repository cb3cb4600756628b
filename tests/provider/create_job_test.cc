#include <gmock/gmock.h>

#include "tests/provider/bits_client_job_fixture.h"

namespace provider {
namespace {

using engine::HResult;
using testing::HasSubstr;
using testing::IsEmpty;
using wsman::FaultCode;
using wsman::MethodResult;
using wsman::auth::PrincipalForTest;

using CreateJobTest = BitsClientJobTest;

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

TEST_F(CreateJobTest, TypeChoosesTheDirection) {
  for (const std::uint64_t type : {0u, 1u, 2u}) {
    EXPECT_TRUE(CreateJob({{"Type", type}}));
    EXPECT_EQ(jobs_.created.back().type, static_cast<engine::JobType>(type));
  }
  for (const std::uint64_t type : {3u, 65535u}) {
    const auto refused = CreateJob({{"Type", type}});
    EXPECT_EQ(refused.error().code, FaultCode::kInvalidParameter);
    EXPECT_EQ(refused.error().wsman_code, Code(HResult::kNotImplemented));
  }
  EXPECT_EQ(jobs_.created.size(), 3u);
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

}  // namespace
}  // namespace provider
