#include "engine/transfer/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace engine::transfer {
namespace {

std::size_t CapacityFor(std::uint64_t offset, std::optional<std::uint64_t> expected) {
  if (!expected || *expected >= kBufferBytes) return kBufferBytes;
  const std::uint64_t needed = offset % kAlignment + std::max<std::uint64_t>(*expected, 1);
  const std::uint64_t rounded = (needed + kAlignment - 1) / kAlignment * kAlignment;
  return static_cast<std::size_t>(std::min<std::uint64_t>(rounded, kBufferBytes));
}

}  // namespace

Buffer::Buffer(std::size_t capacity) : capacity_(capacity) {
  const bool large = capacity == kBufferBytes;
  const std::size_t alignment = large ? kBufferBytes : kAlignment;
  memory_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, capacity)));
  if (!memory_) throw std::bad_alloc();
  // Advice: without it the buffer is only slower.
  if (large) ::madvise(memory_.get(), capacity, MADV_HUGEPAGE);
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

std::span<std::byte> Buffer::Extend(std::size_t size) {
  const std::size_t added = std::min(size, Room());
  const std::span<std::byte> room(memory_.get() + start_ + size_, added);
  size_ += added;
  return room;
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
  const std::uint64_t kept = out_ + idle_.size() * kBufferBytes;
  if (buffer.capacity() == kBufferBytes && kept + kBufferBytes <= limit_) {
    idle_.push_back(std::move(buffer));
  }
}

}  // namespace engine::transfer
