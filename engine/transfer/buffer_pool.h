// Memory between the network and the disk, bounded for the whole process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace engine::transfer {

// What O_DIRECT wants offsets, lengths and addresses to be multiples of.
inline constexpr std::size_t kAlignment = 4'096;
// Also the size of a huge page, so that a write around the page cache has one
// page to pin instead of hundreds.
inline constexpr std::size_t kBufferBytes = 2 << 20;

// Bytes that go to one place in a file. The first byte lies at an address that
// is congruent to its file offset modulo kAlignment, so that the aligned middle
// can be written without a copy.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity);  // a multiple of kAlignment

  // Empties the buffer and sets the file offset of its first byte.
  void Begin(std::uint64_t offset);
  // At most Room() bytes.
  void Append(std::span<const std::byte> data);
  // Room for `size` more bytes, at most Room(), which count as there: the caller
  // writes them.
  std::span<std::byte> Extend(std::size_t size);

  std::uint64_t offset() const { return offset_; }
  std::size_t capacity() const { return capacity_; }
  std::size_t Room() const { return capacity_ - start_ - size_; }
  std::span<const std::byte> bytes() const { return {memory_.get() + start_, size_}; }

 private:
  struct Free {
    bool mapped = false;
    void operator()(std::byte* memory) const;
  };
  static std::unique_ptr<std::byte, Free> Allocate(std::size_t capacity);
  static std::unique_ptr<std::byte, Free> MapHugePage();

  std::unique_ptr<std::byte, Free> memory_;
  std::size_t capacity_ = 0;
  std::size_t start_ = 0;
  std::size_t size_ = 0;
  std::uint64_t offset_ = 0;
};

// Not thread-safe: the net thread takes buffers and gives them back.
class BufferPool {
 public:
  explicit BufferPool(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

  // A buffer for `expected` bytes from `offset` on, kBufferBytes when that is
  // more or not known. Empty when the limit is reached; one buffer is always
  // granted, whatever the limit.
  std::optional<Buffer> Take(std::uint64_t offset, std::optional<std::uint64_t> expected);
  // Keeps it for the next Take: memory fresh from the system costs more than
  // the bytes that go into it.
  void GiveBack(Buffer buffer);
  // Gives what nobody uses back to the system.
  void DropIdle() { idle_.clear(); }

  std::uint64_t bytes_out() const { return out_; }
  std::size_t idle() const { return idle_.size(); }

 private:
  std::uint64_t limit_;
  std::uint64_t out_ = 0;
  std::vector<Buffer> idle_;  // of kBufferBytes
};

}  // namespace engine::transfer
