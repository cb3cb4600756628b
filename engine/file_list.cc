#include "engine/file_list.h"

#include <utility>

namespace engine {
namespace {

// A change copies one chunk of pointers and the pointers to all chunks: with
// 10,000 files 64 and 156.
constexpr std::size_t kChunkFiles = 64;

using FilePointer = std::shared_ptr<const File>;
using Chunk = std::vector<FilePointer>;

struct Sums {
  std::uint32_t files = 0;
  std::uint32_t transferred = 0;
  std::uint32_t of_unknown_size = 0;
  std::uint64_t bytes_total = 0;  // of the files whose size is known
  std::uint64_t bytes_transferred = 0;

  void Count(const File& file) {
    ++files;
    bytes_total += file.bytes_total.value_or(0);
    bytes_transferred += file.bytes_transferred;
    if (!file.bytes_total) ++of_unknown_size;
    if (file.transferred) ++transferred;
  }

  void Discount(const File& file) {
    --files;
    bytes_total -= file.bytes_total.value_or(0);
    bytes_transferred -= file.bytes_transferred;
    if (!file.bytes_total) --of_unknown_size;
    if (file.transferred) --transferred;
  }
};

}  // namespace

// Its indexes are those of the list without the first file.
struct FileList::Others {
  std::vector<std::shared_ptr<const Chunk>> full;  // of kChunkFiles each
  Chunk tail;                                      // the files behind those, fewer than that
  Sums sums;

  const File& At(std::size_t index) const;
  void Add(FilePointer file);
  void Replace(std::size_t index, FilePointer file);
};

const File& FileList::Others::At(std::size_t index) const {
  const std::size_t number = index / kChunkFiles;
  return *(number < full.size() ? *full[number] : tail)[index % kChunkFiles];
}

void FileList::Others::Add(FilePointer file) {
  sums.Count(*file);
  tail.push_back(std::move(file));
  if (tail.size() < kChunkFiles) return;
  full.push_back(std::make_shared<const Chunk>(std::exchange(tail, {})));
}

void FileList::Others::Replace(std::size_t index, FilePointer file) {
  sums.Discount(At(index));
  sums.Count(*file);
  const std::size_t number = index / kChunkFiles;
  if (number >= full.size()) {
    tail[index % kChunkFiles] = std::move(file);
    return;
  }
  Chunk chunk = *full[number];
  chunk[index % kChunkFiles] = std::move(file);
  full[number] = std::make_shared<const Chunk>(std::move(chunk));
}

FileList::FileList(std::initializer_list<File> files) {
  for (const File& file : files) Add(file);
}

std::size_t FileList::size() const {
  if (!first_) return 0;
  return others_ ? others_->sums.files + 1 : 1;
}

const File& FileList::operator[](std::size_t index) const {
  return index == 0 ? *first_ : others_->At(index - 1);
}

void FileList::Add(File file) {
  auto added = std::make_shared<const File>(std::move(file));
  if (!first_) {
    first_ = std::move(added);
    return;
  }
  Others others = others_ ? *others_ : Others();
  others.Add(std::move(added));
  others_ = std::make_shared<const Others>(std::move(others));
}

void FileList::Replace(std::size_t index, File file) {
  auto replacement = std::make_shared<const File>(std::move(file));
  if (index == 0) {
    first_ = std::move(replacement);
    return;
  }
  Others others = *others_;
  others.Replace(index - 1, std::move(replacement));
  others_ = std::make_shared<const Others>(std::move(others));
}

Progress FileList::progress() const {
  Sums sums = others_ ? others_->sums : Sums();
  if (first_) sums.Count(*first_);
  Progress progress;
  if (sums.of_unknown_size == 0) progress.bytes_total = sums.bytes_total;
  progress.bytes_transferred = sums.bytes_transferred;
  progress.files_total = sums.files;
  progress.files_transferred = sums.transferred;
  return progress;
}

}  // namespace engine
