#include "provider/bitsctl/commands.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "provider/bitsctl/output.h"

namespace bitsctl {
namespace {

bool HasError(JobState state) {
  return state == JobState::kError || state == JobState::kTransientError;
}

// A success that says what was left undone is worth a line.
void PrintQualified(std::uint32_t code, const std::string& id, Context& context) {
  if (code == 0) return;
  context.err << fmt::format("bitsctl: job {}: {} [{}]\n", id,
                             engine::TextOf(static_cast<engine::HResult>(code)), CodeText(code));
}

Done Act(JobAction action, const std::string& job, Context& context) {
  Jobs jobs(context.service);
  const Result<std::string> id = jobs.FindId(job);
  if (!id) return tl::unexpected(id.error());
  const Result<std::uint32_t> code = jobs.Do(action, *id);
  if (!code) return tl::unexpected(code.error());
  PrintQualified(*code, *id, context);
  return {};
}

}  // namespace

Done Execute(const CreateCommand& command, Context& context) {
  Jobs jobs(context.service);
  const Result<std::string> id = jobs.Create(command.job);
  if (!id) return tl::unexpected(id.error());
  if (command.start) {
    const Result<std::uint32_t> resumed = jobs.Do(JobAction::kResume, *id);
    if (!resumed) {
      jobs.Do(JobAction::kCancel, *id);
      return tl::unexpected(resumed.error());
    }
  }
  context.out << (context.json ? Dump(nlohmann::json{{"job_id", *id}}) : *id) << "\n";
  return {};
}

Done Execute(const AddCommand& command, Context& context) {
  Jobs jobs(context.service);
  const Result<std::string> id = jobs.FindId(command.job);
  if (!id) return tl::unexpected(id.error());
  return jobs.AddFile(*id, command.url, command.local_file, command.ranges);
}

Done Execute(const ListCommand& command, Context& context) {
  Result<std::vector<JobView>> jobs = Jobs(context.service).List();
  if (!jobs) return tl::unexpected(jobs.error());
  if (command.state) {
    std::erase_if(*jobs, [&command](const JobView& job) { return job.state != *command.state; });
  }
  if (!context.json) {
    context.out << JobTable(*jobs);
    return {};
  }
  nlohmann::json array = nlohmann::json::array();
  for (const JobView& job : *jobs) array.push_back(ToJson(job));
  context.out << Dump(array) << "\n";
  return {};
}

Done Execute(const ShowCommand& command, Context& context) {
  Jobs jobs(context.service);
  const Result<JobView> job = jobs.Find(command.job);
  if (!job) return tl::unexpected(job.error());
  std::optional<JobErrorView> error;
  if (HasError(job->state)) {
    Result<std::optional<JobErrorView>> found = jobs.GetError(job->id);
    if (!found) return tl::unexpected(found.error());
    error = std::move(*found);
  }
  if (!context.json) {
    context.out << JobDetails(*job, error);
    return {};
  }
  nlohmann::json object = ToJson(*job);
  object["error"] = error ? ToJson(*error) : nlohmann::json();
  context.out << Dump(object) << "\n";
  return {};
}

Done Execute(const FilesCommand& command, Context& context) {
  const Result<JobView> job = Jobs(context.service).Find(command.job);
  if (!job) return tl::unexpected(job.error());
  if (!context.json) {
    context.out << FileTable(job->files);
    return {};
  }
  context.out << Dump(ToJson(*job)["files"]) << "\n";
  return {};
}

Done Execute(const ActionCommand& command, Context& context) {
  std::optional<Failure> first;
  for (const std::string& job : command.jobs) {
    const Done done = Act(command.action, job, context);
    if (done) continue;
    if (first) {
      context.err << ToText(done.error()) << "\n";
    } else {
      first = done.error();
    }
  }
  if (first) return tl::unexpected(*first);
  return {};
}

Done Execute(const SetCommand& command, Context& context) {
  Jobs jobs(context.service);
  const Result<std::string> id = jobs.FindId(command.job);
  if (!id) return tl::unexpected(id.error());
  return jobs.Change(*id, command.values);
}

Done Execute(const ErrorCommand& command, Context& context) {
  Jobs jobs(context.service);
  const Result<std::string> id = jobs.FindId(command.job);
  if (!id) return tl::unexpected(id.error());
  const Result<std::optional<JobErrorView>> error = jobs.GetError(*id);
  if (!error) return tl::unexpected(error.error());
  if (context.json) {
    context.out << Dump(*error ? ToJson(**error) : nlohmann::json()) << "\n";
  } else {
    context.out << (*error ? ErrorLine(**error) : "the job has no error at present") << "\n";
  }
  return {};
}

Done Execute(const WsmanCommand& command, Context& context) {
  using Verb = WsmanCommand::Verb;
  if (command.verb == Verb::kSubscribe) return PrintEvents(command, context);
  if (command.verb == Verb::kDelete) {
    const auto deleted = context.service.Delete(command.uri, command.selectors);
    if (!deleted) return tl::unexpected(ToFailure(deleted.error()));
    return {};
  }
  if (command.verb == Verb::kEnumerate) {
    const auto items = context.service.Enumerate(command.uri, command.filter);
    if (!items) return tl::unexpected(ToFailure(items.error()));
    nlohmann::json array = nlohmann::json::array();
    for (const Element& item : *items) {
      if (context.json) array.push_back(ToJson(item));
      if (!context.json) context.out << ElementText(item);
    }
    if (context.json) context.out << Dump(array) << "\n";
    return {};
  }
  const auto reply = [&command, &context] {
    Service& service = context.service;
    if (command.verb == Verb::kGet) return service.Get(command.uri, command.selectors);
    if (command.verb == Verb::kPut) {
      return service.Put(command.uri, command.selectors, command.values);
    }
    if (command.verb == Verb::kInvoke) {
      return service.Invoke(command.uri, command.method, command.selectors, command.values);
    }
    return service.Identify();
  }();
  if (!reply) return tl::unexpected(ToFailure(reply.error()));
  context.out << (context.json ? Dump(ToJson(*reply)) + "\n" : ElementText(*reply));
  return {};
}

}  // namespace bitsctl
