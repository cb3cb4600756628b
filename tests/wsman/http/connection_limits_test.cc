#include "wsman/http/connection_limits.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace wsman::http {
namespace {

using Clock = ConnectionLimits::Clock;
using std::chrono::milliseconds;

constexpr milliseconds kUndisturbed(250);
constexpr milliseconds kPatience(30);

class Places {
 public:
  explicit Places(const ServerLimits& limits) : limits_(limits, kUndisturbed) {}

  // A connection's number, which Ended() has once it has lost its place; -1: no room.
  int Wait(const std::string& source = "") {
    auto slot = limits_.Take(now_, source);
    if (!slot) return -1;
    const int number = static_cast<int>(slots_.size());
    EXPECT_TRUE(slot->WhenEnded([this, number] { ended_.push_back(number); }));
    slots_.push_back(std::make_unique<ConnectionLimits::Slot>(*std::move(slot)));
    return number;
  }
  bool Enter(int number) {
    if (!(*this)[number].Enter(now_, kPatience)) return false;
    EXPECT_TRUE((*this)[number].WhenEnded([this, number] { ended_.push_back(number); }));
    return true;
  }
  // The same for one that goes when there is no place.
  int Take() {
    Pass(kUndisturbed);
    return TakeAtOnce();
  }
  int TakeAtOnce() {
    const int number = Wait();
    if (number < 0 || Enter(number)) return number;
    slots_.pop_back();
    return -1;
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
  auto first = limits.Take({}, "");
  auto second = limits.Take({}, "");
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->WhenEnded([] { ADD_FAILURE() << "it has left the room"; }));
  EXPECT_TRUE(first->Enter({}, {}));
  EXPECT_TRUE(second->Enter({}, {}));
  EXPECT_FALSE(first->WhenEnded([] { ADD_FAILURE(); }));
}

TEST(ConnectionLimitsTest, InAFullRoomTheOldestEndsAtOnce) {
  Places places({.waiting_connections = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(places.Wait(), i);
  EXPECT_EQ(places.Ended(), Numbers());
  EXPECT_EQ(places.Wait(), 3);
  EXPECT_EQ(places.Ended(), Numbers{0});
  EXPECT_FALSE(places.Enter(0)) << "too late";
  EXPECT_TRUE(places.Enter(1));
  EXPECT_EQ(places.Wait(), 4);
  EXPECT_EQ(places.Ended(), Numbers());
  EXPECT_EQ(places.open(), 4U);
}

TEST(ConnectionLimitsTest, WhoeverWantsAPlaceIsNotEndedForAnotherInTheRoom) {
  Places places({.unauthenticated_connections = 1, .waiting_connections = 2});
  places.TakeAtOnce();
  for (const int number : {1, 2}) {
    EXPECT_EQ(places.Wait(), number);
    EXPECT_FALSE(places.Enter(number));
  }
  EXPECT_EQ(places.Wait(), -1) << "there is nobody to end";
  places.Pass(kUndisturbed);
  EXPECT_TRUE(places.Enter(1));
  EXPECT_EQ(places.Ended(), Numbers{0});
  EXPECT_EQ(places.Wait(), 3);
  EXPECT_EQ(places.Wait(), 4);
  EXPECT_EQ(places.Ended(), Numbers{3});
}

TEST(ConnectionLimitsTest, TheMoreWantAPlaceTheShorterIsTheMoment) {
  Places places({.unauthenticated_connections = 2});
  places.TakeAtOnce();
  places.TakeAtOnce();
  const auto want = [&places](int number) {
    EXPECT_EQ(places.Wait(), number);
    return places.Enter(number);
  };
  places.Pass(milliseconds(187));  // three quarters of it are a little more
  EXPECT_FALSE(want(2));
  EXPECT_FALSE(want(3));
  places.Pass(milliseconds(1));
  EXPECT_TRUE(places.Enter(3)) << "one more of two wants one";
  EXPECT_EQ(places.Ended(), Numbers{0});
  EXPECT_FALSE(places.Enter(2)) << "nobody else does";
  EXPECT_TRUE(want(4)) << "as before";
  EXPECT_EQ(places.Ended(), Numbers{1});
}

TEST(ConnectionLimitsTest, HoweverManyWantAPlaceNobodyLosesItBeforeItsPatienceEnds) {
  Places places({.unauthenticated_connections = 1});
  places.TakeAtOnce();
  places.Pass(kPatience - milliseconds(1));
  for (int number = 1; number < 10; ++number) {
    EXPECT_EQ(places.Wait(), number);
    EXPECT_FALSE(places.Enter(number));
  }
  places.Pass(milliseconds(1));
  EXPECT_TRUE(places.Enter(1));
  EXPECT_EQ(places.Ended(), Numbers{0});
  EXPECT_FALSE(places.Enter(2));
}

TEST(ConnectionLimitsTest, ThoseAboutToEndAreBounded) {
  Places places({.waiting_connections = 1});
  for (int i = 0; i <= static_cast<int>(ConnectionLimits::kEnding); ++i) {
    EXPECT_EQ(places.Wait(), i);
  }
  EXPECT_EQ(places.Ended().size(), ConnectionLimits::kEnding);
  EXPECT_EQ(places.Wait(), -1);
  places.Close(0);
  EXPECT_NE(places.Wait(), -1);
  EXPECT_EQ(places.Wait(), -1);
}

TEST(ConnectionLimitsTest, TheRoomLeavesAQuarterOfTheDescriptors) {
  const ServerLimits limits{.connections = 300, .waiting_connections = 1'000};
  EXPECT_EQ(WaitingWithin(limits, 1'000'000), 1'000U);
  EXPECT_EQ(WaitingWithin(limits, 3'467), 1'000U);
  EXPECT_EQ(WaitingWithin(limits, 3'464), 999U);
  EXPECT_EQ(WaitingWithin(limits, 1'024), 84U);
  EXPECT_EQ(WaitingWithin(limits, 256), 16U);
  EXPECT_EQ(WaitingWithin({.waiting_connections = 1}, 256), 1U);
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
  auto first = limits.Take({}, "a");
  auto second = limits.Take({}, "a");
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(second->Enter({}, {}));
  const auto third = limits.Take({}, "a");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), ConnectionLimits::Refusal::kSource);
  const auto other = limits.Take({}, "b");
  EXPECT_TRUE(other);
  { const auto gone = *std::move(second); }
  const auto next = limits.Take({}, "a");
  EXPECT_TRUE(next);
  std::vector<ConnectionLimits::Slot> exempt;
  for (int i = 0; i < 10; ++i) {
    auto slot = limits.Take({}, "");
    ASSERT_TRUE(slot);
    exempt.push_back(*std::move(slot));
  }
}

}  // namespace
}  // namespace wsman::http
