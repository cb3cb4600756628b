// The network of this machine comes and goes.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/queue_impl.h"
#include "engine/remote_url.h"

namespace engine {
namespace {

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
  if (has_network == has_network_) return;
  has_network_ = has_network;
  spdlog::warn(has_network ? "the network is back" : "the network is lost");
  std::vector<JobId> concerned;
  for (const auto& [id, known] : known_) {
    const JobSnapshot job = known.entry ? nullptr : index_.Find(id);
    if (IsConcerned(job ? *job : known.entry->job, has_network)) concerned.push_back(id);
  }
  if (has_network) farewells_.Hurry();
  for (const JobId& id : concerned) {
    if (has_network)
      NetworkBack(id);
    else
      NetworkLost(id);
  }
}

void Queue::Impl::NetworkLost(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { NetworkLost(id); });
  if (entry == nullptr || entry->ending || entry->failure || has_network_) return;
  if (!IsConcerned(entry->job, /*has_network=*/false)) return;
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

void Queue::Impl::NetworkBack(const JobId& id) {
  JobEntry* const entry = ReadyForEvent(id, [this, id] { NetworkBack(id); });
  if (entry == nullptr || entry->ending) return;
  if (Move(*entry, JobEvent::kNetworkBack)) Save(*entry);
}

}  // namespace engine
