#include "engine/file_list.h"

#include <utility>

namespace engine {
namespace {

// A change copies one chunk of pointers and the pointers to all chunks: with
// 10,000 files 64 and 156.
constexpr std::size_t kChunkFiles = 64;

}  // namespace

FileList::FileList(std::initializer_list<File> files) {
  for (const File& file : files) Add(file);
}

const File& FileList::operator[](std::size_t index) const { return *Pointer(index); }

const std::shared_ptr<const File>& FileList::Pointer(std::size_t index) const {
  const std::size_t chunk = index / kChunkFiles;
  const bool is_full = full_ && chunk < full_->size();
  return (is_full ? *(*full_)[chunk] : tail_)[index % kChunkFiles];
}

void FileList::Add(File file) {
  Count(file);
  ++size_;
  tail_.push_back(std::make_shared<const File>(std::move(file)));
  if (tail_.size() < kChunkFiles) return;
  Chunks chunks = full_ ? *full_ : Chunks();
  chunks.push_back(std::make_shared<const Chunk>(std::exchange(tail_, {})));
  full_ = std::make_shared<const Chunks>(std::move(chunks));
}

void FileList::Replace(std::size_t index, File file) {
  Discount((*this)[index]);
  Count(file);
  auto replacement = std::make_shared<const File>(std::move(file));
  const std::size_t number = index / kChunkFiles;
  if (!full_ || number >= full_->size()) {
    tail_[index % kChunkFiles] = std::move(replacement);
    return;
  }
  Chunks chunks = *full_;
  Chunk chunk = *chunks[number];
  chunk[index % kChunkFiles] = std::move(replacement);
  chunks[number] = std::make_shared<const Chunk>(std::move(chunk));
  full_ = std::make_shared<const Chunks>(std::move(chunks));
}

Progress FileList::progress() const {
  Progress sum;
  if (of_unknown_size_ == 0) sum.bytes_total = bytes_total_;
  sum.bytes_transferred = bytes_transferred_;
  sum.files_total = size_;
  sum.files_transferred = transferred_;
  return sum;
}

void FileList::Count(const File& file) {
  bytes_total_ += file.bytes_total.value_or(0);
  bytes_transferred_ += file.bytes_transferred;
  if (!file.bytes_total) ++of_unknown_size_;
  if (file.transferred) ++transferred_;
}

void FileList::Discount(const File& file) {
  bytes_total_ -= file.bytes_total.value_or(0);
  bytes_transferred_ -= file.bytes_transferred;
  if (!file.bytes_total) --of_unknown_size_;
  if (file.transferred) --transferred_;
}

}  // namespace engine
