// bitsctl get and put: a job from its creation to its end.
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "provider/bitsctl/commands.h"
#include "provider/bitsctl/output.h"
#include "provider/bitsctl/progress.h"

namespace bitsctl {
namespace {

using TimePoint = std::chrono::steady_clock::time_point;

// How long a host may be unreachable (a restart) while a job is waited for.
constexpr std::chrono::seconds kPatience{60};

// Paths that say the same to every process of the host: "/…", "C:…", "\\server\…".
bool IsAbsolute(const std::string& path) {
  return path.starts_with('/') || path.starts_with('\\') || (path.size() >= 2 && path[1] == ':');
}

Result<std::string> LocalFileOf(const GetCommand& command, const Context& context) {
  const std::string file =
      command.local_file.empty() ? FileNameOf(command.url) : command.local_file;
  if (file.empty()) {
    return Fail(ExitCode::kUsage, "the URL does not end in a file name",
                "give the name of the local file after it");
  }
  if (IsAbsolute(file)) return file;
  if (!context.host_is_local) {
    return Fail(ExitCode::kUsage, fmt::format("'{}' is not an absolute path of the host", file),
                "give one, such as C:\\folder\\file");
  }
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::current_path(error);
  if (error) return Fail(ExitCode::kUsage, "there is no current folder", "give an absolute path");
  return (folder / file).lexically_normal().string();
}

bool IsUpload(const GetCommand& command) { return command.type != engine::JobType::kDownload; }

// Where the reply of the job is; empty when it has none, or the host does not tell.
std::string ReplyFileOf(const GetCommand& command, const std::string& id, Context& context) {
  if (command.type != engine::JobType::kUploadReply || !command.reply_file.empty())
    return command.reply_file;
  const Result<Element> settings = Jobs(context.service).GetSettings(id);
  return settings ? wsman::client::ChildText(*settings, "ReplyFileName").value_or("") : "";
}

Progress::Style StyleOf(const Context& context) {
  if (context.json) return Progress::Style::kSilent;
  return context.interactive ? Progress::Style::kTerminal : Progress::Style::kLines;
}

// One job that this command made and answers for.
class Download {
 public:
  Download(std::string id, const GetCommand& command, Context& context)
      : id_(std::move(id)),
        command_(command),
        context_(context),
        jobs_(context.service),
        progress_(context.err, StyleOf(context)),
        started_(context.clock.Now()),
        answered_(started_) {}

  // The job as it was when its files were complete.
  Result<JobView> Wait() {
    while (true) {
      const Result<JobView> job = jobs_.Get(id_);
      const TimePoint now = context_.clock.Now();
      if (job) {
        answered_ = now;
        progress_.Show(*job, now);
        if (job->state == JobState::kTransferred) return job;
        if (auto failure = Look(*job)) return tl::unexpected(*failure);
      } else if (!MayComeBack(job.error(), now)) {
        return tl::unexpected(job.error());
      }
      if (context_.timeout && now - started_ >= *context_.timeout) {
        return Fail(ExitCode::kFailed, fmt::format("'{}' was not complete in time", command_.url),
                    "give it longer with --timeout");
      }
      if (!context_.clock.Wait(command_.interval)) {
        return Fail(ExitCode::kFailed, "interrupted; the job was cancelled");
      }
    }
  }

  void End() { progress_.End(); }

 private:
  std::string ErrorText() {
    const Result<std::optional<JobErrorView>> error = jobs_.GetError(id_);
    return error && *error ? ErrorLine(**error) : "the host gives no reason";
  }

  // Says what happened to the state; a failure when the job cannot go on.
  std::optional<Failure> Look(const JobView& job) {
    const bool changed = state_ != job.state;
    state_ = job.state;
    if (job.state == JobState::kError) {
      return Failure{
          ExitCode::kFailed,
          fmt::format("cannot {} '{}': {}", IsUpload(command_) ? "upload to" : "download",
                      command_.url, ErrorText()),
          {},
          {}};
    }
    if (!changed || context_.json) return std::nullopt;
    if (job.state == JobState::kTransientError) {
      progress_.Say(fmt::format("bitsctl: {} - the host will try again", ErrorText()));
    } else if (job.state == JobState::kSuspended) {
      progress_.Say("bitsctl: the job was suspended - resume it to go on");
    }
    return std::nullopt;
  }

  bool MayComeBack(const Failure& failure, TimePoint now) {
    if (failure.exit != ExitCode::kNoConnection || now - answered_ >= kPatience) return false;
    if (!context_.json) progress_.Say(ToText(failure) + "; trying again");
    return true;
  }

  const std::string id_;
  const GetCommand& command_;
  Context& context_;
  Jobs jobs_;
  Progress progress_;
  const TimePoint started_;
  TimePoint answered_;
  std::optional<JobState> state_;
};

Done Finish(const JobView& job, const GetCommand& command, const std::string& local_file,
            Context& context) {
  const std::string reply_file = ReplyFileOf(command, job.id, context);
  const Result<std::uint32_t> code = Jobs(context.service).Do(JobAction::kComplete, job.id);
  if (!code) return tl::unexpected(code.error());
  if (context.json) {
    nlohmann::json object{{"job_id", job.id},
                          {"url", command.url},
                          {"local_file", local_file},
                          {"bytes", job.bytes_transferred}};
    if (!reply_file.empty()) object["reply_file"] = reply_file;
    context.out << Dump(object) << "\n";
  } else {
    const std::string& made = IsUpload(command) ? command.url : local_file;
    context.out << Printable(reply_file.empty() ? made : reply_file) << "\n";
  }
  return {};
}

}  // namespace

std::string FileNameOf(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t authority = scheme == std::string::npos ? 0 : scheme + 3;
  const std::string path = url.substr(0, url.find_first_of("?#", authority));
  const std::size_t slash = path.find('/', authority);
  return slash == std::string::npos ? "" : path.substr(path.rfind('/') + 1);
}

Done Execute(const GetCommand& command, Context& context) {
  const Result<std::string> local_file = LocalFileOf(command, context);
  if (!local_file) return tl::unexpected(local_file.error());
  JobSpec spec;
  spec.url = command.url;
  spec.local_file = *local_file;
  spec.name = command.name.empty() ? FileNameOf(command.url) : command.name;
  if (spec.name.empty()) spec.name = IsUpload(command) ? "bitsctl put" : "bitsctl get";
  spec.type = command.type;
  spec.reply_file = command.reply_file;
  spec.priority = 0;
  Jobs jobs(context.service);
  const Result<std::string> id = jobs.Create(spec);
  if (!id) return tl::unexpected(id.error());

  Download download(*id, command, context);
  const Result<std::uint32_t> resumed = jobs.Do(JobAction::kResume, *id);
  const Result<JobView> job = resumed ? download.Wait() : tl::unexpected(resumed.error());
  download.End();
  const Done done = job ? Finish(*job, command, *local_file, context) : tl::unexpected(job.error());
  if (!done) jobs.Do(JobAction::kCancel, *id);  // what it left behind is of no use to anyone
  return done;
}

}  // namespace bitsctl
