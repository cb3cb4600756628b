// From a LocalTarget to a handle of its directory, without following a
// symbolic link below the root.
#pragma once

#include <sys/types.h>

#include <string>

#include "engine/fd.h"
#include "engine/path_map.h"
#include "engine/transfer/local_error.h"

namespace engine::transfer {

// The modes of what is made for the target, whatever the umask of the process is.
mode_t FileMode(const LocalTarget& target);
mode_t DirectoryMode(const LocalTarget& target);

// Opens the target's directory; makes what is missing (the root too, made durable)
// where the target says so. ERROR_PATH_NOT_FOUND when it is missing,
// E_ACCESSDENIED for symbolic links on the way.
Result<Fd> OpenDirectory(const LocalTarget& target);

// The rule of FileOperations::CheckTarget.
Status CheckTargetNow(const LocalTarget& target);

// The file `name` in `directory` is absent or a regular file; E_ACCESSDENIED
// for links, directories, devices and pipes.
Status CheckReplaceable(const Fd& directory, const std::string& name);

// For messages: root, directories and name with slashes.
std::string DisplayPath(const LocalTarget& target);

}  // namespace engine::transfer
