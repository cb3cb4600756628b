#include "engine/transfer/file_finish.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "engine/transfer/directory_walk.h"

namespace engine::transfer {
namespace {

// From here on one sync of the file system costs less than one of each file.
constexpr std::size_t kFilesForSyncfs = 16;

std::string DirectoryKey(const LocalTarget& target) {
  std::string key = target.root.string();
  for (const std::string& name : target.directories) key += "/" + name;
  return key;
}

bool Exists(const Fd& directory, const std::string& name) {
  struct stat found {};
  return ::fstatat(directory.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
}

// Mode and time of the finished file; to be made durable before its name is.
Status Dress(const Fd& file, const FileWork& work) {
  if (::fchmod(file.get(), FileMode(work.target)) != 0) {
    return LocalFailure(errno, "set the mode of " + DisplayPath(work.target));
  }
  if (work.modified) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(*work.modified);
    const timespec times[2] = {{0, UTIME_OMIT}, {seconds, 0}};
    ::futimens(file.get(), times);  // a time the file system cannot hold costs nothing
  }
  return {};
}

// Whether the file is to be renamed; false when an earlier run has done that.
Result<bool> PrepareToKeep(const Fd& directory, const FileWork& work, bool sync) {
  const Status replaceable = CheckReplaceable(directory, work.target.name);
  if (!replaceable) return tl::unexpected(replaceable.error());
  const Fd file(::openat(directory.get(), work.temporary_name.c_str(),
                         O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    const int error = errno;
    if (error == ENOENT && Exists(directory, work.target.name)) return false;
    return tl::unexpected(
        LocalError(error, "open the temporary file of " + DisplayPath(work.target)));
  }
  struct stat found {};
  if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return tl::unexpected(
        LocalError(EACCES, "take the temporary file of " + DisplayPath(work.target)));
  }
  if (Status dressed = Dress(file, work); !dressed) return tl::unexpected(dressed.error());
  if (sync && ::fsync(file.get()) != 0) {
    return tl::unexpected(LocalError(errno, "sync " + DisplayPath(work.target)));
  }
  return true;
}

Status Rename(const Fd& directory, const FileWork& work) {
  if (::renameat(directory.get(), work.temporary_name.c_str(), directory.get(),
                 work.target.name.c_str()) == 0)
    return {};
  return LocalFailure(errno, "rename to " + DisplayPath(work.target));
}

Status DeleteFile(const Fd& directory, const FileWork& work) {
  if (::unlinkat(directory.get(), work.temporary_name.c_str(), 0) == 0 || errno == ENOENT)
    return {};
  return LocalFailure(errno, "delete the temporary file of " + DisplayPath(work.target));
}

// The directories of one call, each opened and synced once.
class Directories {
 public:
  const Result<Fd>& Open(const FileWork& work) {
    std::string key = DirectoryKey(work.target);
    if (const auto found = open_.find(key); found != open_.end()) return found->second;
    LocalTarget target = work.target;
    target.create_directories = false;  // a missing directory holds no temporary file
    return open_.emplace(std::move(key), OpenDirectory(target)).first->second;
  }

  // All that was written to their file systems is durable.
  Status SyncFileSystems() const {
    std::set<dev_t> synced;
    for (const auto& [name, directory] : open_) {
      if (!directory) continue;
      struct stat found {};
      if (::fstat(directory->get(), &found) == 0 && !synced.insert(found.st_dev).second) continue;
      if (::syncfs(directory->get()) != 0) {
        return LocalFailure(errno, "sync the file system of directory " + name);
      }
    }
    return {};
  }

  // By directory; only those that failed.
  std::map<std::string, Error> Sync() const {
    std::map<std::string, Error> failed;
    for (const auto& entry : open_) {
      if (!entry.second || ::fsync(entry.second->get()) == 0) continue;
      failed.emplace(entry.first, LocalError(errno, "sync directory " + entry.first));
    }
    return failed;
  }

 private:
  std::map<std::string, Result<Fd>> open_;
};

// All that comes before the rename; whether there is to be one.
Result<bool> Prepare(const Result<Fd>& directory, const FileWork& work, bool sync) {
  if (!directory) {
    const bool nothing_to_delete = !work.keep && directory.error().code == HResult::kPathNotFound;
    if (nothing_to_delete) return false;
    return tl::unexpected(directory.error());
  }
  if (work.keep) return PrepareToKeep(*directory, work, sync);
  if (Status deleted = DeleteFile(*directory, work); !deleted)
    return tl::unexpected(deleted.error());
  return false;
}

}  // namespace

std::vector<Status> FinishFiles(const std::vector<FileWork>& files) {
  const auto kept = std::count_if(files.begin(), files.end(), [](const auto& f) { return f.keep; });
  const bool sync_each = static_cast<std::size_t>(kept) < kFilesForSyncfs;
  Directories directories;
  std::vector<Result<bool>> prepared;
  prepared.reserve(files.size());
  for (const FileWork& work : files) {
    prepared.push_back(Prepare(directories.Open(work), work, sync_each));
  }
  const Status synced = sync_each ? Status() : directories.SyncFileSystems();
  std::vector<Status> results(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!prepared[i])
      results[i] = tl::unexpected(prepared[i].error());
    else if (*prepared[i])
      results[i] = synced ? Rename(*directories.Open(files[i]), files[i]) : synced;
  }
  const auto failed = directories.Sync();
  for (std::size_t i = 0; i < files.size() && !failed.empty(); ++i) {
    const auto error = failed.find(DirectoryKey(files[i].target));
    if (error != failed.end() && results[i]) results[i] = tl::unexpected(error->second);
  }
  return results;
}

}  // namespace engine::transfer
