// Runs a fuzz target over its seeds, every beginning of them, and every one of
// their bytes replaced by values that parsers stumble over. Nothing here
// expects a result: the sanitizers do.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/fuzz_one.h"

namespace {

// Beyond it a seed is data that is all the same to the parser.
constexpr std::size_t kBytesToVary = 600;

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(BITSD_FUZZ_SEEDS)) {
    std::ifstream in(entry.path(), std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

void RunOn(const std::string& input) {
  // A copy of exactly this size, so that reading behind it is noticed.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  FuzzOne(bytes);
}

TEST(SeedsTest, ThereAreSeeds) { EXPECT_GE(Seeds().size(), 3U); }

TEST(SeedsTest, EverySeedAndEachOfItsBeginningsIsRead) {
  for (const std::string& seed : Seeds()) {
    for (std::size_t size = 0; size <= seed.size(); ++size) RunOn(seed.substr(0, size));
  }
}

TEST(SeedsTest, EverySeedIsReadWithAnyByteReplaced) {
  for (const std::string& seed : Seeds()) {
    for (std::size_t at = 0; at < std::min(seed.size(), kBytesToVary); ++at) {
      for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
        std::string altered = seed;
        altered[at] = static_cast<char>(value);
        RunOn(altered);
      }
    }
  }
}

}  // namespace
