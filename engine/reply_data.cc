#include "engine/reply_data.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/fd.h"
#include "engine/transfer/directory_walk.h"
#include "engine/upload.h"

namespace engine {

Status CheckReplyData(const Job& job) {
  if (job.type != JobType::kUploadReply)
    return Fail(HResult::kNotImplemented,
                "The job has no reply. Make a job of Type 2 (upload with a reply) for one.");
  const File& reply = ReplyOf(job);
  if (!reply.transferred)
    return Fail(HResult::kInvalidState, "The reply of the job is not here yet.");
  if (reply.bytes_transferred > kMostReplyData)
    return Fail(HResult::kTooLarge,
                "The reply has more than 1 MiB. Complete the job and read the file.");
  return {};
}

Result<std::string> ReadReplyPart(LocalTarget target, const std::string& temporary_name,
                                  std::uint64_t offset) {
  target.create_directories = false;
  const Result<Fd> directory = transfer::OpenDirectory(target);
  if (!directory) return tl::unexpected(directory.error());
  const Fd file(::openat(directory->get(), temporary_name.c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return transfer::LocalFailure(errno, "open the reply " + temporary_name);
  struct stat found {};
  if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode))
    return Fail(HResult::kAccessDenied, "The reply is not a regular file any more.");
  std::string part(kReplyPart, '\0');
  std::size_t size = 0;
  while (size < part.size()) {
    const ssize_t read = ::pread(file.get(), part.data() + size, part.size() - size,
                                 static_cast<off_t>(offset + size));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return transfer::LocalFailure(errno, "read the reply " + temporary_name);
    if (read == 0) break;
    size += static_cast<std::size_t>(read);
  }
  part.resize(size);
  return part;
}

}  // namespace engine
