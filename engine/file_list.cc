#include "engine/file_list.h"

#include <utility>

namespace engine {
namespace {

// A change copies one chunk of pointers and the pointers to all chunks: with
// 10,000 files about 160 of each.
constexpr std::size_t kChunkFiles = 64;

}  // namespace

FileList::FileList(std::initializer_list<File> files) {
  for (const File& file : files) Add(file);
}

const File& FileList::operator[](std::size_t index) const {
  return *(*chunks_[index / kChunkFiles])[index % kChunkFiles];
}

void FileList::Add(File file) {
  Count(file);
  auto added = std::make_shared<const File>(std::move(file));
  if (size_++ % kChunkFiles == 0) {
    chunks_.push_back(std::make_shared<const Chunk>(1, std::move(added)));
    return;
  }
  Chunk changed = *chunks_.back();
  changed.push_back(std::move(added));
  chunks_.back() = std::make_shared<const Chunk>(std::move(changed));
}

void FileList::Replace(std::size_t index, File file) {
  std::shared_ptr<const Chunk>& chunk = chunks_[index / kChunkFiles];
  Discount((*this)[index]);
  Count(file);
  Chunk changed = *chunk;
  changed[index % kChunkFiles] = std::make_shared<const File>(std::move(file));
  chunk = std::make_shared<const Chunk>(std::move(changed));
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
