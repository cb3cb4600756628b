// Jobs that wait for a slot, and whose turn it is. Within a level the users take
// turns, and each user's jobs among themselves: a user with a thousand jobs delays
// another's only one by one slice. Pure logic; the cost of no call grows with the
// number of jobs that wait (but by its logarithm).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/job.h"

namespace engine {

// Where a job stands among those of its user: the lowest goes first.
struct Place {
  Priority priority;
  std::uint64_t turn;  // different for each job; set anew when a slice ends
  friend auto operator<=>(const Place&, const Place&) = default;
};

class WaitingLine {
 public:
  struct Waiting {
    JobId id;
    Place place;
  };

  // A user who has not waited at this level goes behind those who do.
  void Add(std::string_view user, const Place& place, const JobId& id);
  // Nothing when it is not there.
  void Remove(std::string_view user, const Place& place);

  // A job of the user got a slot: the others of the level go first from here on.
  void Served(std::string_view user, Priority level);
  // It was stopped before its time was over: the user goes first again.
  void Interrupted(std::string_view user, Priority level);

  // The first of the levels from `first` to `last`, `most` at most, in the order in
  // which they would start.
  std::vector<Waiting> First(Priority first, Priority last, std::size_t most) const;

 private:
  struct User {
    std::int64_t rank = 0;                // in Level::order; 0: in none yet
    std::map<std::uint64_t, JobId> jobs;  // by turn; may be empty after Interrupted
  };
  struct Level {
    std::map<std::string, User, std::less<>> users;
    std::map<std::int64_t, User*> order;  // the lowest goes first
  };

  Level& LevelOf(Priority level) { return levels_[static_cast<std::size_t>(level)]; }
  static void Rank(Level& level, User& user, std::int64_t rank);
  static void AddFirst(const Level& level, Priority priority, std::size_t most,
                       std::vector<Waiting>& jobs);

  std::array<Level, static_cast<std::size_t>(Priority::kLow) + 1> levels_;
  std::int64_t last_rank_ = 0;
  std::int64_t first_rank_ = 0;
};

}  // namespace engine
