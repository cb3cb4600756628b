#include "engine/transfer/local_error.h"

#include <cerrno>
#include <system_error>

namespace engine::transfer {
namespace {

HResult CodeFor(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return HResult::kDiskFull;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:  // a symbolic link where none may be
    case EXDEV:  // a way out of the root
    case EISDIR:
    case EEXIST:
    case ETXTBSY:
      return HResult::kAccessDenied;
    case ENOENT:
    case ENOTDIR:
      return HResult::kPathNotFound;
    case ENAMETOOLONG:
    case EINVAL:
      return HResult::kInvalidArgument;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return HResult::kOutOfMemory;
    default:
      return HResult::kWriteFault;
  }
}

}  // namespace

Error LocalError(int error_number, const std::string& what) {
  const std::string reason = std::generic_category().message(error_number);
  return Error{CodeFor(error_number), ErrorContext::kLocalFile, what + ": " + reason};
}

tl::unexpected<Error> LocalFailure(int error_number, const std::string& what) {
  return tl::unexpected<Error>(LocalError(error_number, what));
}

bool IsRecoverableLocally(HResult code) {
  return code == HResult::kDiskFull || code == HResult::kWriteFault ||
         code == HResult::kOutOfMemory;
}

}  // namespace engine::transfer
