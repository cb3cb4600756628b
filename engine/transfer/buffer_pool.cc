#include "engine/transfer/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace engine::transfer {
namespace {

std::size_t CapacityFor(std::uint64_t offset, std::optional<std::uint64_t> expected) {
  if (!expected || *expected >= kBufferBytes) return kBufferBytes;
  const std::uint64_t needed = offset % kAlignment + std::max<std::uint64_t>(*expected, 1);
  const std::uint64_t rounded = (needed + kAlignment - 1) / kAlignment * kAlignment;
  return static_cast<std::size_t>(std::min<std::uint64_t>(rounded, kBufferBytes));
}

// What is copied goes to the device and is not looked at here again: with ordinary
// stores the processor would fetch each line of the target from memory first, and
// would drop others from its cache for it.
void CopyAroundCache(std::byte* to, std::span<const std::byte> from) {
#ifdef __SSE2__
  constexpr std::size_t kLine = 64;
  const std::size_t before = std::min(from.size(), -reinterpret_cast<std::uintptr_t>(to) % kLine);
  std::memcpy(to, from.data(), before);
  to += before;
  from = from.subspan(before);
  for (; from.size() >= kLine; from = from.subspan(kLine), to += kLine) {
    for (std::size_t i = 0; i < kLine; i += sizeof(__m128i)) {
      const __m128i piece = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from.data() + i));
      _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), piece);
    }
  }
  _mm_sfence();
#endif
  std::memcpy(to, from.data(), from.size());
}

}  // namespace

void Buffer::Free::operator()(std::byte* memory) const {
  if (mapped) {
    ::munmap(memory, kBufferBytes);
  } else {
    std::free(memory);
  }
}

std::unique_ptr<std::byte, Buffer::Free> Buffer::Allocate(std::size_t capacity) {
  if (capacity == kBufferBytes) return MapHugePage();
  auto* const memory = static_cast<std::byte*>(std::aligned_alloc(kAlignment, capacity));
  if (memory == nullptr) throw std::bad_alloc();
  return {memory, Free{}};
}

// Not from the heap: it would put other things on what a huge page leaves behind, and
// the first of them would take the whole page again.
std::unique_ptr<std::byte, Buffer::Free> Buffer::MapHugePage() {
  void* const memory =
      ::mmap(nullptr, 2 * kBufferBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(memory);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(begin) % kBufferBytes;
  if (before > 0) ::munmap(begin, before);
  std::byte* const page = begin + before;
  ::munmap(page + kBufferBytes, kBufferBytes - before);
  // Advice: without it the buffer is only slower.
  ::madvise(page, kBufferBytes, MADV_HUGEPAGE);
  return {page, Free{.mapped = true}};
}

Buffer::Buffer(std::size_t capacity) : memory_(Allocate(capacity)), capacity_(capacity) {}

void Buffer::Begin(std::uint64_t offset) {
  offset_ = offset;
  start_ = static_cast<std::size_t>(offset % kAlignment);
  size_ = 0;
}

void Buffer::Append(std::span<const std::byte> data) {
  std::byte* const end = memory_.get() + start_ + size_;
  if (capacity_ == kBufferBytes) {
    CopyAroundCache(end, data);
  } else {
    std::memcpy(end, data.data(), data.size());
  }
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
