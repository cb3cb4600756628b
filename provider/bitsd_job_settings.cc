#include "provider/bitsd_job_settings.h"

#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

#include "provider/argument_reader.h"
#include "provider/fault_mapping.h"
#include "provider/job_calls.h"
#include "provider/job_source.h"
#include "provider/method_call.h"
#include "provider/settings_arguments.h"
#include "provider/settings_mapping.h"
#include "schema/bitsd_classes.h"
#include "wsman/auth/base64.h"

namespace provider {
namespace {

using engine::HResult;
using wsman::Caller;
using wsman::FaultCode;
using wsman::Keys;
using wsman::MethodCall;
using wsman::MethodResult;
using wsman::Operation;
using InstanceCompletion = wsman::Completion<schema::Instance>;

class NoInstances : public wsman::InstanceSource {
 public:
  std::optional<schema::Instance> Next() override { return std::nullopt; }
  std::size_t Remaining() const override { return 0; }
};

// The instance as this caller may read it. Headers that cannot be opened are not
// shown: the rest can be read, and new headers set.
void Show(Jobs& jobs, const Caller& caller, const engine::Job& job, InstanceCompletion done) {
  schema::Instance instance = ToSettingsInstance(job);
  const engine::JobSettings& settings = engine::SettingsOf(job);
  if (settings.custom_headers.empty() || settings.custom_headers_write_only ||
      !JobAccess::IsCreator(caller.principal, job))
    return done(std::move(instance));
  jobs.ReadCustomHeaders(
      job.id, [instance = std::move(instance), done = std::move(done),
               id = job.id](const engine::Result<std::optional<engine::SecretText>>& headers) {
        if (headers && *headers) return done(WithCustomHeaders(instance, **headers));
        if (!headers)
          spdlog::warn("the custom headers of job {} cannot be read: {}", id.ToString(),
                       headers.error().message);
        done(instance);
      });
}

// Refused values carry BITS' number too, which programs for BITS know.
wsman::Fault ToSettingsFault(const engine::Error& error) {
  wsman::Fault fault = ToPutFault(error);
  if (fault.wsman_code == 0) fault.wsman_code = static_cast<std::uint32_t>(error.code);
  return fault;
}

}  // namespace

const schema::Class& BitsdJobSettings::GetClass() const { return schema::BitsdJobSettings(); }

wsman::Result<schema::Instance> BitsdJobSettings::Get(const Caller& caller, const Keys& keys) {
  return Find(caller, Operation::kGet, keys).map([](const engine::JobSnapshot& job) {
    return ToSettingsInstance(*job);
  });
}

void BitsdJobSettings::Read(const Caller& caller, const Keys& keys,
                            const schema::Property* /*only*/, InstanceCompletion done) {
  const auto job = Find(caller, Operation::kGet, keys);
  if (!job) return done(tl::unexpected(job.error()));
  Show(jobs_, caller, **job, std::move(done));
}

std::unique_ptr<wsman::InstanceSource> BitsdJobSettings::Enumerate(const Caller& caller) {
  if (!access_.AllowsSettings(caller.principal)) return std::make_unique<NoInstances>();
  return std::make_unique<JobSource>(jobs_, access_, caller.principal, &ToSettingsInstance);
}

void BitsdJobSettings::Put(const Caller& caller, const Keys& keys, wsman::PropertyChanges changes,
                           InstanceCompletion done) {
  const auto job = Find(caller, Operation::kPut, keys);
  if (!job) return done(tl::unexpected(job.error()));
  auto settings = ToSettingsChanges(std::move(changes));
  if (!settings) return done(tl::unexpected(std::move(settings).error()));
  jobs_.ChangeSettings((*job)->id, *std::move(settings),
                       [&jobs = jobs_, caller, done = std::move(done)](
                           const engine::Result<engine::JobSnapshot>& changed) {
                         if (!changed)
                           return done(tl::unexpected(ToSettingsFault(changed.error())));
                         Show(jobs, caller, **changed, done);
                       });
}

void BitsdJobSettings::Delete(const Caller& caller, const Keys& keys,
                              wsman::Completion<std::monostate> done) {
  const auto job = Find(caller, Operation::kDelete, keys);
  if (!job) return done(tl::unexpected(job.error()));
  done(wsman::Fail(FaultCode::kActionNotSupported,
                   "The settings of a job end with it. Delete the BitsClientJob, or set other "
                   "values with Put."));
}

void BitsdJobSettings::Invoke(const Caller& caller, const Keys& keys, MethodCall call, Done done) {
  const auto job = Find(caller, Operation::kInvoke, keys);
  if (!job) return done(tl::unexpected(job.error()));
  if (call.method->name == "AddFileWithRanges")
    return AddFileWithRanges(caller, (*job)->id, call, std::move(done));
  if (call.method->name == "GetReplyData") return GetReplyData((*job)->id, call, std::move(done));
  ChangeFiles((*job)->id, call, std::move(done));
}

void BitsdJobSettings::GetReplyData(const engine::JobId& id, const MethodCall& call, Done done) {
  ArgumentReader read(call);
  const auto offset = read.Finish(read.Number("Offset"));
  if (!offset) return done(tl::unexpected(offset.error()));
  jobs_.ReadReply(
      id, *offset,
      [method = call.method, done = std::move(done)](const engine::Result<std::string>& part) {
        if (!part) return done(ToMethodResult(*method, part.error()));
        done(MakeResult(*method, HResult::kOk, {{"Data", wsman::auth::EncodeBase64(*part)}}));
      });
}

void BitsdJobSettings::AddFileWithRanges(const Caller& caller, const engine::JobId& id,
                                         const MethodCall& call, Done done) {
  auto file = RangesArguments(call);
  if (!file) return done(tl::unexpected(std::move(file).error()));
  jobs_.AddFile(ActorFor(caller, roles_), id, *std::move(file),
                [method = call.method, done = std::move(done)](const engine::Status& added) {
                  if (!added) return done(ToMethodResult(*method, added.error()));
                  done(MakeResult(*method, HResult::kOk));
                });
}

void BitsdJobSettings::ChangeFiles(const engine::JobId& id, const MethodCall& call, Done done) {
  auto change = FileChangeArguments(call);
  if (!change) return done(tl::unexpected(std::move(change).error()));
  jobs_.ChangeFiles(
      id, *std::move(change),
      [method = call.method, done = std::move(done)](const engine::Result<HResult>& result) {
        if (!result) return done(ToMethodResult(*method, result.error()));
        done(MakeResult(*method, *result));
      });
}

wsman::Result<engine::JobSnapshot> BitsdJobSettings::Find(const Caller& caller, Operation operation,
                                                          const Keys& keys) const {
  // Before the job is looked up, so that the answer does not depend on it.
  if (!access_.AllowsSettings(caller.principal))
    return wsman::Fail(FaultCode::kAccessDenied,
                       "Settings of jobs are for administrators; others use them on the host "
                       "itself, through its socket.");
  return FindJob(jobs_, access_, caller, operation, keys);
}

}  // namespace provider
