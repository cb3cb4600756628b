// The disk threads: every open, write, sync, rename and unlink of job files
// happens here, always through directory handles resolved with
// openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/options.h"
#include "engine/transfer/transfer.h"

namespace engine::transfer {

// A temporary file being written. Handed around as shared_ptr between the net
// thread and the disk threads; the disk threads alone touch its descriptor.
class OpenFile;

class DiskThreads : public FileOperations {
 public:
  explicit DiskThreads(const TransferOptions& options, unsigned threads = 2);
  ~DiskThreads() override;  // finishes what was posted, joins

  void CheckTarget(LocalTarget target, std::function<void(Status)> done) override;
  void Finish(std::vector<FileWork> files, std::function<void(std::vector<Status>)> done) override;

  // Creates the temporary file or opens the one that holds `resume_offset`
  // bytes (kNotFound-like ERROR_PATH_NOT_FOUND when it is gone or shorter: the
  // file must start at 0). Made with O_EXCL|O_NOFOLLOW, mode 0600.
  void Open(const LocalTarget& target, const std::string& temporary_name,
            std::uint64_t resume_offset,
            std::function<void(Result<std::shared_ptr<OpenFile>>)> done);

  // Jobs of one file run in the order posted.
  void Reserve(std::shared_ptr<OpenFile> file, std::uint64_t total,
               std::function<void(Status)> done);
  void Write(std::shared_ptr<OpenFile> file, std::uint64_t offset, std::vector<std::byte> data,
             std::function<void(Status, std::vector<std::byte> buffer)> done);
  void Sync(std::shared_ptr<OpenFile> file, std::function<void(Status)> done);
  // Cuts the file to `length` (0 for a new start).
  void Truncate(std::shared_ptr<OpenFile> file, std::uint64_t length,
                std::function<void(Status)> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine::transfer
