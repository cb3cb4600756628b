// SetCredentials, RemoveCredentials, SetClientCertificateById and …ByName,
// RemoveClientCertificate, SetProxySettings: what they ask of the engine and who
// may call them.
#include <gmock/gmock.h>

#include <memory>

#include "provider/bits_client_job.h"
#include "provider/method_call.h"
#include "schema/bits_classes.h"
#include "tests/provider/fake_jobs.h"
#include "tests/provider/job_for_test.h"
#include "tests/support/principal_for_test.h"

namespace provider {
namespace {

using engine::HResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using wsman::FaultCode;
using wsman::MethodResult;
using wsman::auth::PrincipalForTest;

constexpr std::uint64_t kOne = 1;

class AccessMethodsTest : public testing::Test {
 protected:
  AccessMethodsTest() { SetJob({}); }

  // alice's job.
  void SetJob(engine::Access access) {
    engine::Job job = JobForTest();
    job.creator = "alice";
    job.access = std::make_shared<const engine::Access>(std::move(access));
    id_ = job.id.ToString();
    jobs_.jobs = {std::make_shared<engine::Job>(std::move(job))};
  }

  wsman::Result<MethodResult> InvokeAs(const std::string& user, std::string_view method,
                                       const NamedValues& arguments) {
    wsman::MethodCall call{schema::FindMethod(schema::BitsClientJob(), method), {}};
    call.arguments.resize(call.method->parameters.size());
    for (const auto& [name, value] : arguments) {
      const schema::Parameter* parameter = schema::FindParameter(*call.method, name);
      call.arguments[static_cast<std::size_t>(parameter - call.method->parameters.data())] = value;
    }
    std::optional<wsman::Result<MethodResult>> answer;
    const wsman::Caller caller{PrincipalForTest::Make(user)};
    handler_.Invoke(caller, {{"JobId", id_}}, std::move(call),
                    [&](wsman::Result<MethodResult> result) { answer = std::move(result); });
    return answer.value();
  }
  wsman::Result<MethodResult> Invoke(std::string_view method, const NamedValues& arguments) {
    return InvokeAs("alice", method, arguments);
  }

  template <class T>
  const T& Asked() {
    return std::get<T>(jobs_.access_changes.at(0));
  }

