#include "engine/transfer/file_finish.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "engine/transfer/directory_walk.h"

namespace engine::transfer {
namespace {

std::string DirectoryKey(const LocalTarget& target) {
  std::string key = target.root.string();
  for (const std::string& name : target.directories) key += "/" + name;
  return key;
}

bool Exists(const Fd& directory, const std::string& name) {
  struct stat found {};
  return ::fstatat(directory.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
}

// Mode and time of the finished file, durable before its name is.
Status Dress(const Fd& file, const FileWork& work, mode_t mode) {
  if (::fchmod(file.get(), mode) != 0) {
    return LocalFailure(errno, "set the mode of " + DisplayPath(work.target));
  }
  if (work.modified) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(*work.modified);
    const timespec times[2] = {{0, UTIME_OMIT}, {seconds, 0}};
    ::futimens(file.get(), times);  // a time the file system cannot hold costs nothing
  }
  if (::fsync(file.get()) != 0) return LocalFailure(errno, "sync " + DisplayPath(work.target));
  return {};
}

Status KeepFile(const Fd& directory, const FileWork& work, mode_t mode) {
  const Status replaceable = CheckReplaceable(directory, work.target.name);
  if (!replaceable) return replaceable;
  const Fd file(::openat(directory.get(), work.temporary_name.c_str(),
                         O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    const int error = errno;
    // An earlier run renamed it.
    if (error == ENOENT && Exists(directory, work.target.name)) return {};
    return LocalFailure(error, "open the temporary file of " + DisplayPath(work.target));
  }
  struct stat found {};
  if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return LocalFailure(EACCES, "take the temporary file of " + DisplayPath(work.target));
  }
  if (Status dressed = Dress(file, work, mode); !dressed) return dressed;
  if (::renameat(directory.get(), work.temporary_name.c_str(), directory.get(),
                 work.target.name.c_str()) != 0) {
    return LocalFailure(errno, "rename to " + DisplayPath(work.target));
  }
  return {};
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
    LocalTarget target = work.target;
    target.create_directories = false;  // a missing directory holds no temporary file
    return open_.try_emplace(DirectoryKey(target), OpenDirectory(target)).first->second;
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

Status FinishOne(const Result<Fd>& directory, const FileWork& work, mode_t mode) {
  if (!directory) {
    const bool nothing_to_delete = !work.keep && directory.error().code == HResult::kPathNotFound;
    return nothing_to_delete ? Status() : tl::unexpected(directory.error());
  }
  return work.keep ? KeepFile(*directory, work, mode) : DeleteFile(*directory, work);
}

}  // namespace

std::vector<Status> FinishFiles(const std::vector<FileWork>& files, mode_t mode) {
  std::vector<Status> results;
  results.reserve(files.size());
  Directories directories;
  for (const FileWork& work : files) {
    results.push_back(FinishOne(directories.Open(work), work, mode));
  }
  const auto failed = directories.Sync();
  for (std::size_t i = 0; i < files.size() && !failed.empty(); ++i) {
    const auto error = failed.find(DirectoryKey(files[i].target));
    if (error != failed.end() && results[i]) results[i] = tl::unexpected(error->second);
  }
  return results;
}

mode_t ModeForFinishedFiles() {
  constexpr mode_t kAll = 0666;
  constexpr std::string_view kField = "Umask:";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(kField)) continue;
    const std::size_t digits = line.find_first_of("01234567", kField.size());
    if (digits == std::string::npos) break;
    unsigned mask = 0;
    std::from_chars(line.data() + digits, line.data() + line.size(), mask, 8);
    return kAll & ~static_cast<mode_t>(mask);
  }
  return kAll & ~static_cast<mode_t>(077);
}

}  // namespace engine::transfer
