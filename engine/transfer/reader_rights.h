// What another user may read, as the kernel would decide for him.
#pragma once

#include "engine/fd.h"
#include "engine/upload.h"

namespace engine::transfer {

// Mode bits; with an access list on the file those of its owner alone, because
// nothing else of the mode is certain then. User 0 may read everything.
bool MayRead(const Fd& file, const SourceReader& reader);
// He may pass through the opened directory and all that lead to it.
bool MayReach(const Fd& directory, const SourceReader& reader);

}  // namespace engine::transfer
