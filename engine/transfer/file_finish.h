// Complete and Cancel on disk: temporary files become targets or go away.
#pragma once

#include <sys/types.h>

#include <vector>

#include "engine/transfer/transfer.h"

namespace engine::transfer {

// The rule of FileOperations::Finish. `mode` is given to the kept files.
std::vector<Status> FinishFiles(const std::vector<FileWork>& files, mode_t mode);

// 0666 less the umask of the process, read without changing it.
mode_t ModeForFinishedFiles();

}  // namespace engine::transfer
