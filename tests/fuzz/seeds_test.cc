// Runs a fuzz target over its seeds, every beginning of them, their bytes
// replaced by values that parsers stumble over, and random mixtures of
// them. Nothing here expects a result: the targets and the sanitizers do.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "fuzz/fuzz_one.h"

namespace {

// Beyond it a seed is data that is all the same to the parser.
constexpr std::size_t kBytesToVary = 600;
constexpr std::size_t kPlacesToVary = 12'000;
constexpr int kMixtures = 20'000;

// Of several folders, with colons between them; in the same order everywhere.
std::vector<std::string> Seeds() {
  std::vector<std::filesystem::path> files;
  std::istringstream folders(BITSD_FUZZ_SEEDS);
  for (std::string folder; std::getline(folders, folder, ':');) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

std::string Piece(const std::string& text, std::mt19937& random) {
  const std::size_t from = random() % (text.size() + 1);
  return text.substr(from, random() % (text.size() - from + 1));
}

// One seed with a few of the changes that fuzzers make.
std::string Mixed(const std::vector<std::string>& seeds, std::mt19937& random) {
  std::string text = seeds[random() % seeds.size()];
  for (std::uint32_t changes = 1 + random() % 4; changes > 0; --changes) {
    const std::size_t at = random() % (text.size() + 1);
    switch (random() % 5) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 1:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1U << random() % 8);
        break;
      case 2:
        text.erase(at, random() % 16);
        break;
      case 3:
        text.insert(at, Piece(text, random));
        break;
      case 4:
        text.insert(at, Piece(seeds[random() % seeds.size()], random));
        break;
    }
  }
  return text;
}

void RunOn(const std::string& input) {
  // A copy of exactly this size, so that reading behind it is noticed.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  FuzzOne(bytes);
}

TEST(SeedsTest, ThereAreSeeds) { EXPECT_GE(Seeds().size(), 3U); }

TEST(SeedsTest, EverySeedAndEachOfItsBeginningsIsRead) {
  for (const std::string& seed : Seeds()) {
    for (std::size_t size = 0; size <= std::min(seed.size(), kBytesToVary); ++size) {
      RunOn(seed.substr(0, size));
    }
    RunOn(seed);
  }
}

TEST(SeedsTest, EverySeedIsReadWithBytesReplaced) {
  const std::vector<std::string> seeds = Seeds();
  // Every byte of small sets of seeds, some of large ones.
  const std::size_t step = 1 + seeds.size() * kBytesToVary / kPlacesToVary;
  for (const std::string& seed : seeds) {
    for (std::size_t at = 0; at < std::min(seed.size(), kBytesToVary); at += step) {
      for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
        std::string altered = seed;
        altered[at] = static_cast<char>(value);
        RunOn(altered);
      }
    }
  }
}

TEST(SeedsTest, RandomMixturesOfSeedsAreRead) {
  const std::vector<std::string> seeds = Seeds();
  std::mt19937 random(20'240'811);
  for (int i = 0; i < kMixtures; ++i) RunOn(Mixed(seeds, random));
}

}  // namespace
