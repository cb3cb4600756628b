#include "engine/transfer/buffer_pool.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace engine::transfer {
namespace {

// Idle buffers beyond this go back to the system.
constexpr std::size_t kIdleBuffers = 16;

std::size_t CapacityFor(std::uint64_t offset, std::optional<std::uint64_t> expected) {
  if (!expected || *expected >= kBufferBytes) return kBufferBytes;
  const std::uint64_t needed = offset % kAlignment + std::max<std::uint64_t>(*expected, 1);
  const std::uint64_t rounded = (needed + kAlignment - 1) / kAlignment * kAlignment;
  return static_cast<std::size_t>(std::min<std::uint64_t>(rounded, kBufferBytes));
}

}  // namespace

Buffer::Buffer(std::size_t capacity)
    : memory_(static_cast<std::byte*>(std::aligned_alloc(kAlignment, capacity))),
      capacity_(capacity) {
  if (!memory_) throw std::bad_alloc();
}

void Buffer::Begin(std::uint64_t offset) {
  offset_ = offset;
  start_ = static_cast<std::size_t>(offset % kAlignment);
  size_ = 0;
}

void Buffer::Append(std::span<const std::byte> data) {
  std::memcpy(memory_.get() + start_ + size_, data.data(), data.size());
  size_ += data.size();
}

std::optional<Buffer> BufferPool::Take(std::uint64_t offset,
                                       std::optional<std::uint64_t> expected) {
  const std::size_t capacity = CapacityFor(offset, expected);
  if (out_ > 0 && out_ + capacity > limit_) return std::nullopt;
  out_ += capacity;
  std::optional<Buffer> buffer;
  if (capacity == kBufferBytes && !idle_.empty()) {
    buffer = std::move(idle_.back());
    idle_.pop_back();
  } else {
    buffer.emplace(capacity);
  }
  buffer->Begin(offset);
  return buffer;
}

void BufferPool::GiveBack(Buffer buffer) {
  out_ -= buffer.capacity();
  if (buffer.capacity() == kBufferBytes && idle_.size() < kIdleBuffers) {
    idle_.push_back(std::move(buffer));
  }
}

}  // namespace engine::transfer
