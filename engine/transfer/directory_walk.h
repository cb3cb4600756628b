// From a LocalTarget to a handle of its directory, without following a
// symbolic link below the root.
#pragma once

#include <string>
#include <utility>

#include "engine/path_map.h"
#include "engine/transfer/local_error.h"

namespace engine::transfer {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    Reset(std::exchange(other.number_, -1));
    return *this;
  }
  ~Fd() { Reset(-1); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void Reset(int number);

 private:
  int number_ = -1;
};

// Opens the target's directory; makes what is missing (the root too, mode 0755
// less the umask, made durable) where the target says so. ERROR_PATH_NOT_FOUND when it
// is missing, E_ACCESSDENIED for symbolic links on the way.
Result<Fd> OpenDirectory(const LocalTarget& target);

// The rule of FileOperations::CheckTarget.
Status CheckTargetNow(const LocalTarget& target);

// The file `name` in `directory` is absent or a regular file; E_ACCESSDENIED
// for links, directories, devices and pipes.
Status CheckReplaceable(const Fd& directory, const std::string& name);

// For messages: root, directories and name with slashes.
std::string DisplayPath(const LocalTarget& target);

}  // namespace engine::transfer
