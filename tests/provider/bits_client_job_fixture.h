// A BitsClientJob over fake jobs, and calls as the dispatcher makes them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provider/bits_client_job.h"
#include "provider/method_call.h"
#include "schema/bits_classes.h"
#include "tests/provider/fake_jobs.h"
#include "tests/provider/job_for_test.h"
#include "tests/support/principal_for_test.h"

namespace provider {

inline constexpr char kJobId[] = "{327C1E84-ABC3-475D-A5D3-E7ED09806523}";
inline constexpr char kOtherId[] = "{00000000-0000-4000-8000-000000000001}";

// Calls as alice, an operator whose job it is.
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

  wsman::Result<wsman::MethodResult> Invoke(std::string_view method, const NamedValues& arguments,
                                            const wsman::Keys& keys = {{"JobId", kJobId}}) {
    std::optional<wsman::Result<wsman::MethodResult>> answer;
    handler_.Invoke(caller_, keys, CallOf(method, arguments),
                    [&](wsman::Result<wsman::MethodResult> result) { answer = std::move(result); });
    return answer.value();
  }

  wsman::Result<wsman::MethodResult> CreateJob(NamedValues more = {}) {
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

  static schema::Value OutputOf(const wsman::MethodResult& result, std::string_view method,
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

  static std::uint32_t Code(engine::HResult code) { return static_cast<std::uint32_t>(code); }

  FakeJobs jobs_;
  Roles roles_{{.administrators = {*ParseRoleEntry("user:root")},
                .operators = {*ParseRoleEntry("user:alice")},
                .viewers = {}}};
  BitsClientJob handler_{{}, jobs_, roles_};
  wsman::Caller caller_{wsman::auth::PrincipalForTest::Make("alice")};
};

}  // namespace provider
