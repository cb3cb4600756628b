// One thread that checks passwords, one after the other, behind a bounded
// queue: a check costs much CPU (docs/adr), or waits for somebody else.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "wsman/auth/password_digest.h"

namespace wsman::auth {

// Whose password it was.
struct Verified {
  std::string name;  // as the account has it, however the client spelled it
  std::vector<std::string> groups;
};

enum class PasswordOutcome : std::uint8_t {
  kAccepted,
  kRefused,
  kBusy,     // not looked at: the queue is full or ends
  kUnknown,  // no such account here; callers get it from a queue without successor only
};

class PasswordQueue {
 public:
  struct Decision {
    PasswordOutcome outcome = PasswordOutcome::kRefused;
    Verified who;  // when accepted
  };
  // Looks at one user name, as the client wrote it, and password. Called on the
  // queue's thread.
  using Check = std::function<Decision(const std::string& user, const std::string& password)>;
  // Called on the queue's thread, or on that of its successor.
  using Done = std::function<void(PasswordOutcome, const Verified&)>;

  struct Options {
    std::string thread_name;  // at most 15 characters
    std::size_t limit = 64;   // checks that wait, counting the one that runs
    // Where users go that are unknown here; outlives the queue. May be null.
    PasswordQueue* successor = nullptr;
  };

  PasswordQueue(Options options, Check check);
  PasswordQueue(const PasswordQueue&) = delete;
  PasswordQueue& operator=(const PasswordQueue&) = delete;
  // Checks that wait end as kBusy; the one that runs ends first.
  ~PasswordQueue();

  // Any thread; never blocks. kBusy at once (on the caller's thread) when the
  // queue is full.
  void Verify(std::string user, std::string password, Done done);

  // Shares the outcome of a waiting check of the same user and password, so
  // that many connections of one client cost one check. False (and `done`
  // dropped) when there is none, here and in the successor. Any thread.
  bool Join(std::string_view user, std::string_view password, Done done);

 private:
  struct Item {
    PasswordDigest::Value digest{};
    std::string user;
    std::string password;
    std::vector<Done> waiting;
  };

  void Add(Item item);
  void Loop();
  void Conclude(Item item, const Decision& decision);
  static void Answer(const std::vector<Done>& waiting, const Decision& decision);

  const Options options_;
  const Check check_;
  const PasswordDigest digest_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> items_;  // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_
  std::thread thread_;
};

}  // namespace wsman::auth
