#include "engine/job_entry.h"

#include <algorithm>

namespace engine {

std::size_t JobEntry::Receiving() const {
  const auto receives = [](const auto& entry) { return entry.second.Receives(); };
  return static_cast<std::size_t>(std::count_if(attempts.begin(), attempts.end(), receives));
}

bool JobEntry::IsIdle() const {
  const bool stored = changed_files.empty() && access_versions.changed == access_versions.stored &&
                      settings_versions.changed == settings_versions.stored &&
                      upload_versions.changed == upload_versions.stored && submissions == 0 &&
                      !committing && !unsaved && !progress_to_store;
  const bool asked_for = !waiting_events.empty() || !waiting_commands.empty() || when_stopped ||
                         files_being_added != 0 || ending;
  const bool transfers =
      HoldsSlot(job.state) || !attempts.empty() || starts_when_stored || !probes.empty();
  const bool remembers = retry.first_failure || restarts != 0;
  const bool waits = retry_timer.IsRunning() || no_progress_timer.IsRunning() ||
                     progress_timer.IsRunning() || save_timer.IsRunning();
  return stored && !asked_for && !transfers && !remembers && !waits;
}

}  // namespace engine
