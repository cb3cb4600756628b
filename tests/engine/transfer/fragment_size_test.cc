#include "engine/transfer/fragment_size.h"

#include <gtest/gtest.h>

namespace engine::transfer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(FragmentSizeTest, FastFragmentsGrowUpToTheMost) {
  FragmentSize size;
  EXPECT_EQ(size.bytes(), kFirstFragment);
  size.Took(size.bytes(), milliseconds(10));
  EXPECT_EQ(size.bytes(), 2 * kFirstFragment);
  for (int i = 0; i < 20; ++i) size.Took(size.bytes(), milliseconds(10));
  EXPECT_EQ(size.bytes(), kMostFragment);
}

TEST(FragmentSizeTest, AQuickRestOfAFileSaysNothing) {
  FragmentSize size;
  size.Took(size.bytes() - 1, milliseconds(10));
  EXPECT_EQ(size.bytes(), kFirstFragment);
}

TEST(FragmentSizeTest, SlowFragmentsShrinkDownToTheLeast) {
  FragmentSize size;
  size.Took(size.bytes(), kFragmentTime);
  EXPECT_EQ(size.bytes(), kFirstFragment);
  size.Took(size.bytes(), kFragmentTime + milliseconds(1));
  EXPECT_EQ(size.bytes(), kFirstFragment / 2);
  for (int i = 0; i < 20; ++i) size.Took(size.bytes(), seconds(60));
  EXPECT_EQ(size.bytes(), kLeastFragment);
}

TEST(FragmentSizeTest, ARefusedSizeIsNotTriedAgain) {
  FragmentSize size;
  EXPECT_TRUE(size.Refused(kFirstFragment));
  EXPECT_EQ(size.bytes(), kFirstFragment / 2);
  for (int i = 0; i < 5; ++i) size.Took(size.bytes(), milliseconds(10));
  EXPECT_EQ(size.bytes(), kFirstFragment / 2);
}

TEST(FragmentSizeTest, TheLeastSizeCannotBeRefused) {
  FragmentSize size;
  EXPECT_TRUE(size.Refused(kLeastFragment + 1));
  EXPECT_EQ(size.bytes(), kLeastFragment);
  EXPECT_FALSE(size.Refused(kLeastFragment));
  EXPECT_FALSE(size.Refused(kLeastFragment - 1));
}

}  // namespace
}  // namespace engine::transfer
