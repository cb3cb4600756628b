#include "provider/bitsctl/jobs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/error.h"
#include "engine/job.h"
#include "provider/bitsctl/uri_alias.h"
#include "wsman/auth/base64.h"

namespace bitsctl {
namespace {

using wsman::client::ClientError;

// Error texts in English, as Windows numbers languages.
constexpr std::string_view kEnglish = "1033";

std::vector<Selector> KeyOf(const std::string& id) { return {{"JobId", id}}; }

Failure NoSuchJob(std::string_view job) {
  return Failure{ExitCode::kNoSuchJob, fmt::format("there is no job '{}'", job),
                 "see 'bitsctl list'", std::nullopt};
}

// A fault about an addressed job: DestinationUnreachable is how the provider
// says that there is none.
Failure ToJobFailure(const ClientError& error, const std::string& id) {
  const bool is_gone = error.kind == ClientError::Kind::kFault &&
                       (error.subcode == "DestinationUnreachable" ||
                        error.code == static_cast<std::uint32_t>(engine::HResult::kNotFound));
  return is_gone ? NoSuchJob(id) : ToFailure(error);
}

// Fails when the method returned a failing HRESULT or none.
Result<std::uint32_t> ReturnValueOf(const Element& output, std::string_view action) {
  const std::optional<std::uint64_t> value = NumberOf(output, "ReturnValue");
  if (!value || *value > 0xFFFFFFFFu) {
    return Fail(ExitCode::kFailed, "the host's reply has no ReturnValue",
                "check that --host is a BITS provider");
  }
  const auto code = static_cast<std::uint32_t>(*value);
  if (!engine::Succeeded(static_cast<engine::HResult>(code))) {
    return tl::unexpected(ToFailure(code, action));
  }
  return code;
}

}  // namespace

std::string_view NameOf(JobAction action) {
  switch (action) {
    case JobAction::kCancel:
      return "cancel";
    case JobAction::kComplete:
      return "complete";
    case JobAction::kResume:
      return "resume";
    case JobAction::kSuspend:
      return "suspend";
  }
  return "change";
}

Result<std::string> Jobs::FindId(std::string_view job) {
  if (const auto id = engine::JobId::Parse(job)) return id->ToString();
  const Result<std::vector<JobView>> jobs = List();
  if (!jobs) return tl::unexpected(jobs.error());
  std::vector<std::string> ids;
  for (const JobView& candidate : *jobs) {
    if (candidate.name == job) ids.push_back(candidate.id);
  }
  if (ids.empty()) return tl::unexpected(NoSuchJob(job));
  if (ids.size() > 1) {
    return Fail(ExitCode::kUsage, fmt::format("{} jobs are named '{}'", ids.size(), job),
                fmt::format("use one of their GUIDs: {}", fmt::join(ids, " ")));
  }
  return ids.front();
}

Result<std::vector<JobView>> Jobs::List() {
  const auto elements = service_.Enumerate(JobUri(), {});
  if (!elements) return tl::unexpected(ToFailure(elements.error()));
  std::vector<JobView> jobs;
  for (const Element& element : *elements) {
    Result<JobView> job = ReadJob(element);
    if (!job) return tl::unexpected(job.error());
    jobs.push_back(std::move(*job));
  }
  return jobs;
}

Result<JobView> Jobs::Get(const std::string& id) {
  const auto element = service_.Get(JobUri(), KeyOf(id));
  if (!element) return tl::unexpected(ToJobFailure(element.error(), id));
  return ReadJob(*element);
}

Result<JobView> Jobs::Find(std::string_view job) {
  const Result<std::string> id = FindId(job);
  if (!id) return tl::unexpected(id.error());
  return Get(*id);
}

Result<Element> Jobs::Invoke(const std::string& method, const std::optional<std::string>& id,
                             const Properties& arguments, const std::string& uri) {
  const std::vector<Selector> key = id ? KeyOf(*id) : std::vector<Selector>{};
  auto output = service_.Invoke(uri, method, key, arguments);
  if (output) return std::move(*output);
  if (!id) return tl::unexpected(ToFailure(output.error()));
  return tl::unexpected(uri == JobUri() ? ToJobFailure(output.error(), *id)
                                        : SettingsFailure(output.error(), *id));
}

Result<std::string> Jobs::Create(const JobSpec& spec) {
  Properties arguments = {
      {"DisplayName", spec.name}, {"RemoteUrl", spec.url}, {"LocalFile", spec.local_file}};
  if (spec.service_account) {
    arguments.emplace_back("ServiceAccount", std::to_string(*spec.service_account));
  }
  if (spec.type != engine::JobType::kDownload)
    arguments.emplace_back("Type", std::to_string(static_cast<std::uint16_t>(spec.type)));
  // Suspended until all of its properties are set.
  arguments.emplace_back("Suspend", "true");
  if (!spec.description.empty()) arguments.emplace_back("Description", spec.description);
  const Result<Element> output = Invoke("CreateJob", std::nullopt, arguments, JobUri());
  if (!output) return tl::unexpected(output.error());
  const auto code = ReturnValueOf(*output, "create the job");
  if (!code) return tl::unexpected(code.error());
  const std::optional<std::string> id = wsman::client::ChildText(*output, "JobId");
  if (!id || id->empty()) {
    return Fail(ExitCode::kFailed, "the host created a job without telling its GUID",
                "see 'bitsctl list'");
  }
  if (const Result<void> set = SetProperties(*id, spec); !set) {
    Do(JobAction::kCancel, *id);
    return tl::unexpected(set.error());
  }
  return *id;
}

Result<void> Jobs::SetProperties(const std::string& id, const JobSpec& spec) {
  Result<void> done;
  if (spec.priority) done = Change(id, {{"Priority", std::to_string(*spec.priority)}});
  if (done && !spec.reply_file.empty())
    done = ChangeSettings(id, {{"ReplyFileName", spec.reply_file}});
  return done;
}

Result<void> Jobs::AddFile(const std::string& id, const std::string& url,
                           const std::string& local_file, const std::string& ranges) {
  Properties arguments = {{"RemoteUrl", url}, {"LocalFile", local_file}};
  if (!ranges.empty()) arguments.emplace_back("Ranges", ranges);
  const std::string action = "add a file to job " + id;
  const auto code = ranges.empty() ? Call("AddFile", id, arguments, action)
                                   : CallSettings("AddFileWithRanges", id, arguments, action);
  if (!code) return tl::unexpected(code.error());
  return {};
}

Result<void> Jobs::Change(const std::string& id, const Properties& values) {
  const auto element = service_.Put(JobUri(), KeyOf(id), values);
  if (!element) return tl::unexpected(ToJobFailure(element.error(), id));
  return {};
}

Result<std::uint32_t> Jobs::Do(JobAction action, const std::string& id) {
  const Result<Element> output =
      Invoke("SetJobState", id, {{"JobState", std::to_string(static_cast<std::uint16_t>(action))}},
             JobUri());
  if (!output) return tl::unexpected(output.error());
  return ReturnValueOf(*output, fmt::format("{} job {}", NameOf(action), id));
}

Result<std::uint32_t> Jobs::Call(const std::string& method, const std::string& id,
                                 const Properties& arguments, std::string_view action) {
  const Result<Element> output = Invoke(method, id, arguments, JobUri());
  if (!output) return tl::unexpected(output.error());
  return ReturnValueOf(*output, action);
}

// A host without the class answers as one without the job.
Failure Jobs::SettingsFailure(const ClientError& error, const std::string& id) {
  Failure failure = ToJobFailure(error, id);
  // The host's own sentence says what to change; the advice is about other commands.
  if (failure.exit == ExitCode::kFailed && error.kind == ClientError::Kind::kFault)
    failure.advice.clear();
  if (failure.exit != ExitCode::kNoSuchJob || !Get(id)) return failure;
  return Failure{ExitCode::kFailed, "this host has no class BitsdJobSettings",
                 "these settings are for jobs of bitsd", error.code};
}

Result<Element> Jobs::GetSettings(const std::string& id) {
  auto settings = service_.Get(SettingsUri(), KeyOf(id));
  if (!settings) return tl::unexpected(SettingsFailure(settings.error(), id));
  return std::move(*settings);
}

Result<void> Jobs::ChangeSettings(const std::string& id, const Properties& values) {
  const auto settings = service_.Put(SettingsUri(), KeyOf(id), values);
  if (!settings) return tl::unexpected(SettingsFailure(settings.error(), id));
  return {};
}

Result<std::uint32_t> Jobs::CallSettings(const std::string& method, const std::string& id,
                                         const Properties& arguments, std::string_view action) {
  const Result<Element> output = Invoke(method, id, arguments, SettingsUri());
  if (!output) return tl::unexpected(output.error());
  return ReturnValueOf(*output, action);
}

Result<std::string> Jobs::ReplyPart(const std::string& id, std::uint64_t offset) {
  const Result<Element> output =
      Invoke("GetReplyData", id, {{"Offset", std::to_string(offset)}}, SettingsUri());
  if (!output) return tl::unexpected(output.error());
  const auto code = ReturnValueOf(*output, "read the reply of job " + id);
  if (!code) return tl::unexpected(code.error());
  const auto data =
      wsman::auth::DecodeBase64(wsman::client::ChildText(*output, "Data").value_or(""));
  if (data) return *data;
  return Fail(ExitCode::kFailed, "the host's reply is not base64",
              "check that --host is a BITS provider");
}

Result<std::optional<JobErrorView>> Jobs::GetError(const std::string& id) {
  const Result<Element> output =
      Invoke("GetError", id, {{"LanguageId", std::string(kEnglish)}}, JobUri());
  if (!output) return tl::unexpected(output.error());
  const auto code = ReturnValueOf(*output, "read the error of job " + id);
  if (!code) {
    const auto none = static_cast<std::uint32_t>(engine::HResult::kErrorInformationUnavailable);
    if (code.error().code == none) return std::nullopt;
    return tl::unexpected(code.error());
  }
  JobErrorView error;
  error.code = static_cast<std::uint32_t>(NumberOf(*output, "ErrorCode").value_or(0));
  error.context = static_cast<std::uint32_t>(NumberOf(*output, "ErrorContext").value_or(0));
  error.text = wsman::client::ChildText(*output, "ErrorDescription").value_or("");
  error.context_text = wsman::client::ChildText(*output, "ContextDescription").value_or("");
  return error;
}

}  // namespace bitsctl
