// How many connections there are, over all loops, and which of them has to go
// when there is no room for another.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "wsman/http/limits.h"

namespace wsman::http {

// Everybody gets in at once who finds a stranger to take the place of: first
// the oldest connection that has sent no complete head, then the one that has
// been refused and silent for longest. Both have `undisturbed` to say the next
// thing, so that many clients who come together do not end each other. A
// connection whose request is being looked at, and one that has shown valid
// credentials, keeps its place. Thread-safe.
class ConnectionLimits {
 public:
  using Clock = std::chrono::steady_clock;

 private:
  enum class Standing : std::uint8_t { kSilent, kRefused, kBusy, kVerified, kEnded };
  struct Entry {
    Standing standing;
    Clock::time_point since;
    std::function<void()> end;
  };
  using Entries = std::list<Entry>;

 public:
  // One connection's place, given back by the destructor.
  class Slot {
   public:
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&& other) noexcept;
    ~Slot();

    // False: the place is another's already. Otherwise `end` is called once
    // when it becomes another's, on any thread: the connection must end.
    bool WhenEnded(std::function<void()> end);

    // The peer has sent a head, and is waited for no more. False: as above.
    bool Hold();
    // The peer is waited for again.
    void Release(Clock::time_point now);
    // Between Hold and Release: the credentials are valid. From here on the
    // place stays this connection's.
    void Verified();

   private:
    friend class ConnectionLimits;
    Slot(ConnectionLimits& limits, Entries::iterator entry) : limits_(&limits), entry_(entry) {}
    void Leave();

    ConnectionLimits* limits_;  // null: moved from
    Entries::iterator entry_;
  };

  ConnectionLimits(const ServerLimits& limits, Clock::duration undisturbed)
      : limits_(limits), undisturbed_(undisturbed) {}

  // Empty: there is no room at `now`, nor anybody to take the place of.
  std::optional<Slot> Take(Clock::time_point now);

  // False: this source has all it may have. An empty source is not counted.
  bool AddFrom(const std::string& source);
  void RemoveFrom(const std::string& source);

  // Without those that are about to end.
  std::size_t open() const;

 private:
  Entries& In(Standing standing) { return entries_[static_cast<std::size_t>(standing)]; }
  std::size_t Count(Standing standing) const {
    return entries_[static_cast<std::size_t>(standing)].size();
  }
  std::size_t Unauthenticated() const;
  void Move(Entries::iterator entry, Standing to);
  Entries* FindLongest(Clock::time_point now);

  const ServerLimits limits_;
  const Clock::duration undisturbed_;
  mutable std::mutex mutex_;
  // By standing, each with those first that have been in it for longest.
  std::array<Entries, 5> entries_;                        // guarded by mutex_
  std::unordered_map<std::string, std::size_t> sources_;  // guarded by mutex_
};

}  // namespace wsman::http
