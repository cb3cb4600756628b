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
#include <vector>

#include "engine/shared_text.h"

namespace engine {

// What a server said about a version of a file. Equal validators prove the same
// version only when strong (transfer/http_rules.h).
struct Validators {
  SharedText etag;           // as sent, quotes and W/ included; empty for none
  SharedText last_modified;  // as sent; empty for none
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
  SharedText remote_url;                     // as the client sent it
  SharedText local_name;                     // as the client sent it ("C:\\…")
  SharedText temporary_name;                 // "BIT1a2b3c4d.tmp" beside the target
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

  std::size_t size() const;
  bool empty() const { return first_ == nullptr; }
  // The file at `index`, which must be below size(). Valid until that file is
  // replaced in this list and in all copies.
  const File& operator[](std::size_t index) const;
  Iterator begin() const;
  Iterator end() const;

  // Both cost the same however long the list is.
  void Add(File file);
  void Replace(std::size_t index, File file);

  // Kept as the files change; costs the same however long the list is.
  Progress progress() const;

 private:
  struct Others;

  // Most jobs have one file: a list of one is as small as that.
  std::shared_ptr<const File> first_;
  std::shared_ptr<const Others> others_;  // the files behind it; null while there are none
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
inline FileList::Iterator FileList::end() const { return {this, size()}; }

}  // namespace engine
