// bitsctl watch: what changes in one job or in all.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "provider/bitsctl/commands.h"
#include "provider/bitsctl/news.h"
#include "provider/bitsctl/output.h"

namespace bitsctl {
namespace {

bool IsAtWork(JobState state) {
  return state == JobState::kQueued || state == JobState::kConnecting ||
         state == JobState::kTransferring || state == JobState::kTransientError;
}

// One request; the next one follows.
constexpr std::chrono::milliseconds kLongestPull{10'000};

// Nothing more happens without a client.
bool IsOver(JobState state) {
  return state == JobState::kError || state == JobState::kTransferred || engine::IsFinal(state);
}

Failure FailureOf(const JobView& job) {
  return Failure{ExitCode::kFailed,
                 fmt::format("job {} failed", job.id),
                 fmt::format("see 'bitsctl error {}'", job.id),
                 {}};
}

class Watch {
 public:
  Watch(const WatchCommand& command, Context& context)
      : command_(command),
        context_(context),
        jobs_(context.service),
        news_(context.service),
        started_(context.clock.Now()) {}

  Done One() {
    const Result<std::string> id = jobs_.FindId(command_.job);
    if (!id) return tl::unexpected(id.error());
    news_.Subscribe(*id);
    bool seen = false;
    while (true) {
      const Result<JobView> job = jobs_.Get(*id);
      if (!job && seen && job.error().exit == ExitCode::kNoSuchJob) {
        PrintGone(*id);
        return {};
      }
      if (!job) return tl::unexpected(job.error());
      seen = true;
      if (const std::optional<Done> end = Show(*job)) return *end;
      if (const std::optional<Done> end = FollowOne()) return *end;
      if (!Pause()) return OutOfTime();
    }
  }

  Done All() {
    news_.Subscribe({});
    while (true) {
      Result<std::vector<JobView>> jobs = jobs_.List();
      if (!jobs) return tl::unexpected(jobs.error());
      if (!PrintAll(*jobs)) return {};
      if (const std::optional<Done> end = FollowAll(*std::move(jobs))) return *end;
      if (!Pause()) return OutOfTime();
    }
  }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Prints; the end, if this is one.
  std::optional<Done> Show(const JobView& job) {
    Print(job);
    if (job.state == JobState::kError) return tl::unexpected(FailureOf(job));
    if (IsOver(job.state)) return Done{};
    return std::nullopt;
  }

  // Shows what the host tells. Empty when it is time to look.
  std::optional<Done> FollowOne() {
    while (const auto news = news_.Next(PullTime())) {
      for (const JobNews& item : *news) {
        if (!item.job) {
          PrintGone(item.id);
          return Done{};
        }
        if (std::optional<Done> end = Show(*item.job)) return end;
      }
      if (IsOutOfTime()) return OutOfTime();
    }
    return std::nullopt;
  }

  std::optional<Done> FollowAll(std::vector<JobView> jobs) {
    while (const auto news = news_.Next(PullTime())) {
      for (const JobNews& item : *news) {
        Apply(item, jobs);
        if (!PrintAll(jobs)) return Done{};
      }
      if (IsOutOfTime()) return OutOfTime();
    }
    return std::nullopt;
  }

  static void Apply(const JobNews& news, std::vector<JobView>& jobs) {
    const auto known = std::find_if(jobs.begin(), jobs.end(),
                                    [&news](const JobView& job) { return job.id == news.id; });
    if (known == jobs.end()) {
      if (news.job) jobs.push_back(*news.job);
    } else if (news.job) {
      *known = *news.job;
    } else {
      jobs.erase(known);
    }
  }

  // Whether any of the jobs is at work.
  bool PrintAll(const std::vector<JobView>& jobs) {
    bool at_work = false;
    std::map<std::string, std::string> before;
    before.swap(lines_);
    for (const JobView& job : jobs) {
      at_work = at_work || IsAtWork(job.state);
      if (const auto line = before.find(job.id); line != before.end()) {
        lines_.insert(*line);
        before.erase(line);
      }
      Print(job);
    }
    for (const auto& gone : before) PrintGone(gone.first);
    return at_work;
  }

  void Print(const JobView& job) {
    const std::string line = JobLine(job);
    std::string& last = lines_[job.id];
    if (last == line) return;
    last = line;
    context_.out << (context_.json ? Dump(ToJson(job), -1) : line) << "\n" << std::flush;
  }

  void PrintGone(const std::string& id) {
    if (context_.json) {
      context_.out << Dump(nlohmann::json{{"job_id", id}, {"state", nullptr}}, -1) << "\n";
    } else {
      context_.out << id << " is gone: completed or cancelled\n";
    }
  }

  bool IsOutOfTime() const {
    return context_.timeout && context_.clock.Now() - started_ >= *context_.timeout;
  }

  std::chrono::milliseconds PullTime() const {
    if (!context_.timeout) return kLongestPull;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        *context_.timeout - (context_.clock.Now() - started_));
    return std::clamp(left, std::chrono::milliseconds(0), kLongestPull);
  }

  bool Pause() {
    if (IsOutOfTime()) return false;
    return context_.clock.Wait(command_.interval);
  }

  static Done OutOfTime() {
    return Fail(ExitCode::kFailed, "stopped watching before the end",
                "give it longer with --timeout");
  }

  const WatchCommand& command_;
  Context& context_;
  Jobs jobs_;
  News news_;
  const TimePoint started_;
  std::map<std::string, std::string> lines_;  // what was printed last, by job
};

}  // namespace

Done Execute(const WatchCommand& command, Context& context) {
  Watch watch(command, context);
  return command.job.empty() ? watch.All() : watch.One();
}

}  // namespace bitsctl
