#include "provider/bits_client_job.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "provider/access_arguments.h"
#include "provider/arguments.h"
#include "provider/fault_mapping.h"
#include "provider/job_calls.h"
#include "provider/job_mapping.h"
#include "provider/job_source.h"
#include "provider/method_call.h"
#include "provider/request_key.h"
#include "schema/bits_classes.h"

namespace provider {
namespace {

using engine::HResult;
using wsman::Caller;
using wsman::FaultCode;
using wsman::Keys;
using wsman::MethodCall;
using wsman::MethodResult;
using wsman::Operation;

schema::Instance ToJobInstance(const engine::Job& job) { return ToInstance(job); }

// Adds one change. The dispatcher has typed the value; NULL is what an empty
// Description reads as and so what clients send back for it.
wsman::Result<std::monostate> AddChange(const wsman::PropertyChange& change,
                                        engine::JobChanges& changes) {
  const std::string_view name = change.property->name;
  if (const auto* text = std::get_if<std::string>(&change.value)) {
    if (name == "DisplayName") changes.display_name = *text;
    if (name == "Description") changes.description = *text;
  } else if (const auto* number = std::get_if<std::uint64_t>(&change.value)) {
    const auto value = static_cast<std::uint32_t>(*number);
    if (name == "Priority") changes.priority = value;
    if (name == "MinimumRetryDelay") changes.minimum_retry_delay = value;
    if (name == "NoProgressTimeout") changes.no_progress_timeout = value;
  } else if (name == "Description") {
    changes.description = "";
  } else {
    return wsman::Fail(
        FaultCode::kRepresentationInvalidValues,
        fmt::format("{} cannot be nil. Send a value or leave the property out.", name));
  }
  return std::monostate{};
}

}  // namespace

struct BitsClientJob::MethodRow {
  std::string_view name;
  void (BitsClientJob::*call)(const Caller&, const Keys&, const MethodCall&, Done);
};

const BitsClientJob::MethodRow* BitsClientJob::FindRow(const schema::Method& method) {
  static constexpr auto kMethods = std::to_array<MethodRow>({
      {"CreateJob", &BitsClientJob::CreateJob},
      {"AddFile", &BitsClientJob::AddFile},
      {"SetJobState", &BitsClientJob::SetJobState},
      {"GetError", &BitsClientJob::GetError},
      {"SetCredentials", &BitsClientJob::ChangeAccess},
      {"RemoveCredentials", &BitsClientJob::ChangeAccess},
      {"SetClientCertificateById", &BitsClientJob::ChangeAccess},
      {"SetClientCertificateByName", &BitsClientJob::ChangeAccess},
      {"RemoveClientCertificate", &BitsClientJob::ChangeAccess},
      {"SetProxySettings", &BitsClientJob::ChangeAccess},
  });
  for (const MethodRow& row : kMethods) {
    if (row.name == method.name) return &row;
  }
  return nullptr;
}

const schema::Class& BitsClientJob::GetClass() const { return schema::BitsClientJob(); }

wsman::Result<schema::Instance> BitsClientJob::Get(const Caller& caller, const Keys& keys) {
  return Find(caller, Operation::kGet, keys).map([](const engine::JobSnapshot& job) {
    return ToInstance(*job);
  });
}

void BitsClientJob::Read(const Caller& caller, const Keys& keys, const schema::Property* only,
                         wsman::Completion<schema::Instance> done) {
  if (only == nullptr) return done(Get(caller, keys));
  done(Find(caller, Operation::kGet, keys).map([only](const engine::JobSnapshot& job) {
    return ToInstance(*job, *only);
  }));
}

std::unique_ptr<wsman::InstanceSource> BitsClientJob::Enumerate(const Caller& caller) {
  return std::make_unique<JobSource>(jobs_, access_, caller.principal, &ToJobInstance);
}

void BitsClientJob::Put(const Caller& caller, const Keys& keys, wsman::PropertyChanges changes,
                        wsman::Completion<schema::Instance> done) {
  const auto job = Find(caller, Operation::kPut, keys);
  if (!job) return done(tl::unexpected(job.error()));
  if (changes.empty()) return done(ToInstance(**job));
  engine::JobChanges job_changes;
  for (const wsman::PropertyChange& change : changes) {
    if (auto added = AddChange(change, job_changes); !added)
      return done(tl::unexpected(std::move(added).error()));
  }
  jobs_.Change((*job)->id, std::move(job_changes),
               [done = std::move(done)](const engine::Result<engine::JobSnapshot>& changed) {
                 if (!changed) return done(tl::unexpected(ToPutFault(changed.error())));
                 done(ToInstance(**changed));
               });
}

void BitsClientJob::Delete(const Caller& caller, const Keys& keys,
                           wsman::Completion<std::monostate> done) {
  const auto job = Find(caller, Operation::kDelete, keys);
  if (!job) return done(tl::unexpected(job.error()));
  jobs_.Call((*job)->id, engine::JobMethod::kCancel,
             [done = std::move(done)](const engine::Result<HResult>& result) {
               if (!result) return done(tl::unexpected(ToFault(result.error())));
               if (!engine::Succeeded(*result))
                 return done(tl::unexpected(ToFault({*result, engine::ErrorContext::kNone, ""})));
               done(std::monostate{});
             });
}

void BitsClientJob::Invoke(const Caller& caller, const Keys& keys, MethodCall call,
                           wsman::Completion<MethodResult> done) {
  const MethodRow* row = FindRow(*call.method);
  if (row == nullptr)
    return done(wsman::Fail(FaultCode::kActionNotSupported,
                            fmt::format("The method {} is not offered.", call.method->name)));
  (this->*row->call)(caller, keys, call, std::move(done));
}

void BitsClientJob::CreateJob(const Caller& caller, const Keys&, const MethodCall& call,
                              Done done) {
  auto job = NewJobArguments(call, options_.start_on_create);
  if (!job) return done(tl::unexpected(std::move(job).error()));
  job->request = RequestKey(call);
  // Scripts read JobId and go on whatever ReturnValue says: every failure of
  // a creation is a fault.
  jobs_.CreateJob(
      ActorOf(caller), *std::move(job),
      [method = call.method, done = std::move(done)](const engine::Result<engine::JobId>& id) {
        if (!id) return done(tl::unexpected(ToFault(id.error())));
        done(MakeResult(*method, HResult::kOk, {{"JobId", id->ToString()}}));
      });
}

void BitsClientJob::AddFile(const Caller& caller, const Keys& keys, const MethodCall& call,
                            Done done) {
  const auto job = Find(caller, Operation::kInvoke, keys);
  if (!job) return done(tl::unexpected(job.error()));
  auto file = FileArguments(call);
  if (!file) return done(tl::unexpected(std::move(file).error()));
  jobs_.AddFile(ActorOf(caller), (*job)->id, *std::move(file),
                [method = call.method, done = std::move(done)](const engine::Status& added) {
                  if (!added) return done(ToMethodResult(*method, added.error()));
                  done(MakeResult(*method, HResult::kOk));
                });
}

void BitsClientJob::SetJobState(const Caller& caller, const Keys& keys, const MethodCall& call,
                                Done done) {
  const auto job = Find(caller, Operation::kInvoke, keys);
  if (!job) return done(tl::unexpected(job.error()));
  const auto job_method = JobMethodArgument(call);
  if (!job_method) return done(tl::unexpected(job_method.error()));
  jobs_.Call((*job)->id, *job_method,
             [method = call.method, done = std::move(done)](const engine::Result<HResult>& result) {
               if (!result) return done(ToMethodResult(*method, result.error()));
               done(MakeResult(*method, *result));
             });
}

void BitsClientJob::GetError(const Caller& caller, const Keys& keys, const MethodCall& call,
                             Done done) {
  const auto job = Find(caller, Operation::kInvoke, keys);
  if (!job) return done(tl::unexpected(job.error()));
  const std::shared_ptr<const engine::JobError>& error = (*job)->error;
  if (!error) return done(MakeResult(*call.method, HResult::kErrorInformationUnavailable));
  if (!IsEnglish(NumberArgument(call, "LanguageId").value_or(0)))
    return done(MakeResult(*call.method, HResult::kResourceLangNotFound));
  done(MakeResult(*call.method, HResult::kOk,
                  {{"ErrorContext", static_cast<std::uint64_t>(error->context)},
                   {"ErrorCode", static_cast<std::uint64_t>(error->code)},
                   {"ContextDescription", std::string(engine::TextOf(error->context))},
                   {"ErrorDescription", engine::TextOf(error->code)}}));
}

void BitsClientJob::ChangeAccess(const Caller& caller, const Keys& keys, const MethodCall& call,
                                 Done done) {
  const auto job = Find(caller, Operation::kInvoke, keys);
  if (!job) return done(tl::unexpected(job.error()));
  auto change = AccessArguments(call);
  if (!change) return done(tl::unexpected(std::move(change).error()));
  jobs_.ChangeAccess(
      (*job)->id, *std::move(change),
      [method = call.method, done = std::move(done)](const engine::Result<HResult>& result) {
        if (!result) return done(ToMethodResult(*method, result.error()));
        done(MakeResult(*method, *result));
      });
}

wsman::Result<engine::JobSnapshot> BitsClientJob::Find(const Caller& caller, Operation operation,
                                                       const Keys& keys) const {
  return FindJob(jobs_, access_, caller, operation, keys);
}

engine::Actor BitsClientJob::ActorOf(const Caller& caller) const {
  return ActorFor(caller, roles_);
}

}  // namespace provider
