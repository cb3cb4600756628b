#include "engine/transfer/buffer_pool.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

namespace engine::transfer {
namespace {

using ::testing::Eq;

TEST(BufferTest, BytesLieAlignedWithTheirPlaceInTheFile) {
  Buffer buffer(2 * kAlignment);
  buffer.Begin(10 * kAlignment + 7);
  EXPECT_EQ(buffer.Room(), 2 * kAlignment - 7);
  const std::byte data[] = {std::byte{1}, std::byte{2}};
  buffer.Append(data);
  EXPECT_EQ(buffer.offset(), 10 * kAlignment + 7);
  EXPECT_EQ(buffer.bytes().size(), 2u);
  EXPECT_EQ(buffer.bytes()[1], std::byte{2});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.bytes().data()) % kAlignment, 7u);
}

TEST(BufferTest, WhateverIsAppendedLiesThereByteForByte) {
  std::vector<std::byte> data(300);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 7);
  for (const std::size_t capacity : {kAlignment, kBufferBytes}) {
    Buffer buffer(capacity);
    for (const std::size_t offset : {0u, 1u, 63u, 64u, 65u}) {
      for (std::size_t size = 0; size <= data.size(); ++size) {
        buffer.Begin(offset);
        const auto piece = std::span(data).first(size);
        buffer.Append(piece);
        buffer.Append(piece);
        std::vector<std::byte> expected(piece.begin(), piece.end());
        expected.insert(expected.end(), piece.begin(), piece.end());
        ASSERT_TRUE(std::ranges::equal(buffer.bytes(), expected)) << offset << " " << size;
      }
    }
  }
}

TEST(BufferPoolTest, TheLimitHoldsToTheByte) {
  for (const int surplus : {-1, 0, 1}) {
    BufferPool pool(2 * kBufferBytes + static_cast<std::uint64_t>(surplus));
    auto first = pool.Take(0, std::nullopt);
    auto second = pool.Take(0, std::nullopt);
    EXPECT_TRUE(first);
    EXPECT_EQ(second.has_value(), surplus >= 0);
    EXPECT_FALSE(pool.Take(0, std::nullopt));
    pool.GiveBack(std::move(*first));
    EXPECT_TRUE(pool.Take(0, std::nullopt));
  }
}

TEST(BufferPoolTest, OneBufferIsAlwaysGranted) {
  BufferPool pool(0);
  auto buffer = pool.Take(0, std::nullopt);
  EXPECT_TRUE(buffer);
  EXPECT_FALSE(pool.Take(0, 1));
}

TEST(BufferPoolTest, SmallFilesTakeSmallBuffers) {
  BufferPool pool(64 * kBufferBytes);
  EXPECT_EQ(pool.Take(0, 0)->capacity(), kAlignment);
  EXPECT_EQ(pool.Take(0, kAlignment)->capacity(), kAlignment);
  EXPECT_EQ(pool.Take(1, kAlignment)->capacity(), 2 * kAlignment);
  EXPECT_EQ(pool.Take(0, kBufferBytes - 1)->capacity(), kBufferBytes);
  EXPECT_EQ(pool.Take(1, kBufferBytes - 1)->capacity(), kBufferBytes);
  EXPECT_EQ(pool.Take(0, 5 * kBufferBytes)->capacity(), kBufferBytes);
}

TEST(BufferPoolTest, LargeBuffersAreKeptUpToTheLimitUntilTheyAreDropped) {
  BufferPool pool(4 * kBufferBytes);
  std::vector<Buffer> taken;
  for (int i = 0; i < 4; ++i) taken.push_back(std::move(*pool.Take(0, std::nullopt)));
  for (Buffer& buffer : taken) pool.GiveBack(std::move(buffer));
  EXPECT_EQ(pool.idle(), 4u);
  auto small = pool.Take(0, 1);
  auto large = pool.Take(0, std::nullopt);
  EXPECT_EQ(pool.idle(), 3u);
  pool.GiveBack(std::move(*small));
  EXPECT_EQ(pool.idle(), 3u);
  pool.DropIdle();
  EXPECT_EQ(pool.idle(), 0u);
  EXPECT_EQ(pool.bytes_out(), kBufferBytes);
}

TEST(BufferPoolTest, WhatComesBackIsNotCounted) {
  BufferPool pool(4 * kBufferBytes);
  auto a = pool.Take(0, 100);
  auto b = pool.Take(0, std::nullopt);
  EXPECT_EQ(pool.bytes_out(), kAlignment + kBufferBytes);
  pool.GiveBack(std::move(*a));
  pool.GiveBack(std::move(*b));
  EXPECT_EQ(pool.bytes_out(), 0u);
}

TEST(BufferTest, ExtendGivesNoMoreThanThereIsRoomFor) {
  Buffer buffer(2 * kAlignment);
  buffer.Begin(10);
  const std::size_t room = buffer.Room();
  EXPECT_EQ(buffer.Extend(room - 1).size(), room - 1);
  EXPECT_EQ(buffer.Extend(2).size(), 1u);
  EXPECT_EQ(buffer.Extend(1).size(), 0u);
  EXPECT_EQ(buffer.bytes().size(), room);
}

}  // namespace
}  // namespace engine::transfer
