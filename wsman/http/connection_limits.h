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

#include <tl/expected.hpp>

#include "wsman/http/limits.h"

namespace wsman::http {

// A connection comes to the waiting room first, where it costs next to nothing and
// stays until its first message is there. Everybody gets in: when the room is full,
// the one that has been there for longest without that message ends.
//
// With the message it wants a place among the strangers. When there is none it
// takes that of the oldest that has sent no complete head, or of the one that has
// been refused and silent for longest; until there is one it stays in the room, where
// nobody ends it. Everybody with a place has `undisturbed` to say the next thing, so
// that many clients who come together do not end each other. That is less the more are
// waiting for places, down to nothing with twice as many as there are places; but
// never less than the patience the connection came with, up to `undisturbed`. A
// connection whose request is being looked at, and one that has shown valid
// credentials, keeps its place. Thread-safe.
class ConnectionLimits {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Refusal : std::uint8_t {
    kSource,  // it has all it may have
    kNoRoom,  // at present, nor anybody to end for it
  };

  // Those that have been ended and are still open, on another thread's list. Nobody
  // is ended while there are so many: each holds a descriptor.
  static constexpr std::size_t kEnding = 64;

 private:
  enum class Standing : std::uint8_t {
    kWaiting,  // in the room
    kReady,    // in the room, with its first message
    kSilent,
    kRefused,
    kBusy,
    kVerified,
    kEnded
  };
  struct Entry {
    Standing standing;
    Clock::time_point since;
    Clock::duration patience{};
    std::string source;  // empty: not counted
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
    // when it becomes another's, on any thread: the connection must end. Replaces
    // the one before.
    bool WhenEnded(std::function<void()> end);

    // The first message is here: from here on it is not ended for a newcomer to the room.
    void WantPlace();
    // From the room to a place, from where on WhenEnded has to be told again. False:
    // there is none at `now`, or it has been ended. Wants a place.
    bool Enter(Clock::time_point now, Clock::duration patience);

    // The peer has sent a head, and is waited for no more. False: as WhenEnded.
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

  // Into the room. An empty source is not counted.
  tl::expected<Slot, Refusal> Take(Clock::time_point now, const std::string& source);

  // Without those that are about to end.
  std::size_t open() const;

 private:
  Entries& In(Standing standing) { return entries_[static_cast<std::size_t>(standing)]; }
  std::size_t Count(Standing standing) const {
    return entries_[static_cast<std::size_t>(standing)].size();
  }
  std::size_t Waiting() const;
  std::size_t Unauthenticated() const;
  bool HasPlace() const;
  void Move(Entries::iterator entry, Standing to);
  std::function<void()> End(Entries::iterator entry);
  std::optional<Entries::iterator> FindLongest(Clock::time_point now);
  Clock::duration Undisturbed() const;
  void Forget(const std::string& source);

  const ServerLimits limits_;
  const Clock::duration undisturbed_;
  mutable std::mutex mutex_;
  // By standing, each with those first that have been in it for longest.
  std::array<Entries, 7> entries_;                        // guarded by mutex_
  std::unordered_map<std::string, std::size_t> sources_;  // guarded by mutex_
};

// Of limits.waiting_connections, what a process of so many descriptors can have:
// the connections over the network and those of the local socket, each with their
// room, leave a quarter to everything else. At least 16.
std::size_t WaitingWithin(const ServerLimits& limits, std::size_t descriptors);

}  // namespace wsman::http
