// Complete and Cancel on disk: temporary files become targets or go away.
#pragma once

#include <vector>

#include "engine/transfer/transfer.h"

namespace engine::transfer {

// The rule of FileOperations::Finish.
std::vector<Status> FinishFiles(const std::vector<FileWork>& files);

}  // namespace engine::transfer