  FakeJobs jobs_;
  std::string id_;
  Roles roles_{{.administrators = {*ParseRoleEntry("user:root")},
                .operators = {*ParseRoleEntry("user:alice"), *ParseRoleEntry("user:bob")},
                .viewers = {}}};
  BitsClientJob handler_{{}, jobs_, roles_};
};

const NamedValues kCredentials = {{"Target", kOne},
                                  {"Scheme", kOne},
                                  {"UserName", std::string("u")},
                                  {"Password", std::string("p")}};

TEST_F(AccessMethodsTest, SetCredentialsHandsOverItsArguments) {
  const auto result = Invoke("SetCredentials", kCredentials);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->return_value, 0u);
  const auto& asked = Asked<engine::SetCredentials>();
  EXPECT_EQ(asked.target, 1u);
  EXPECT_EQ(asked.scheme, 1u);
  EXPECT_EQ(asked.user_name, "u");
  EXPECT_EQ(asked.password->text(), "p");
}

TEST_F(AccessMethodsTest, NothingToRemoveIsAReturnValue) {
  jobs_.access_answer = HResult::kFalse;
  EXPECT_EQ(Invoke("RemoveCredentials", {{"Target", kOne}, {"Scheme", kOne}})->return_value, 1u);
  EXPECT_EQ(Asked<engine::RemoveCredentials>().target, 1u);
  EXPECT_EQ(Invoke("RemoveClientCertificate", {})->return_value, 1u);
}

TEST_F(AccessMethodsTest, HashesComeAsArraysOfOctets) {
  const std::vector<std::uint64_t> hash = {0, 1, 255};
  ASSERT_TRUE(
      Invoke("SetClientCertificateById",
             {{"CertStoreLocation", kOne}, {"StoreName", std::string("MY")}, {"CertHash", hash}}));
  const auto& asked = Asked<engine::SetCertificateById>();
  EXPECT_EQ(asked.location, 1u);
  EXPECT_EQ(asked.store, "MY");
  EXPECT_THAT(asked.hash, ElementsAre(0, 1, 255));
}

TEST_F(AccessMethodsTest, SubjectNamesAreHandedOver) {
  ASSERT_TRUE(Invoke("SetClientCertificateByName", {{"CertStoreLocation", kOne},
                                                    {"StoreName", std::string("MY")},
                                                    {"SubjectName", std::string("me")}}));
  EXPECT_EQ(Asked<engine::SetCertificateByName>().subject, "me");
}

TEST_F(AccessMethodsTest, ProxyListsMayBeLeftOut) {
  ASSERT_TRUE(Invoke("SetProxySettings", {{"ProxyUsage", kOne}}));
  EXPECT_EQ(Asked<engine::SetProxy>().usage, 1u);
  EXPECT_EQ(Asked<engine::SetProxy>().list, std::nullopt);
  ASSERT_TRUE(Invoke("SetProxySettings", {{"ProxyUsage", kOne}, {"ProxyList", std::string("l")}}));
  EXPECT_EQ(std::get<engine::SetProxy>(jobs_.access_changes.at(1)).list, "l");
}

TEST_F(AccessMethodsTest, AMissingNumberIsAFaultThatNamesIt) {
  const auto result = Invoke("RemoveCredentials", {{"Target", kOne}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FaultCode::kInvalidParameter);
  EXPECT_THAT(result.error().text, HasSubstr("Scheme"));
  EXPECT_THAT(jobs_.access_changes, IsEmpty());
}

TEST_F(AccessMethodsTest, BadInputIsAFaultAndRefusalsAreReturnValues) {
  for (const HResult code :
       {HResult::kInvalidAuthTarget, HResult::kInvalidAuthScheme, HResult::kUserNameTooLarge,
        HResult::kPasswordTooLarge, HResult::kProxyListTooLarge, HResult::kProxyBypassListTooLarge,
        HResult::kFileNotFound, HResult::kCertificateNotFound}) {
    jobs_.access_answer = engine::Fail(code, "what to change");
    const auto result = Invoke("SetCredentials", kCredentials);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, FaultCode::kInvalidParameter);
    EXPECT_EQ(result.error().wsman_code, static_cast<std::uint32_t>(code));
    EXPECT_EQ(result.error().text, "what to change");
  }
  for (const HResult code : {HResult::kInvalidState, HResult::kInvalidCredentials}) {
    jobs_.access_answer = engine::Fail(code, "");
    EXPECT_EQ(Invoke("SetCredentials", kCredentials)->return_value,
              static_cast<std::uint32_t>(code));
  }
}

TEST_F(AccessMethodsTest, ForOtherOperatorsThereIsNoSuchJob) {
  const std::vector<std::pair<std::string_view, NamedValues>> calls = {
      {"SetCredentials", kCredentials},
      {"RemoveCredentials", {{"Target", kOne}, {"Scheme", kOne}}},
      {"RemoveClientCertificate", {}},
      {"SetProxySettings", {{"ProxyUsage", kOne}}}};
  for (const auto& [method, arguments] : calls) {
    const auto result = InvokeAs("bob", method, arguments);
    ASSERT_FALSE(result) << method;
    EXPECT_EQ(result.error().code, FaultCode::kDestinationUnreachable);
  }
  EXPECT_THAT(jobs_.access_changes, IsEmpty());
  for (const char* user : {"alice", "root"}) {
    for (const auto& [method, arguments] : calls) EXPECT_TRUE(InvokeAs(user, method, arguments));
  }
}

}  // namespace
}  // namespace provider
