#include "engine/transfer/disk.h"

#include <algorithm>
#include <atomic>
#include <string>

#include "engine/transfer/file_finish.h"
#include "engine/transfer/open_file.h"
#include "engine/transfer/source_file.h"
#include "engine/transfer/task_thread.h"

namespace engine::transfer {

class DiskFile {
 public:
  DiskFile(LocalTarget target, std::string name, TaskThread& home)
      : file(std::move(target), std::move(name)), thread(home) {}

  OpenFile file;
  TaskThread& thread;  // one thread for each file keeps its orders in order
};

class DiskSource {
 public:
  DiskSource(LocalTarget source, std::optional<SourceReader> reader, TaskThread& home)
      : file(std::move(source), std::move(reader)), thread(home) {}

  SourceFile file;
  TaskThread& thread;  // one thread for each file keeps its orders in order
};

class DiskThreads::Impl {
 public:
  explicit Impl(unsigned threads) : names("disk.names") {
    for (unsigned i = 0; i < std::max(threads, 1u); ++i) {
      data.push_back(std::make_unique<TaskThread>("disk." + std::to_string(i)));
    }
  }

  TaskThread& NextThread() { return *data[next++ % data.size()]; }

  TaskThread names;
  std::vector<std::unique_ptr<TaskThread>> data;
  std::atomic<unsigned> next = 0;
};

DiskThreads::DiskThreads(const TransferOptions&, unsigned threads)
    : impl_(std::make_unique<Impl>(threads)) {}

DiskThreads::~DiskThreads() = default;

void DiskThreads::CheckTarget(LocalTarget target, std::function<void(Status)> done) {
  impl_->names.Post(
      Task([target = std::move(target), done = std::move(done)] { done(CheckTargetNow(target)); }));
}

void DiskThreads::CheckSource(LocalTarget source, std::optional<SourceReader> reader,
                              std::function<void(Result<SourceVersion>)> done) {
  impl_->names.Post(Task([source = std::move(source), reader = std::move(reader),
                          done = std::move(done)] { done(SourceFile(source, reader).Open()); }));
}

void DiskThreads::Finish(std::vector<FileWork> files,
                         std::function<void(std::vector<Status>)> done) {
  impl_->names.Post(
      Task([files = std::move(files), done = std::move(done)] { done(FinishFiles(files)); }));
}

void DiskThreads::Run(std::function<void()> work) {
  impl_->names.Post(Task([work = std::move(work)] { work(); }));
}

std::shared_ptr<DiskFile> DiskThreads::NewFile(LocalTarget target, std::string temporary_name) {
  return std::make_shared<DiskFile>(std::move(target), std::move(temporary_name),
                                    impl_->NextThread());
}

void DiskThreads::Create(std::shared_ptr<DiskFile> file, std::optional<std::uint64_t> total,
                         Done done) {
  TaskThread& thread = file->thread;
  thread.Post(Task(
      [file = std::move(file), total, done = std::move(done)] { done(file->file.Create(total)); }));
}

void DiskThreads::Resume(std::shared_ptr<DiskFile> file, std::uint64_t offset,
                         std::optional<std::uint64_t> total, Done done) {
  TaskThread& thread = file->thread;
  thread.Post(Task([file = std::move(file), offset, total, done = std::move(done)] {
    done(file->file.Resume(offset, total));
  }));
}

void DiskThreads::Write(std::shared_ptr<DiskFile> file, Buffer buffer, WriteDone done) {
  TaskThread& thread = file->thread;
  thread.Post(
      Task([file = std::move(file), buffer = std::move(buffer), done = std::move(done)]() mutable {
        Status status = file->file.Write(buffer);
        done(std::move(status), std::move(buffer));
      }));
}

void DiskThreads::Sync(std::shared_ptr<DiskFile> file, Done done) {
  TaskThread& thread = file->thread;
  thread.Post(Task([file = std::move(file), done = std::move(done)] { done(file->file.Sync()); }));
}

void DiskThreads::SetModified(std::shared_ptr<DiskFile> file, TimePoint modified) {
  TaskThread& thread = file->thread;
  thread.Post(Task([file = std::move(file), modified] { file->file.SetModified(modified); }));
}

void DiskThreads::Close(std::shared_ptr<DiskFile> file) {
  TaskThread& thread = file->thread;
  thread.Post(Task([file = std::move(file)] { file->file.Close(); }));
}

std::shared_ptr<DiskSource> DiskThreads::NewSource(LocalTarget source,
                                                   std::optional<SourceReader> reader) {
  return std::make_shared<DiskSource>(std::move(source), std::move(reader), impl_->NextThread());
}

void DiskThreads::Open(std::shared_ptr<DiskSource> source, OpenDone done) {
  TaskThread& thread = source->thread;
  thread.Post(
      Task([source = std::move(source), done = std::move(done)] { done(source->file.Open()); }));
}

void DiskThreads::Read(std::shared_ptr<DiskSource> source, Buffer buffer, std::size_t length,
                       WriteDone done) {
  TaskThread& thread = source->thread;
  thread.Post(Task([source = std::move(source), buffer = std::move(buffer), length,
                    done = std::move(done)]() mutable {
    const std::uint64_t offset = buffer.offset() + buffer.bytes().size();
    Status status = source->file.Read(offset, length, buffer);
    done(std::move(status), std::move(buffer));
  }));
}

void DiskThreads::Close(std::shared_ptr<DiskSource> source) {
  TaskThread& thread = source->thread;
  thread.Post(Task([source = std::move(source)] { source->file.Close(); }));
}

}  // namespace engine::transfer
