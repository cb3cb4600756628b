// The network of this machine comes and goes.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/queue_impl.h"
#include "engine/remote_url.h"

namespace engine {
namespace {

constexpr std::size_t kToldAtOnce = 256;

Error NoNetwork() {
  return {HResult::kNetworkDisconnected, ErrorContext::kGeneralTransport,
          "this machine has lost its network; the job goes on when it is back"};
}

// Whether what comes next for the job is on another machine.
bool NeedsNetwork(const Job& job) {
  const auto next = std::find_if(job.files.begin(), job.files.end(),
                                 [](const File& file) { return !file.transferred; });
  return next != job.files.end() && !IsLoopback(next->remote_url);
}

bool IsConcerned(const Job& job, bool has_network) {
  if (has_network) return job.state == JobState::kTransientError;
  const bool waits_or_runs = job.state == JobState::kQueued || job.state == JobState::kTransferring;
  return waits_or_runs && NeedsNetwork(job);
}

}  // namespace

void Queue::Impl::OnNetwork(bool has_network) {
  // One that comes may be the first since the start.
  if (!has_network && !has_network_) return;
  has_network_ = has_network;
  spdlog::warn(has_network ? "the network is back" : "the network is lost");
  using Concerned = std::tuple<bool, std::uint64_t, JobId>;
  std::vector<Concerned> concerned;
  for (const auto& [id, known] : known_) {
    const JobSnapshot job = known.entry ? nullptr : index_.Find(id);
    if (!IsConcerned(job ? *job : known.entry->job, has_network)) continue;
    concerned.emplace_back(!active_.contains(id), known.entry ? known.entry->turn : known.turn, id);
  }
  if (has_network) farewells_.Hurry();
  // Those that run first, the others in the order in which they would.
  std::ranges::sort(concerned, {}, [](const Concerned& one) {
    return std::pair(std::get<bool>(one), std::get<std::uint64_t>(one));
  });
  of_network_.clear();  // an earlier change has lost its meaning
  for (const auto& [waits, turn, id] : concerned) of_network_.push_back(id);
  TellJobsOfNetwork(++network_changes_);
}

// Some at a time, and the next ones when these are stored: clients do not wait
// behind a hundred thousand jobs.
void Queue::Impl::TellJobsOfNetwork(std::uint64_t change) {
  if (change != network_changes_) return;
  for (std::size_t i = 0; i < kToldAtOnce && !of_network_.empty(); ++i) {
    const JobId id = of_network_.front();
    of_network_.pop_front();
    TellOfNetwork(id);
  }
  if (of_network_.empty()) return RequestPlan();
  // An empty submission is answered behind all that came before it.
  writer_.Submit({}, Callback(std::function<void(Status)>([this, change](const Status&) {
                   if (!stopping_) TellJobsOfNetwork(change);
                 })));
}

void Queue::Impl::TellOfNetwork(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { TellOfNetwork(id); });
  if (entry == nullptr || entry->ending) return;
  if (has_network_) {
    if (Move(*entry, JobEvent::kNetworkBack)) Save(*entry);
    return;
  }
  if (entry->failure || !IsConcerned(entry->job, /*has_network=*/false)) return;
  const transfer::Failed lost{
      {id, entry->next_file, 0}, {}, NoNetwork(), /*recoverable=*/true, std::nullopt};
  if (entry->job.state == JobState::kQueued) {
    ShowError(*entry, lost, JobEvent::kNetworkLost);
    return Save(*entry);
  }
  entry->failure = lost;
  StopAttempts(*entry);
  if (GoOn(*entry)) Save(*entry);
}

}  // namespace engine
