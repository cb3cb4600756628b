#include "engine/transfer/source_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "engine/transfer/reader_rights.h"

namespace engine::transfer {
namespace {

// O_NONBLOCK: opening a pipe would wait for somebody who writes into it.
constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

SourceVersion VersionOf(const struct stat& found) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {static_cast<std::uint64_t>(found.st_size),
          found.st_mtim.tv_sec * kNanoseconds + found.st_mtim.tv_nsec, found.st_dev, found.st_ino};
}

// Bytes read: fewer than asked for at the end of the file, less than 0 with errno.
ssize_t ReadAll(int fd, std::span<std::byte> bytes, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n =
        ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return n;
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

}  // namespace

Result<SourceVersion> SourceFile::Open() {
  Close();
  LocalTarget place = source_;
  place.create_directories = false;
  const Result<Fd> directory = OpenDirectory(place);
  if (!directory) return tl::unexpected(directory.error());
  if (const Status opened = OpenRegular(*directory); !opened) return tl::unexpected(opened.error());
  if (const Status readable = CheckReader(*directory); !readable) {
    Close();
    return tl::unexpected(readable.error());
  }
  const Result<SourceVersion> version = Look();
  if (version) version_ = *version;
  return version;
}

Status SourceFile::OpenRegular(const Fd& directory) {
  file_.Reset(::openat(directory.get(), source_.name.c_str(), kFlags));
  if (!file_ && errno == ENOENT) {
    return Fail(HResult::kFileNotFound,
                "there is no file " + DisplayPath(source_) + " to be uploaded",
                ErrorContext::kLocalFile);
  }
  const bool other = !file_ && (errno == ENXIO || errno == EISDIR);  // a socket; a directory
  if (!file_ && !other) return LocalFailure(errno, "open " + DisplayPath(source_));
  struct stat found {};
  if (file_ && ::fstat(file_.get(), &found) != 0)
    return LocalFailure(errno, "look at " + DisplayPath(source_));
  if (!other && S_ISREG(found.st_mode)) return {};
  Close();
  return Fail(HResult::kInvalidArgument,
              DisplayPath(source_) + " is not a regular file; only those can be uploaded",
              ErrorContext::kLocalFile);
}

Status SourceFile::CheckReader(const Fd& directory) const {
  if (!reader_) return {};
  const bool may = MayRead(file_, *reader_) && MayReach(directory, *reader_);
  if (may) return {};
  return Fail(HResult::kAccessDenied,
              "who made the job may not read " + DisplayPath(source_) +
                  "; grant that, or upload another file",
              ErrorContext::kLocalFile);
}

Result<SourceVersion> SourceFile::Look() const {
  struct stat found {};
  if (::fstat(file_.get(), &found) != 0)
    return LocalFailure(errno, "look at " + DisplayPath(source_));
  return VersionOf(found);
}

Status SourceFile::Read(std::uint64_t offset, std::size_t length, Buffer& buffer) {
  if (!file_) return LocalFailure(EBADF, "read " + DisplayPath(source_));
  const std::span<std::byte> room = buffer.Extend(length);
  const ssize_t n = ReadAll(file_.get(), room, offset);
  if (n < 0) return LocalFailure(errno, "read " + DisplayPath(source_));
  const Result<SourceVersion> after = Look();
  if (!after) return tl::unexpected(after.error());
  if (static_cast<std::size_t>(n) == room.size() && *after == version_) return {};
  return Fail(HResult::kLocalFileChanged, DisplayPath(source_) + " changed while it was sent",
              ErrorContext::kLocalFile);
}

}  // namespace engine::transfer
