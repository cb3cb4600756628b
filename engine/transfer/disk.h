// The disk threads: every open, write, sync, rename and unlink of job files
// happens here, always through directory handles resolved with
// openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/options.h"
#include "engine/transfer/buffer_pool.h"
#include "engine/transfer/transfer.h"

namespace engine::transfer {

// A temporary file being written. Shared by the net thread, which names it in
// its orders, and the disk thread, which alone touches what is inside.
class DiskFile;

// The local file of an upload, shared in the same way.
class DiskSource;

class DiskThreads : public FileOperations {
 public:
  using Done = std::function<void(Status)>;
  using WriteDone = std::function<void(Status, Buffer)>;
  using OpenDone = std::function<void(Result<SourceVersion>)>;

  // `threads` for data and one more for CheckTarget, Finish and Run, so that clients
  // do not wait behind a checkpoint. Thread names: disk.0, disk.1, …, disk.names.
  explicit DiskThreads(const TransferOptions& options, unsigned threads = 2);
  ~DiskThreads() override;  // finishes what was posted, joins

  void CheckTarget(LocalTarget target, std::function<void(Status)> done) override;
  void CheckSource(LocalTarget source, std::optional<SourceReader> reader,
                   std::function<void(Result<SourceVersion>)> done) override;
  void Finish(std::vector<FileWork> files, std::function<void(std::vector<Status>)> done) override;
  void Run(std::function<void()> work) override;

  // A handle; nothing happens on disk before Create or Resume.
  std::shared_ptr<DiskFile> NewFile(LocalTarget target, std::string temporary_name);

  // Orders for one file run in the order posted; see open_file.h for what each
  // does. `done` runs on a disk thread and must not block. After a failed order
  // the later ones fail with the same error until the next Create.
  void Create(std::shared_ptr<DiskFile> file, std::optional<std::uint64_t> total, Done done);
  void Resume(std::shared_ptr<DiskFile> file, std::uint64_t offset,
              std::optional<std::uint64_t> total, Done done);
  void Write(std::shared_ptr<DiskFile> file, Buffer buffer, WriteDone done);
  void Sync(std::shared_ptr<DiskFile> file, Done done);
  // The file's modification time; one that the file system cannot hold costs nothing.
  void SetModified(std::shared_ptr<DiskFile> file, TimePoint modified);
  void Close(std::shared_ptr<DiskFile> file);

  // A handle; nothing happens on disk before Open.
  std::shared_ptr<DiskSource> NewSource(LocalTarget source, std::optional<SourceReader> reader);
  // Run in the order posted; see source_file.h for what each does.
  void Open(std::shared_ptr<DiskSource> source, OpenDone done);
  // The bytes that belong behind those in `buffer`, `length` of them.
  void Read(std::shared_ptr<DiskSource> source, Buffer buffer, std::size_t length, WriteDone done);
  void Close(std::shared_ptr<DiskSource> source);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine::transfer
