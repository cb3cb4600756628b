#include "wsman/http/connection_limits.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace wsman::http {
namespace {

using Clock = ConnectionLimits::Clock;
using std::chrono::milliseconds;

constexpr milliseconds kUndisturbed(250);

class Places {
 public:
  explicit Places(const ServerLimits& limits) : limits_(limits, kUndisturbed) {}

  // A connection's number, which Ended() has once it has lost its place; -1: no room.
  int Take() {
    Pass(kUndisturbed);
    return TakeAtOnce();
  }
  int TakeAtOnce() {
    auto slot = limits_.Take(now_);
    if (!slot) return -1;
    const int number = static_cast<int>(slots_.size());
    EXPECT_TRUE(slot->WhenEnded([this, number] { ended_.push_back(number); }));
    slots_.push_back(std::make_unique<ConnectionLimits::Slot>(*std::move(slot)));
    return number;
  }
  void Close(int number) { slots_[static_cast<std::size_t>(number)].reset(); }

  // All it takes to log in, or to be refused.
  void LogIn(int number) {
    EXPECT_TRUE((*this)[number].Hold());
    (*this)[number].Verified();
  }
  void Refuse(int number) {
    EXPECT_TRUE((*this)[number].Hold());
    Release(number);
  }
  void Release(int number) { (*this)[number].Release(now_); }
  void Pass(milliseconds time) { now_ += time; }

  ConnectionLimits::Slot& operator[](int number) {
    return *slots_[static_cast<std::size_t>(number)];
  }
  std::vector<int> Ended() { return std::exchange(ended_, {}); }
  std::size_t open() const { return limits_.open(); }

 private:
  Clock::time_point now_{};
  ConnectionLimits limits_;
  std::vector<std::unique_ptr<ConnectionLimits::Slot>> slots_;
  std::vector<int> ended_;
};

using Numbers = std::vector<int>;

TEST(ConnectionLimitsTest, AboveTheLimitTheOldestSilentConnectionEnds) {
  Places places({.connections = 10, .unauthenticated_connections = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(places.Take(), i);
  EXPECT_EQ(places.Ended(), Numbers());
  EXPECT_EQ(places.Take(), 3);
  EXPECT_EQ(places.Ended(), Numbers{0});
  EXPECT_EQ(places.open(), 3U);
  EXPECT_EQ(places.Take(), 4);
  EXPECT_EQ(places.Ended(), Numbers{1});
}

TEST(ConnectionLimitsTest, AConnectionThatLostItsPlaceGivesBackNone) {
  Places places({.connections = 1, .unauthenticated_connections = 1});
  places.Take();
  places.Take();
  EXPECT_FALSE(places[0].Hold());
  places.Release(0);
  places.Close(0);
  EXPECT_EQ(places.open(), 1U);
  places.Close(1);
  EXPECT_EQ(places.open(), 0U);
}

TEST(ConnectionLimitsTest, APlaceCanBeLostBeforeAnybodyListens) {
  ConnectionLimits limits({.connections = 1}, milliseconds(0));
  auto first = limits.Take({});
  const auto second = limits.Take({});
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->WhenEnded([] { ADD_FAILURE(); }));
}

TEST(ConnectionLimitsTest, ThoseWithoutAHeadEndBeforeThoseThatWereRefused) {
  Places places({.connections = 3});
  for (int i = 0; i < 3; ++i) places.Take();
  places.Refuse(1);
  places.Refuse(0);
  places.Take();
  EXPECT_EQ(places.Ended(), Numbers{2});
  places.Refuse(3);
  places.Take();
  EXPECT_EQ(places.Ended(), Numbers{1}) << "refused and silent for longest";
  places.Refuse(4);
  places.Refuse(0);  // not silent for long
  places.Take();
  EXPECT_EQ(places.Ended(), Numbers{3});
}

TEST(ConnectionLimitsTest, EverybodyHasAMomentToSaySomething) {
  Places places({.connections = 2});
  places.Take();
  places.Take();
  EXPECT_EQ(places.TakeAtOnce(), 2) << "the first has had it";
  EXPECT_EQ(places.Ended(), Numbers{0});
  places.Pass(kUndisturbed - milliseconds(1));
  EXPECT_EQ(places.TakeAtOnce(), -1);
  places.Refuse(1);
  places.Pass(milliseconds(1));
  EXPECT_EQ(places.TakeAtOnce(), 3);
  EXPECT_EQ(places.Ended(), Numbers{2});
  places.Pass(kUndisturbed - milliseconds(2));
  EXPECT_EQ(places.TakeAtOnce(), -1);
  places.Pass(milliseconds(1));
  EXPECT_EQ(places.TakeAtOnce(), 4) << "counted from the refusal";
  EXPECT_EQ(places.Ended(), Numbers{1});
}

TEST(ConnectionLimitsTest, WhoeverIsBeingLookedAtKeepsThePlace) {
  Places places({.connections = 10, .unauthenticated_connections = 2});
  places.Take();
  places.Take();
  EXPECT_TRUE(places[0].Hold());
  EXPECT_TRUE(places[1].Hold());
  EXPECT_EQ(places.Take(), -1);
  places.Release(1);
  EXPECT_EQ(places.Take(), 2);
  EXPECT_EQ(places.Ended(), Numbers{1});
}

TEST(ConnectionLimitsTest, VerifiedConnectionsAreNoStrangersAndKeepTheirPlace) {
  Places places({.connections = 3, .unauthenticated_connections = 1});
  for (const int number : {0, 1}) {
    EXPECT_EQ(places.Take(), number);
    places.LogIn(number);
  }
  EXPECT_EQ(places.Take(), 2);
  EXPECT_EQ(places.Take(), 3);
  EXPECT_EQ(places.Ended(), Numbers{2});
  places.LogIn(3);
  EXPECT_EQ(places.Take(), -1);
  places.Close(0);
  EXPECT_EQ(places.Take(), 4);
  EXPECT_EQ(places.Ended(), Numbers());
  EXPECT_EQ(places.open(), 3U);
}

TEST(ConnectionLimitsTest, EachSourceHasItsShare) {
  ConnectionLimits limits({.connections_per_source = 2}, kUndisturbed);
  EXPECT_TRUE(limits.AddFrom("a"));
  EXPECT_TRUE(limits.AddFrom("a"));
  EXPECT_FALSE(limits.AddFrom("a"));
  EXPECT_TRUE(limits.AddFrom("b"));
  limits.RemoveFrom("a");
  EXPECT_TRUE(limits.AddFrom("a"));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limits.AddFrom(""));
}

}  // namespace
}  // namespace wsman::http
