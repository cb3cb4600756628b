// The files of a job. A copy shares what it has in common with the original, so
// that a snapshot of a job with thousands of files costs little.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace engine {

// What a server said about a version of a file. Equal validators prove the same
// version only when strong (transfer/http_rules.h).
struct Validators {
  std::string etag;           // as sent, quotes and W/ included; empty for none
  std::string last_modified;  // as sent; empty for none
  friend bool operator==(const Validators&, const Validators&) = default;
};

// A part of a file on the server.
struct FileRange {
  static constexpr std::uint64_t kToEnd = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t offset = 0;
  std::uint64_t length = kToEnd;
  friend bool operator==(const FileRange&, const FileRange&) = default;
};

struct File {
  std::string remote_url;                    // as the client sent it
  std::string local_name;                    // as the client sent it ("C:\\…")
  std::string temporary_name;                // "BIT1a2b3c4d.tmp" beside the target
  std::optional<std::uint64_t> bytes_total;  // empty until the server has told us
  std::uint64_t bytes_transferred = 0;       // on disk and synced, never more
  bool transferred = false;                  // all bytes are in the temporary file
  bool valid = false;                        // its owner has looked at it and said so
  Validators validators{};                   // of the version that bytes_transferred belongs to
  // What is fetched, one behind the other in this order; the sizes above count
  // only that. Null: the whole file.
  std::shared_ptr<const std::vector<FileRange>> ranges{};
};

// Sums over the files of a job (BG_JOB_PROGRESS). bytes_total is empty while any
// file's size is unknown.
struct Progress {
  std::optional<std::uint64_t> bytes_total;
  std::uint64_t bytes_transferred = 0;
  std::uint32_t files_total = 0;
  std::uint32_t files_transferred = 0;
};

// A vector of files that is changed one file at a time. Copies may be read by
// other threads while this one changes: what they share never does.
class FileList {
 public:
  class Iterator;

  FileList() = default;
  FileList(std::initializer_list<File> files);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The file at `index`, which must be below size(). Valid until that file is
  // replaced in this list and in all copies.
  const File& operator[](std::size_t index) const;
  Iterator begin() const;
  Iterator end() const;

  // Both cost the same however long the list is.
  void Add(File file);
  void Replace(std::size_t index, File file);

  // Kept as the files change; costs nothing to ask.
  Progress progress() const;

 private:
  using Chunk = std::vector<std::shared_ptr<const File>>;
  using Chunks = std::vector<std::shared_ptr<const Chunk>>;

  void Count(const File& file);
  void Discount(const File& file);

  const std::shared_ptr<const File>& Pointer(std::size_t index) const;

  std::shared_ptr<const Chunks> full_;  // of kChunkFiles each; empty while there is none
  Chunk tail_;                          // the files behind those, fewer than that
  std::uint32_t size_ = 0;
  std::uint32_t transferred_ = 0;
  std::uint32_t of_unknown_size_ = 0;
  std::uint64_t bytes_total_ = 0;  // of the files whose size is known
  std::uint64_t bytes_transferred_ = 0;
};

class FileList::Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = File;
  using difference_type = std::ptrdiff_t;
  using pointer = const File*;
  using reference = const File&;

  Iterator() = default;
  Iterator(const FileList* files, std::size_t index) : files_(files), index_(index) {}

  reference operator*() const { return (*files_)[index_]; }
  pointer operator->() const { return &(*files_)[index_]; }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  Iterator operator++(int) {
    const Iterator before = *this;
    ++index_;
    return before;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  const FileList* files_ = nullptr;
  std::size_t index_ = 0;
};

inline FileList::Iterator FileList::begin() const { return {this, 0}; }
inline FileList::Iterator FileList::end() const { return {this, size_}; }

}  // namespace engine
