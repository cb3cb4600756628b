#include "wsman/http/connection_limits.h"

#include <gtest/gtest.h>

namespace wsman::http {
namespace {

int TakeAll(ConnectionLimits& limits, int attempts) {
  int taken = 0;
  for (int i = 0; i < attempts; ++i) taken += limits.TakeSlot() ? 1 : 0;
  return taken;
}

TEST(ConnectionLimitsTest, ThereAreSoManySlots) {
  ConnectionLimits limits({.connections = 3, .unauthenticated_connections = 10});
  EXPECT_EQ(TakeAll(limits, 2), 2);
  EXPECT_TRUE(limits.TakeSlot());
  EXPECT_FALSE(limits.TakeSlot());
  limits.ReturnSlot(/*verified=*/false);
  EXPECT_EQ(TakeAll(limits, 2), 1);
  EXPECT_EQ(limits.open(), 3U);
}

TEST(ConnectionLimitsTest, StrangersHaveFewer) {
  ConnectionLimits limits({.connections = 10, .unauthenticated_connections = 2});
  EXPECT_EQ(TakeAll(limits, 3), 2);
  limits.Verified();
  EXPECT_EQ(TakeAll(limits, 3), 1);
  limits.ReturnSlot(/*verified=*/true);
  EXPECT_EQ(TakeAll(limits, 3), 0);
  limits.ReturnSlot(/*verified=*/false);
  EXPECT_EQ(TakeAll(limits, 3), 1);
}

TEST(ConnectionLimitsTest, EachSourceHasItsShare) {
  ConnectionLimits limits({.connections_per_source = 2});
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
