// The operating system's groups of callers, found on a thread of its own and
// remembered for a minute.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "wsman/auth/system_accounts.h"

namespace wsman::auth {

// Thread-safe.
class SystemGroups {
 public:
  using Groups = std::vector<std::string>;
  using Clock = std::chrono::steady_clock;
  // Called on the thread of this object; may block.
  using Lookup = std::function<Groups(const std::string& name)>;
  // Empty: too many questions wait, or this object ends.
  using Done = std::function<void(std::optional<Groups>)>;

  struct Limits {
    std::size_t waiting = 64;   // questions, counting the one that runs
    std::size_t names = 4'096;  // remembered
    std::chrono::seconds remembered_for{60};
  };

  SystemGroups() : SystemGroups(SystemGroupsOf, Limits{}) {}
  SystemGroups(Lookup lookup, Limits limits);
  SystemGroups(const SystemGroups&) = delete;
  SystemGroups& operator=(const SystemGroups&) = delete;
  // Waits for the lookup that runs.
  ~SystemGroups();

  // What was found for the name in the last minute. Never blocks.
  std::optional<Groups> Known(std::string_view name, Clock::time_point now) const;

  // Calls `done` once: on the thread of this object, or at once on the caller's
  // when it cannot wait. Questions about one name share a lookup.
  void Find(std::string name, Done done);

 private:
  struct Question {
    std::string name;
    std::vector<Done> waiting;
  };
  struct Answer {
    Groups groups;
    Clock::time_point expires;
  };

  void Loop();
  void Remember(const std::string& name, const Groups& groups);

  const Lookup lookup_;
  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Question> questions_;                    // guarded by mutex_
  std::map<std::string, Answer, std::less<>> known_;  // guarded by mutex_
  bool stopping_ = false;                             // guarded by mutex_
  std::thread thread_;                                // last: it uses all of the above
};

}  // namespace wsman::auth
