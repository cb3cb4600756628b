// Servers that do not answer HEAD (405 or 501), so that they are not asked for the
// size of each file of theirs. Pure logic; bounded.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace engine::transfer {

// Of those remembered the oldest gives way to one more.
inline constexpr std::size_t kMostHeadRefusals = 1'000;
inline constexpr std::chrono::hours kHeadRefusalMemory{1};

class HeadRefusals {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // What `status` says about HEAD at `origin` ("https://host:port").
  void Note(const std::string& origin, int status, Time now);
  bool Refuses(const std::string& origin, Time now) const;

 private:
  std::map<std::string, Time> until_;
};

}  // namespace engine::transfer
