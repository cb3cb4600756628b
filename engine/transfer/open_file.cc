#include "engine/transfer/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace engine::transfer {
namespace {

constexpr int kCommonFlags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
constexpr mode_t kTemporaryMode = 0600;

// Zero, or the errno of the write that failed.
int WriteAll(int fd, std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return 0;
}

bool IsOurs(const struct stat& found) {
  return S_ISREG(found.st_mode) && found.st_nlink == 1 && found.st_uid == ::geteuid();
}

}  // namespace

Status OpenFile::Create(std::optional<std::uint64_t> total) {
  Close();
  broken_ = Status();
  Status status = OpenAnew();
  if (status) status = Reserve(total);
  return Keep(std::move(status));
}

Status OpenFile::OpenAnew() {
  auto directory = OpenDirectory(target_);
  if (!directory) return tl::unexpected(directory.error());
  directory_ = std::move(*directory);
  if (InPlace()) {
    if (Status replaceable = CheckReplaceable(directory_, name_); !replaceable) return replaceable;
  }
  if (::unlinkat(directory_.get(), name_.c_str(), 0) != 0 && errno != ENOENT) {
    return LocalFailure(errno, Describe("remove the old"));
  }
  file_.Reset(
      ::openat(directory_.get(), name_.c_str(), kCommonFlags | O_CREAT | O_EXCL, kTemporaryMode));
  if (!file_) return LocalFailure(errno, Describe("create the"));
  if (InPlace() && ::fchmod(file_.get(), FileMode(target_)) != 0)
    return LocalFailure(errno, Describe("set the mode of the"));
  name_is_durable_ = false;
  return {};
}

Status OpenFile::Resume(std::uint64_t offset, std::optional<std::uint64_t> total) {
  Close();
  broken_ = Status();
  Status status = OpenOld(offset);
  if (status) status = Reserve(total);
  return Keep(std::move(status));
}

Status OpenFile::OpenOld(std::uint64_t offset) {
  auto directory = OpenDirectory(target_);
  if (!directory) return tl::unexpected(directory.error());
  directory_ = std::move(*directory);
  file_.Reset(::openat(directory_.get(), name_.c_str(), kCommonFlags));
  if (!file_) {
    // Something else of that name cannot be continued; Create decides the rest.
    const bool other = errno == ELOOP || errno == ENXIO || errno == EISDIR;
    return LocalFailure(other ? ENOENT : errno, Describe("open the"));
  }
  struct stat found {};
  if (::fstat(file_.get(), &found) != 0) return LocalFailure(errno, Describe("look at the"));
  if (!IsOurs(found) || static_cast<std::uint64_t>(found.st_size) < offset) {
    return LocalFailure(ENOENT, Describe("continue the"));
  }
  name_is_durable_ = true;
  return {};
}

Status OpenFile::Reserve(std::optional<std::uint64_t> total) {
  if (total.value_or(0) == 0) return {};
  // The size keeps telling how far the data goes.
  const int result = ::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(*total));
  const bool refused = result != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG);
  if (refused) return LocalFailure(errno, Describe("reserve room for the"));
  if (*total >= kDirectBytes) OpenDirect();
  return {};
}

void OpenFile::OpenDirect() {
  Fd direct(::openat(directory_.get(), name_.c_str(), kCommonFlags | O_DIRECT));
  struct stat a {};
  struct stat b {};
  if (!direct || ::fstat(direct.get(), &a) != 0 || ::fstat(file_.get(), &b) != 0) return;
  if (a.st_dev == b.st_dev && a.st_ino == b.st_ino) direct_ = std::move(direct);
}

Status OpenFile::Write(const Buffer& buffer) {
  if (!broken_) return broken_;
  const auto bytes = buffer.bytes();
  const std::uint64_t offset = buffer.offset();
  if (!direct_) return Keep(WriteAt(bytes, offset));

  const std::size_t to_boundary = (kAlignment - offset % kAlignment) % kAlignment;
  const std::size_t head = std::min(bytes.size(), to_boundary);
  const std::size_t middle = (bytes.size() - head) / kAlignment * kAlignment;
  Status status = WriteAt(bytes.first(head), offset);
  if (status && !WriteDirect(bytes.subspan(head, middle), offset + head)) {
    status = WriteAt(bytes.subspan(head, middle), offset + head);
  }
  if (status) status = WriteAt(bytes.subspan(head + middle), offset + head + middle);
  return Keep(std::move(status));
}

// False when the bytes must go through the page cache after all.
bool OpenFile::WriteDirect(std::span<const std::byte> bytes, std::uint64_t offset) {
  if (WriteAll(direct_.get(), bytes, offset) == 0) return true;
  direct_.Reset(-1);
  return false;
}

Status OpenFile::WriteAt(std::span<const std::byte> bytes, std::uint64_t offset) {
  if (const int error = WriteAll(file_.get(), bytes, offset); error != 0) {
    return LocalFailure(error, Describe("write to the"));
  }
  // Start writing back at once, so that a checkpoint finds little to wait for.
  if (bytes.size() >= kBufferBytes / 2) {
    ::sync_file_range(file_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes.size()),
                      SYNC_FILE_RANGE_WRITE);
  }
  return {};
}

Status OpenFile::Sync() {
  if (!broken_) return broken_;
  if (::fdatasync(file_.get()) != 0) return Keep(LocalFailure(errno, Describe("sync the")));
  if (!name_is_durable_ && ::fsync(directory_.get()) != 0) {
    return Keep(LocalFailure(errno, Describe("sync the directory of the")));
  }
  name_is_durable_ = true;
  return {};
}

void OpenFile::SetModified(TimePoint modified) {
  if (!file_) return;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(modified);
  const timespec times[2] = {{0, UTIME_OMIT}, {seconds, 0}};
  ::futimens(file_.get(), times);
}

void OpenFile::Close() {
  direct_.Reset(-1);
  file_.Reset(-1);
  directory_.Reset(-1);
}

Status OpenFile::Keep(Status status) {
  if (!status) broken_ = status;
  return status;
}

std::string OpenFile::Describe(const char* verb) const {
  return std::string(verb) + " temporary file '" + name_ + "' of " + DisplayPath(target_);
}

}  // namespace engine::transfer
