#include "engine/waiting_line.h"

#include <utility>

namespace engine {

void WaitingLine::Add(std::string_view user, const Place& place, const JobId& id) {
  Level& level = LevelOf(place.priority);
  const auto [found, is_new] = level.users.try_emplace(std::string(user));
  if (is_new) Rank(level, found->second, ++last_rank_);
  found->second.jobs.emplace(place.turn, id);
}

void WaitingLine::Remove(std::string_view user, const Place& place) {
  Level& level = LevelOf(place.priority);
  const auto found = level.users.find(user);
  if (found == level.users.end()) return;
  found->second.jobs.erase(place.turn);
  if (!found->second.jobs.empty()) return;
  level.order.erase(found->second.rank);
  level.users.erase(found);
}

void WaitingLine::Served(std::string_view user, Priority priority) {
  Level& level = LevelOf(priority);
  const auto found = level.users.find(user);
  if (found != level.users.end()) Rank(level, found->second, ++last_rank_);
}

void WaitingLine::Interrupted(std::string_view user, Priority priority) {
  Level& level = LevelOf(priority);
  Rank(level, level.users[std::string(user)], --first_rank_);
}

void WaitingLine::Rank(Level& level, User& user, std::int64_t rank) {
  level.order.erase(user.rank);
  user.rank = rank;
  level.order.emplace(rank, &user);
}

std::vector<WaitingLine::Waiting> WaitingLine::First(Priority first, Priority last,
                                                     std::size_t most) const {
  std::vector<Waiting> jobs;
  for (auto at = static_cast<std::size_t>(first); at <= static_cast<std::size_t>(last); ++at)
    AddFirst(levels_[at], static_cast<Priority>(at), most, jobs);
  return jobs;
}

void WaitingLine::AddFirst(const Level& level, Priority priority, std::size_t most,
                           std::vector<Waiting>& jobs) {
  using Next = std::map<std::uint64_t, JobId>::const_iterator;
  std::vector<std::pair<Next, Next>> users;  // what is left of each one's jobs
  for (const auto& [rank, user] : level.order) {
    if (jobs.size() + users.size() >= most) break;
    if (!user->jobs.empty()) users.emplace_back(user->jobs.begin(), user->jobs.end());
  }
  // One of each, then the next of each.
  bool taken = true;
  while (taken) {
    taken = false;
    for (auto& [next, end] : users) {
      if (next == end || jobs.size() >= most) continue;
      jobs.push_back({next->second, {priority, next->first}});
      ++next;
      taken = true;
    }
  }
}

}  // namespace engine
