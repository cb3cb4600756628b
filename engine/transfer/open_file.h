// The temporary file of a download while it is written; for those that go
// straight into their target, that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/job.h"
#include "engine/transfer/buffer_pool.h"
#include "engine/transfer/directory_walk.h"

namespace engine::transfer {

// Files from this size on are written around the page cache where the file
// system allows it.
inline constexpr std::uint64_t kDirectBytes = 8ull << 20;

// Not thread-safe: one disk thread uses it. After a failure every later call
// but Create returns the same error: what a failed write or sync left behind is
// not known.
class OpenFile {
 public:
  // With the target's own name the file is written in place, with the mode of a finished one.
  OpenFile(LocalTarget target, std::string temporary_name)
      : target_(std::move(target)), name_(std::move(temporary_name)) {}

  // Makes the file anew and empty (an older one of the name is removed), with
  // room for `total`. ERROR_DISK_FULL when the room is not there; in place also
  // E_ACCESSDENIED when what is there is no regular file.
  Status Create(std::optional<std::uint64_t> total);
  // Opens the file that holds at least `offset` bytes. ERROR_PATH_NOT_FOUND when
  // it is gone, shorter, or not a file that Create made.
  Status Resume(std::uint64_t offset, std::optional<std::uint64_t> total);
  Status Write(const Buffer& buffer);
  // Everything written is durable, and so is the file's name.
  Status Sync();
  // After the last Write; what is not open has no time.
  void SetModified(TimePoint modified);
  void Close();

 private:
  bool InPlace() const { return name_ == target_.name; }
  Status OpenAnew();
  Status OpenOld(std::uint64_t offset);
  Status Reserve(std::optional<std::uint64_t> total);
  void OpenDirect();
  Status WriteAt(std::span<const std::byte> bytes, std::uint64_t offset);
  bool WriteDirect(std::span<const std::byte> bytes, std::uint64_t offset);
  Status Keep(Status status);
  std::string Describe(const char* verb) const;

  LocalTarget target_;
  std::string name_;
  Fd directory_;
  Fd file_;
  Fd direct_;  // the same file with O_DIRECT
  bool name_is_durable_ = false;
  Status broken_;
};

}  // namespace engine::transfer
