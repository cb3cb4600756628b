#include "engine/transfer/window_trial.h"

#include <gtest/gtest.h>

namespace engine::transfer {
namespace {

TEST(WindowTrialTest, LinuxLimitsTheWindowsOfConnections) {
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(CanLimitWindows());
}

}  // namespace
}  // namespace engine::transfer
