#include "engine/transfer/window_test.h"

#include <gtest/gtest.h>

namespace engine::transfer {
namespace {

TEST(WindowTestTest, LinuxLimitsTheWindowsOfConnections) {
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(CanLimitWindows());
}

}  // namespace
}  // namespace engine::transfer
