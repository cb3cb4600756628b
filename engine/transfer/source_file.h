// The local file of an upload while it is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/fd.h"
#include "engine/transfer/buffer_pool.h"
#include "engine/transfer/directory_walk.h"
#include "engine/upload.h"

namespace engine::transfer {

// Not thread-safe: one disk thread uses it.
class SourceFile {
 public:
  SourceFile(LocalTarget source, std::optional<SourceReader> reader)
      : source_(std::move(source)), reader_(std::move(reader)) {}

  // Opens what the name leads to (anew, when it is open) and tells which version
  // that is. The rule of FileOperations::CheckSource.
  Result<SourceVersion> Open();
  // `length` bytes of the opened version from `offset` on, at most
  // kBufferBytes. BG_E_LOCAL_FILE_CHANGED when the file has another version once
  // they are read: they may be a mix of two.
  Status Read(std::uint64_t offset, std::size_t length, Buffer& buffer);
  void Close() { file_.Reset(-1); }

 private:
  Status OpenRegular(const Fd& directory);
  Status CheckReader(const Fd& directory) const;
  Result<SourceVersion> Look() const;

  LocalTarget source_;
  std::optional<SourceReader> reader_;
  Fd file_;
  SourceVersion version_;
};

}  // namespace engine::transfer
